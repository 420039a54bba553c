/// Text from outside in a message: short, and with nothing in it that a terminal obeys.
struct Quoted: CustomStringConvertible {
    private static let byteCountMax = 60

    let description: String

    init(_ bytes: some Collection<UInt8>) {
        var text = "\""
        for scalar in String(decoding: bytes.prefix(Self.byteCountMax), as: UTF8.self)
            .unicodeScalars
        {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                text.unicodeScalars.append(scalar)
            }
        }
        description = text + (bytes.count > Self.byteCountMax ? "…\"" : "\"")
    }

    init(_ text: String) {
        self.init(text.utf8)
    }
}
