import Crypto
import Encodings

/// The `Content-Digest` field (RFC 9530) with SHA-256.
package enum ContentDigest {
    package static func field(of body: some Collection<UInt8>) -> String {
        field(sha256: Array(SHA256.hash(data: Array(body))))
    }

    package static func field(sha256: [UInt8]) -> String {
        "sha-256=:\(Base64.encode(sha256)):"
    }

    /// The SHA-256 in a field, among whatever other algorithms it names.
    package static func sha256(in field: String) -> [UInt8]? {
        for member in field.split(separator: ",") {
            let text = member.drop { $0 == " " }
            guard text.hasPrefix("sha-256=:"), text.hasSuffix(":") else { continue }
            let bytes = Base64.decode(text.dropFirst("sha-256=:".count).dropLast())
            return bytes?.count == 32 ? bytes : nil
        }
        return nil
    }
}
