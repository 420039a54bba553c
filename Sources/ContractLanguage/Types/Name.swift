/// The two kinds of names in a document.
enum Name {
    static let bytesMax = 63

    static func isInner(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }

    /// A word: letters, digits and inner hyphens, such as `hand-back`.
    static func isWord(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last else { return false }
        return bytes.count <= bytesMax && isLetter(first) && last != UInt8(ascii: "-")
            && bytes.allSatisfy(isInner)
    }

    /// A name that an expression can use: letters, digits and underscores.
    static func isIdentifier(_ text: String) -> Bool {
        isWord(text) && !text.utf8.contains(UInt8(ascii: "-")) && !reserved.contains(text)
    }

    /// A file in the same folder: letters, digits, points, hyphens and underscores, not hidden.
    static func isFile(_ text: String) -> Bool {
        text.utf8.first != UInt8(ascii: ".")
            && text.utf8.allSatisfy { isInner($0) || $0 == UInt8(ascii: ".") }
    }

    /// A clause such as `4.1` or `Annex B`: printable ASCII, so that two of them are the same everywhere.
    static func isClause(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// The words of CEL that stand for no variable.
    private static let reserved: Set = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for",
        "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void",
        "while",
    ]
}
