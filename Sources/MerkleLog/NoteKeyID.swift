import Crypto
import Encodings

/// The number that stands before a signature in a note. With the key's name it finds a key; it
/// vouches for nothing, since anybody can make a key with the same number.
package struct NoteKeyID: Hashable, Sendable, CustomStringConvertible {
    package let value: UInt32

    package init(_ value: UInt32) {
        self.value = value
    }

    /// The first four bytes of SHA-256 over the name, a newline, the signature type and the public
    /// key (C2SP signed-note, "Signatures").
    init(name: KeyName, type: UInt8, publicKey: [UInt8]) {
        var hasher = SHA256()
        hasher.update(data: name.utf8)
        hasher.update(data: [UInt8(ascii: "\n"), type])
        hasher.update(data: publicKey)
        self.init(hasher.finalize().prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// - Returns: `nil` unless the text is eight lower-case hexadecimal digits.
    init?(hex text: some StringProtocol) {
        guard text.utf8.count == 8, let bytes = Hex.decode(text) else { return nil }
        self.init(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }

    var bytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    package var description: String { Hex.encode(bytes) }
}
