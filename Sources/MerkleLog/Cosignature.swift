package import Identity

/// A statement by a witness, at a time, that a checkpoint is the largest it has seen of a log and
/// adds to all that it saw before (C2SP tlog-cosignature, type 0x04: Ed25519).
///
/// It is not checked: see ``isValid(for:by:)``, or verify the note that it stands in.
package struct Cosignature: Hashable, Sendable {
    package static let timestampMax = UInt64(Int64.max)

    private static let timestampByteCount = 8
    private static let byteCount = timestampByteCount + 64

    package let name: KeyName
    package let keyID: NoteKeyID
    /// In seconds since 1970, at most ``timestampMax``.
    package let timestamp: UInt64
    private let signature: [UInt8]

    init(name: KeyName, keyID: NoteKeyID, timestamp: UInt64, signature: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.timestamp = timestamp
        self.signature = signature
    }

    /// Reads a signature line by a key of this type.
    ///
    /// - Throws: ``CosignatureError``.
    package init(_ line: NoteSignature) throws(CosignatureError) {
        guard line.bytes.count == Self.byteCount else { throw .wrongLength(line.bytes.count) }
        let timestamp = line.bytes.prefix(Self.timestampByteCount).reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        guard timestamp <= Self.timestampMax else { throw .timestampTooLarge(timestamp) }
        self.init(
            name: line.name, keyID: line.keyID, timestamp: timestamp,
            signature: Array(line.bytes.dropFirst(Self.timestampByteCount)))
    }

    /// The signature line.
    package var noteSignature: NoteSignature {
        let timestampBytes = stride(from: 56, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: timestamp >> UInt64($0))
        }
        return NoteSignature(name: name, keyID: keyID, bytes: timestampBytes + signature)
    }

    /// Whether the key signed this text at this time.
    ///
    /// Name and number are not looked at; finding the key by them is the caller's part.
    package func isValid(for text: NoteText, by key: PublicKey) -> Bool {
        key.verifies(signature, of: Self.message(text, at: timestamp))
    }

    /// What is signed (C2SP tlog-cosignature, "Ed25519 signed message"). It does not hold the
    /// witness's name, so a key must not serve two names.
    static func message(_ text: NoteText, at timestamp: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(timestamp)\n".utf8) + text.bytes
    }
}

/// Why a signature line is not a cosignature of this type.
package enum CosignatureError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongLength(Int)
    case timestampTooLarge(UInt64)

    package var description: String {
        switch self {
        case .wrongLength(let count):
            "an Ed25519 cosignature has 72 bytes, time and signature, and this one \(count)"
        case .timestampTooLarge(let timestamp):
            "a cosignature's time is at most \(Cosignature.timestampMax), and not \(timestamp)"
        }
    }
}
