/// The text of an expression, as bytes that positions point into.
package struct SourceText: Hashable, Sendable {
    package let utf8: [UInt8]

    package init(_ text: String) {
        utf8 = Array(text.utf8)
    }

    /// Where a byte stands, as people count: from 1, columns in characters.
    package func place(of offset: Int) -> (line: Int, column: Int) {
        let before = utf8[..<min(max(offset, 0), utf8.count)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return (
            line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: String(decoding: before[lineStart...], as: UTF8.self).count + 1
        )
    }

    /// How much of a long line is shown on either side of a mistake, in characters.
    private static let excerpt = 60

    /// The line that a byte stands in, or the part of a long one around it, and under it a caret below
    /// the byte.
    package func caret(at offset: Int) -> String {
        let offset = min(max(offset, 0), utf8.count)
        let newline = UInt8(ascii: "\n")
        let start = utf8[..<offset].lastIndex(of: newline).map { $0 + 1 } ?? 0
        let end = utf8[offset...].firstIndex(of: newline) ?? utf8.count
        let (before, isCutBefore) = Self.end(of: utf8[start..<offset])
        let (after, isCutAfter) = Self.beginning(of: utf8[offset..<end])
        let lead = (isCutBefore ? "…" : "") + before
        let blank = lead.map { $0 == "\t" ? "\t" : " " }.joined()
        return "\(lead)\(after)\(isCutAfter ? "…" : "")\n\(blank)^"
    }

    /// A character has a few bytes; a megabyte is not decoded for the end of it.
    private static let excerptBytes = 8 * excerpt

    private static func end(of bytes: ArraySlice<UInt8>) -> (text: String, isCut: Bool) {
        let isCut = bytes.count > excerptBytes
        // The first character of a cut may be half of one.
        let text = String(decoding: bytes.suffix(excerptBytes), as: UTF8.self).dropFirst(
            isCut ? 1 : 0)
        return (String(text.suffix(excerpt)), isCut || text.count > excerpt)
    }

    private static func beginning(of bytes: ArraySlice<UInt8>) -> (text: String, isCut: Bool) {
        let isCut = bytes.count > excerptBytes
        let text = String(decoding: bytes.prefix(excerptBytes), as: UTF8.self).dropLast(
            isCut ? 1 : 0)
        return (String(text.prefix(excerpt)), isCut || text.count > excerpt)
    }
}
