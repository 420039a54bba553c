import Crypto
import Encodings
import RawStructuredFieldValues

/// The `Content-Digest` field (RFC 9530) with SHA-256.
package enum ContentDigest {
    package static func field(of body: some Collection<UInt8>) -> String {
        field(sha256: Array(SHA256.hash(data: Array(body))))
    }

    package static func field(sha256: [UInt8]) -> String {
        "sha-256=:\(Base64.encode(sha256)):"
    }

    /// The SHA-256 in a field, among whatever other algorithms it names.
    ///
    /// - Returns: `nil` where there is none, or the field is no structured dictionary (RFC 9651).
    package static func sha256(in field: String) -> [UInt8]? {
        var parser = StructuredFieldValueParser(Array(field.utf8))
        guard let digests = try? parser.parseDictionaryFieldValue(),
            case .item(let item)? = digests["sha-256"],
            case .undecodedByteSequence(let text) = item.rfc9651BareItem,
            let bytes = Base64.decode(text), bytes.count == 32
        else { return nil }
        return bytes
    }
}
