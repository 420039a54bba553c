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

    /// The line that a byte stands in, and under it a caret below the byte.
    package func caret(at offset: Int) -> String {
        let offset = min(max(offset, 0), utf8.count)
        let newline = UInt8(ascii: "\n")
        let start = utf8[..<offset].lastIndex(of: newline).map { $0 + 1 } ?? 0
        let end = utf8[offset...].firstIndex(of: newline) ?? utf8.count
        let line = String(decoding: utf8[start..<end], as: UTF8.self)
        let lead = String(decoding: utf8[start..<offset], as: UTF8.self).map {
            $0 == "\t" ? "\t" : " "
        }
        return "\(line)\n\(lead.joined())^"
    }
}
