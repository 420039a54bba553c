/// A text and signatures, not one of them checked (C2SP signed-note).
///
/// Believe nothing in it before ``verified(by:unknownSignatures:)``.
package struct SignedNote: Hashable, Sendable, CustomStringConvertible {
    /// The specification asks for 16 signatures at least; the largest kind takes 7 kB.
    package static let signatureCountMax = 128
    package static let byteCountMax = 1 << 20

    package let text: NoteText
    /// At least one.
    package let signatures: [NoteSignature]

    /// - Throws: ``NoteError``: `noSignature`, `tooManySignatures` or `tooLarge`.
    package init(_ text: NoteText, signatures: [NoteSignature]) throws(NoteError) {
        guard !signatures.isEmpty else { throw .noSignature }
        guard signatures.count <= Self.signatureCountMax else {
            throw .tooManySignatures(signatures.count)
        }
        self.text = text
        self.signatures = signatures
        guard bytes.count <= Self.byteCountMax else { throw .tooLarge(bytes.count) }
    }

    /// Reads what ``bytes`` prints, and nothing else.
    ///
    /// - Throws: ``NoteError``.
    package init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.byteCountMax else { throw .tooLarge(bytes.count) }
        try NoteText.checkCharacters(of: bytes)

        // The text may have empty lines itself, the signatures cannot: the last one divides.
        let newline = UInt8(ascii: "\n")
        guard
            let end = bytes.indices.dropLast().last(where: { index in
                bytes[index] == newline && bytes[index + 1] == newline
            })
        else { throw .noSignature }
        text = NoteText(unchecked: Array(bytes[...end]))
        signatures = try NoteSignature.list(
            parsing: bytes[(end + 2)...], firstLine: text.lineCount + 2)
    }

    package var bytes: [UInt8] {
        text.bytes + [UInt8(ascii: "\n")] + signatures.flatMap { Array($0.line.utf8) }
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    /// The same note with more signatures, behind those that it has.
    ///
    /// - Throws: ``NoteError``: `tooManySignatures` or `tooLarge`.
    package func adding(_ more: [NoteSignature]) throws(NoteError) -> SignedNote {
        try SignedNote(text, signatures: signatures + more)
    }
}

/// Why bytes are not a signed note, and where.
package enum NoteError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge(Int)
    case notUTF8(offset: Int)
    case controlCharacter(UInt8, offset: Int)
    /// The text does not end with a newline.
    case unfinishedText
    /// No empty line with a signature after it.
    case noSignature
    /// The last signature line does not end with a newline.
    case unfinishedSignature
    case tooManySignatures(Int)
    /// Lines are counted from 1.
    case badSignatureLine(Int, String)

    package var description: String {
        switch self {
        case .tooLarge(let count):
            "the note has \(count) bytes; the most is \(SignedNote.byteCountMax)"
        case .notUTF8(let offset):
            "the note is not UTF-8 at byte \(offset)"
        case .controlCharacter(let byte, let offset):
            "the note has the control character \(byte) at byte \(offset)"
        case .unfinishedText:
            "the text of a note ends with a newline"
        case .noSignature:
            "the note has no signature: no empty line with a signature line after it"
        case .unfinishedSignature:
            "the last signature line of the note does not end with a newline"
        case .tooManySignatures(let count):
            "the note has \(count) signatures; the most is \(SignedNote.signatureCountMax)"
        case .badSignatureLine(let line, let text):
            "line \(line) is no signature, which is — <key name> <base64>: \(text)"
        }
    }
}
