/// A language in which documents are explained.
package enum ReadingLanguage: String, CaseIterable, Sendable {
    case english = "en"
    case chinese = "zh"

    /// One of two texts.
    func say(_ english: @autoclosure () -> String, _ chinese: @autoclosure () -> String) -> String {
        switch self {
        case .english: english()
        case .chinese: Self.spaced(chinese())
        }
    }

    /// `a, b and c`; `a、b 和 c`.
    func all(_ items: [String]) -> String { list(items, say(" and ", "和")) }

    /// `a, b or c`; `a、b 或 c`.
    func any(_ items: [String]) -> String { list(items, say(" or ", "或")) }

    private func list(_ items: [String], _ last: String) -> String {
        guard items.count > 1 else { return items.first ?? "" }
        let lead = items.dropLast().joined(separator: say(", ", "、"))
        return say(lead + last + items[items.count - 1], lead + last + items[items.count - 1])
    }

    func quoted(_ text: String) -> String { "“\(text)”" }

    func bracketed(_ text: String) -> String { say("(\(text))", "（\(text)）") }

    /// Begins with a capital letter and ends with a full stop.
    func sentence(_ text: String) -> String {
        switch self {
        case .english:
            let first = text.prefix(1)
            return (first.allSatisfy(\.isASCII) ? first.uppercased() : String(first))
                + text.dropFirst() + (text.hasSuffix(".") || text.hasSuffix(".”") ? "" : ".")
        case .chinese:
            return Self.spaced(text) + (text.hasSuffix("。") || text.hasSuffix("。”") ? "" : "。")
        }
    }

    /// 1,000,000
    static func grouped(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + text
    }

    /// Chinese and Latin text have a blank between them, as typesetters put it.
    static func spaced(_ text: String) -> String {
        var spaced = ""
        var before: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if let before,
                (isHan(before) && isLatin(scalar)) || (isLatin(before) && isHan(scalar))
            {
                spaced += " "
            }
            spaced.unicodeScalars.append(scalar)
            before = scalar
        }
        return spaced
    }

    private static func isHan(_ scalar: Unicode.Scalar) -> Bool {
        (0x3400...0x9FFF).contains(scalar.value)
    }

    private static func isLatin(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "`": true
        default: false
        }
    }
}
