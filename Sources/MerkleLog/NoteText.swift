/// What a note says, and what its signatures are over: one line or more of UTF-8, each ended by a
/// newline, without other control characters (C2SP signed-note, "Format").
///
/// Compared byte for byte, as everything in a note is.
package struct NoteText: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// - Throws: ``NoteError``: `notUTF8`, `controlCharacter` or `unfinishedText`.
    package init(_ bytes: [UInt8]) throws(NoteError) {
        try Self.checkCharacters(of: bytes)
        guard bytes.last == UInt8(ascii: "\n") else { throw .unfinishedText }
        self.bytes = bytes
    }

    /// - Throws: As ``init(_:)-([UInt8])``.
    package init(_ text: String) throws(NoteError) {
        try self.init(Array(text.utf8))
    }

    /// - Precondition: The bytes are of this form.
    init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    var lineCount: Int { bytes.count { $0 == UInt8(ascii: "\n") } }

    /// The lines without their newlines.
    var lines: [ArraySlice<UInt8>] {
        bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    /// Checks what holds for the text of a note and for the whole of it.
    static func checkCharacters(of bytes: [UInt8]) throws(NoteError) {
        if let offset = bytes.firstIndex(where: { $0 < 0x20 && $0 != UInt8(ascii: "\n") }) {
            throw .controlCharacter(bytes[offset], offset: offset)
        }
        if let offset = firstFaultInUTF8(bytes) {
            throw .notUTF8(offset: offset)
        }
    }

    private static func firstFaultInUTF8(_ bytes: [UInt8]) -> Int? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var offset = 0
        while case .valid(let scalar) = parser.parseScalar(from: &rest) {
            offset += scalar.count
        }
        return offset
    }
}
