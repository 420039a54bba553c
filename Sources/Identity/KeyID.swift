import Crypto
import Encodings

/// The name of a public key: the first 16 bytes of its SHA-256, in hexadecimal.
///
/// It finds a key and vouches for nothing; a signature is always checked with the whole key.
package struct KeyID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    init(of publicKey: [UInt8]) {
        text = Hex.encode(SHA256.hash(data: publicKey).prefix(16))
    }

    /// - Returns: `nil` unless the text is 32 lower-case hexadecimal digits.
    package init?(_ text: String) {
        guard text.utf8.count == 32, Hex.decode(text) != nil else { return nil }
        self.text = text
    }

    package static func < (left: KeyID, right: KeyID) -> Bool { left.text < right.text }

    package var description: String { text }
}
