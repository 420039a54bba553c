/// An XML 1.0 document, written element by element.
struct XMLText {
    private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private var level = 0

    /// An element that holds others.
    mutating func element(
        _ name: String, attributes: KeyValuePairs<String, String> = [:],
        _ content: (inout XMLText) -> Void
    ) {
        open(name, attributes)
        text += "\n"
        level += 1
        content(&self)
        level -= 1
        text += String(repeating: "  ", count: level) + "</\(name)>\n"
    }

    /// An element that holds a text.
    mutating func element(
        _ name: String, attributes: KeyValuePairs<String, String> = [:], _ content: String
    ) {
        open(name, attributes)
        text += Self.escaped(content) + "</\(name)>\n"
    }

    private mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        text += String(repeating: "  ", count: level) + "<" + name
        for (key, value) in attributes {
            text += " \(key)=\"\(Self.escaped(value))\""
        }
        text += ">"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&apos;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Whether a text can stand in a document: it is not empty, and has no control character and
    /// none that XML 1.0 §2.2 excludes.
    static func canHold(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.value {
                case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: false
                default: true
                }
            }
    }
}
