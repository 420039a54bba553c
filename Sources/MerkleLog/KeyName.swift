/// The name of a key in notes: not empty, UTF-8, without white space, plus sign or control
/// characters, and compared byte for byte (C2SP signed-note, "Format").
package struct KeyName: Hashable, Sendable, CustomStringConvertible {
    package let utf8: [UInt8]

    /// - Returns: `nil` where the text is not of this form.
    package init?(_ text: String) {
        let isName = text.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar != "+" && !scalar.properties.isWhitespace
        }
        guard isName, !text.isEmpty else { return nil }
        utf8 = Array(text.utf8)
    }

    init?(utf8: some Collection<UInt8>) {
        guard let text = String(validating: utf8, as: UTF8.self) else { return nil }
        self.init(text)
    }

    /// The name of a log's own key is the log's origin.
    ///
    /// - Returns: `nil` where the origin has a space or a plus sign, which a name cannot have.
    package init?(_ origin: LogOrigin) {
        self.init(utf8: origin.line.utf8)
    }

    package var description: String { String(decoding: utf8, as: UTF8.self) }
}
