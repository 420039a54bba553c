/// One line of a note's text: not empty, UTF-8, without control characters, and compared byte for
/// byte.
package struct NoteLine: Hashable, Sendable, CustomStringConvertible {
    package let utf8: [UInt8]

    /// - Returns: `nil` where the text is not of this form.
    package init?(_ text: String) {
        self.init(utf8: Array(text.utf8))
    }

    init?(utf8: [UInt8]) {
        guard !utf8.isEmpty, !utf8.contains(where: { $0 < 0x20 }),
            String(validating: utf8, as: UTF8.self) != nil
        else { return nil }
        self.utf8 = utf8
    }

    init(_ name: KeyName) {
        utf8 = name.utf8
    }

    package var description: String { String(decoding: utf8, as: UTF8.self) }
}
