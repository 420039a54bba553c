import Crypto
package import Encodings

/// The SHA-256 of something that is kept beside the ledger: weights, an update, a document.
package struct BlobDigest: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Returns: `nil` unless the text is 64 lower-case hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 64, Hex.decode(text) != nil else { return nil }
        self.text = String(text)
    }

    package init(sha256: some Collection<UInt8>) {
        precondition(sha256.count == 32, "a SHA-256 has 32 bytes")
        text = Hex.encode(sha256)
    }

    /// The digest of something that is at hand.
    package init(of content: [UInt8]) {
        self.init(sha256: Array(SHA256.hash(data: content)))
    }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package var description: String { text }
    package var json: JSONValue { .string(text) }
}

extension JSONFields {
    package mutating func digest(_ key: String) throws(JSONShapeError) -> BlobDigest {
        guard let digest = BlobDigest(try string(key)) else {
            throw wrong(key, "should be a SHA-256 in 64 lower-case hexadecimal digits")
        }
        return digest
    }

    package mutating func optionalDigest(_ key: String) throws(JSONShapeError) -> BlobDigest? {
        optional(key) == nil ? nil : try digest(key)
    }
}
