import Encodings

/// A signature line of a note, whoever made it and whatever it is worth (C2SP signed-note,
/// "Signatures").
package struct NoteSignature: Hashable, Sendable, CustomStringConvertible {
    private static let prefix = Array("— ".utf8)
    private static let keyIDByteCount = 4

    package let name: KeyName
    package let keyID: NoteKeyID
    /// What follows the key's number; its form is that of the key's type. Not empty.
    package let bytes: [UInt8]

    init(name: KeyName, keyID: NoteKeyID, bytes: [UInt8]) {
        precondition(!bytes.isEmpty, "a signature has at least one byte")
        self.name = name
        self.keyID = keyID
        self.bytes = bytes
    }

    /// Reads signature lines that stand alone, as a witness answers them.
    ///
    /// - Throws: ``NoteError``; the lines are counted from 1.
    package static func list(parsing lines: [UInt8]) throws(NoteError) -> [NoteSignature] {
        guard lines.count <= SignedNote.byteCountMax else { throw .tooLarge(lines.count) }
        try NoteText.checkCharacters(of: lines)
        return try list(parsing: lines[...], firstLine: 1)
    }

    /// - Precondition: The characters have been checked.
    static func list(
        parsing lines: ArraySlice<UInt8>, firstLine: Int
    ) throws(NoteError) -> [NoteSignature] {
        guard !lines.isEmpty else { throw .noSignature }
        guard lines.last == UInt8(ascii: "\n") else { throw .unfinishedSignature }
        let count = lines.count { $0 == UInt8(ascii: "\n") }
        guard count <= SignedNote.signatureCountMax else { throw .tooManySignatures(count) }

        var signatures: [NoteSignature] = []
        let split = lines.dropLast().split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (position, line) in split.enumerated() {
            guard let signature = NoteSignature(line) else {
                throw .badSignatureLine(firstLine + position, "\(Quoted(line))")
            }
            signatures.append(signature)
        }
        return signatures
    }

    /// - Parameter line: Without its newline.
    private init?(_ line: ArraySlice<UInt8>) {
        let parts = line.dropFirst(Self.prefix.count).split(
            separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard line.starts(with: Self.prefix), parts.count == 2, let name = KeyName(utf8: parts[0]),
            let blob = Base64.decode(parts[1]), blob.count > Self.keyIDByteCount
        else { return nil }
        self.init(
            name: name,
            keyID: NoteKeyID(blob.prefix(Self.keyIDByteCount).reduce(0) { $0 << 8 | UInt32($1) }),
            bytes: Array(blob.dropFirst(Self.keyIDByteCount)))
    }

    /// The line with its newline.
    package var line: String { "— \(name) \(Base64.encode(keyID.bytes + bytes))\n" }

    package var description: String { "\(name)+\(keyID)" }
}
