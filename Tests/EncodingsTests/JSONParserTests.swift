import Encodings
import Testing

/// What RFC 8259 allows, and what it does not, case by case.
@Suite struct JSONParserTests {
    static let accepted: [(String, JSONValue)] = [
        ("null", .null), ("true", .bool(true)), ("false", .bool(false)),
        (" \t\r\n null \n", .null),
        ("0", 0), ("-1", -1), ("123", 123), ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)),
        ("0.0", .number(0)), ("1.50", .number(1.5)), ("-0.5", .number(-0.5)),
        ("1e2", .number(100)), ("1E+2", .number(100)), ("1e-2", .number(0.01)),
        ("0e1", .number(0)), ("0E-0", .number(0)), ("-0", .number(-0.0)),
        ("9223372036854775808", .number(0x1p63)), ("-9223372036854775809", .number(-0x1p63)),
        ("123456789012345678901234567890", .number(123456789012345678901234567890.0)),
        ("1e308", .number(1e308)), ("1e-400", .number(0)),
        (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041""#, "A"), (#""\u00e9""#, "é"), (#""\u00E9""#, "é"), (#""\u20ac""#, "€"),
        (#""\ud83d\ude00""#, "😀"), (#""\uD800\uDC00""#, "\u{10000}"),
        (#""\uDBFF\uDFFF""#, "\u{10FFFF}"), (#""\u0000""#, "\0"), (#""\uFFFF""#, "\u{FFFF}"),
        (#""x\u0041y""#, "xAy"), ("\"\u{7F}\"", "\u{7F}"), ("\"\u{2028}\"", "\u{2028}"),
        ("[]", []), ("[ ]", []), ("[1]", [1]), ("[1,2]", [1, 2]), ("[ 1 , [2] ]", [1, [2]]),
        ("{}", [:]), ("{ }", [:]), (#"{"a":1}"#, ["a": 1]), (#"{"":null}"#, ["": .null]),
        (#" { "a" : [ ] , "b" : { } } "#, ["a": [], "b": [:]]),
        (#"{"a":1,"A":2}"#, ["a": 1, "A": 2]),
    ]

    @Test("What the standard allows is read", arguments: accepted)
    func isRead(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    static let refused: [String] = [
        "", " ", "nul", "nulll", "True", "NULL", "NaN", "Infinity", "-Infinity", "undefined",
        "+1", "-", "01", "-01", "00", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1e1.5", "0x10",
        "1_000", "1,0", "1 2", "٣", "1e400", "-1e400",
        "\"", "\"a", "'a'", "\"\n\"", "\"\t\"", "\"\0\"", "\"\u{1F}\"",
        #""\"#, #""\a""#, #""\x41""#, #""\u""#, #""\u12""#, #""\u12g4""#, #""\u+123""#,
        #""\u 123""#, #""\U0041""#, #""\u{41}""#,
        #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\udc00\ud800""#, #""\ud800A""#,
        #""\ud800\n""#, #""\ud800\u0041""#, #""\ud800\u""#, #""\ud83d😀""#,
        "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1}", "[1]]",
        "{", "}", "{1:2}", "{a:1}", "{'a':1}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#,
        #"{,"a":1}"#, #"{"a":1 "b":2}"#, #"{"a"=1}"#, #"{"a":1]"#, #"{"a":1}}"#,
        #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#,
        "//c\n1", "1//c", "/**/1", "1;", "\u{FEFF}1", "\u{A0}1", "1\u{2028}", "\u{C}1", "\u{B}1",
    ]

    @Test("What the standard forbids, or leaves open, is refused", arguments: refused)
    func isRefused(text: String) {
        #expect(throws: JSONSyntaxError.self, "\(text.debugDescription)") {
            try JSONValue(parsing: text)
        }
    }

    static let notUTF8: [[UInt8]] = [
        [0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80],
        [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
        [0xF8, 0x88, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xFF],
        [0xFE],
    ]

    @Test("A string that is not UTF-8 is refused", arguments: notUTF8)
    func refusesInvalidUTF8(bytes: [UInt8]) {
        let quote = [UInt8(ascii: "\"")]
        for text in [quote + bytes + quote, quote + Array("\\n".utf8) + bytes + quote, bytes] {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        }
    }

    @Test("Two halves of a character around an escape do not make one")
    func refusesASplitCharacter() {
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: [0x22, 0xC3] + Array(#"\n"#.utf8) + [0xA9, 0x22])
        }
    }

    @Test("Keys that Unicode calls equivalent are different keys")
    func equivalentKeys() throws {
        let value = try JSONValue(
            parsing: "{\"caf\u{E9}\":1,\"cafe\u{301}\":2,\"\u{212A}\":3,\"K\":4}")
        #expect(value["caf\u{E9}"] == 1)
        #expect(value["cafe\u{301}"] == 2)
        #expect(value["K"] == 4)
        #expect(value["\u{212A}"] == 3)
        #expect(value.object?.members.count == 4)
    }

    @Test("Nesting ends at the level that is documented", arguments: ["[", "{\"a\":"])
    func nestingEnds(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ levels: Int, around core: String) -> String {
            String(repeating: opening, count: levels) + core
                + String(repeating: closing, count: levels)
        }
        let empty = opening == "[" ? "[]" : "{}"
        let most = JSONValue.depthMax
        #expect(throws: Never.self) { try JSONValue(parsing: nested(most, around: "1")) }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(most - 1, around: empty)) }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: nested(most, around: empty))
        }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: nested(most + 1, around: "1"))
        }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: String(repeating: opening, count: 1_000_000))
        }
    }

    static let positions: [(text: String, line: Int, column: Int, problem: String)] = [
        ("", 1, 1, "the text ends where a value should stand"),
        ("tru", 1, 1, "a value should stand here"),
        ("{\n  \"a\": 1,\n  \"b\" 2\n}", 3, 7, "a colon should follow the key"),
        ("[1,\n2\n3]", 3, 1, "a comma or ] should stand here"),
        ("{\"a\":1 \"b\":2}", 1, 8, "a comma or } should stand here"),
        ("{1:2}", 1, 2, "a key in quotes should stand here"),
        ("[\"é\", x]", 1, 8, "a value should stand here"),
        ("[01]", 1, 2, "a number may not begin with 0"),
        ("[-]", 1, 3, "a digit should follow the sign"),
        ("1.x", 1, 3, "a digit should follow the point"),
        ("1ex", 1, 3, "a digit should follow the exponent's e"),
        ("[1e999]", 1, 2, "1e999 is too large"),
        ("1 2", 1, 3, "nothing may follow the value"),
        ("\"ab", 1, 1, "this string is not closed"),
        ("\"a\nb\"", 1, 3, "a control character in a string must be escaped"),
        (#"["\q"]"#, 1, 3, #"\ may be followed by one of " \ / b f n r t u"#),
        (#""ab\u12z4""#, 1, 4, #"\u should be followed by four hexadecimal digits"#),
        (#""\ud83d""#, 1, 2, "an unpaired surrogate"),
        ("\n {\"k\":1,\n \"k\":2}", 2, 2, "the key \"k\" comes twice in this object"),
    ]

    @Test(
        "A mistake is told with its line, its column and what should stand there",
        arguments: positions)
    func mistakesAreLocated(
        text: String, line: Int, column: Int, problem: String
    ) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        #expect(error?.line == line)
        #expect(error?.column == column)
        #expect(error?.problem == problem)
        #expect(error?.description == "line \(line), column \(column): \(problem)")
    }

    @Test("A text of a megabyte is read in one go, escapes and all")
    func longTexts() throws {
        let letters = String(repeating: #"a\u00e9\n"#, count: 100_000)
        let value = try JSONValue(parsing: "[\"\(letters)\"]")
        #expect(value.array?.first?.string?.utf8.count == 400_000)
        let digits = String(repeating: "1", count: 300)
        #expect(try JSONValue(parsing: digits) == .number(Double(digits) ?? 0))
    }
}
