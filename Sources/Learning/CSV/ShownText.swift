import Encodings

/// A name or value from a file as it can stand in one line of a message: in quotes where it is not
/// a plain word, control characters escaped, and not longer than 48 characters.
func shown(_ text: String) -> String {
    let isPlain =
        !text.isEmpty
        && text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "+"):
                true
            default: false
            }
        }
    let short =
        text.unicodeScalars.count <= 48 ? text : String(text.unicodeScalars.prefix(47)) + "…"
    guard !isPlain else { return short }
    // JSON leaves delete and the C1 controls as they are, and a terminal would obey them.
    let visible = String.UnicodeScalarView(
        short.unicodeScalars.map { (0x7F...0x9F).contains($0.value) ? "\u{FFFD}" : $0 })
    return JSONValue.string(String(visible)).canonicalText
}

/// Names in one line, the first few of them.
func shown(_ texts: some Collection<String>, max: Int = 8) -> String {
    let names = texts.prefix(max).map { shown($0) }.joined(separator: ", ")
    return texts.count > max ? "\(names) and \(texts.count - max) more" : names
}

/// "1 row", "2 rows", "3 classes".
func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : noun.hasSuffix("s") ? "es" : "s")"
}
