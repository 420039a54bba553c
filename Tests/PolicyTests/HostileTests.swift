import Encodings
import Policy
import Randomness
import Testing

@Suite struct HostileTests {
    private static let pieces = [
        "(", ")", "[", "]", "{", "}", "?", ":", ",", ".", ".?", "[?", "!", "-", "+", "*", "/", "%",
        "==",
        "<", "in", "&&", "||", "a", "b", "c", "x", "1", "-9223372036854775808", "2u", "1.5",
        "1e308",
        "'s'", "b'\\xff'", "null", "true", "[1]", "{'a': 1}", "has(", ".all(x,", ".map(x, ",
        ".exists(x, ",
        ".filter(x,", "size(", "optional.of(", ".optMap(x, ", ".value()", "cel.bind(x, ",
        "math.least(",
        ".format([", "'%s%d%.9f'", "timestamp(", "duration('1h')", ".getHours(", "matches(",
        "'(a|b)*'",
        ".substring(", ".split(", "type(", "int(", "`a b`", "'''", "\\", "//", "\n", "0x",
        "\u{1F600}",
    ]

    @Test(
        "Whatever is strung together is refused or evaluated, checked and unchecked",
        arguments: 0..<20)
    func soup(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bindings: JSONValue = [
            "a": ["int": "3"], "b": ["list": [["string": "x"]]],
            "c": ["map": [[["string": "a"], ["null": .null]]]],
        ]
        for _ in 0..<300 {
            let count = 1 + Int(random.uniformInteger(below: 12))
            let text = (0..<count).map { _ in
                Self.pieces[Int(random.uniformInteger(below: UInt64(Self.pieces.count)))]
            }.joined()
            for isUnchecked in [false, true] {
                let answer = try BatchCase([
                    "expr": .string(text), "bindings": bindings, "disableCheck": .bool(isUnchecked),
                ]).answer()
                guard case .object(let object) = answer else { continue }
                #expect((object["value"] == nil) != (object["error"] == nil), "\(text)")
            }
        }
    }

    @Test("A pattern takes time linear in the text, also one that others take for ever for")
    func linearPatterns() throws {
        let text = String(repeating: "a", count: 3_000)
        #expect(try evaluate("s.matches('(a*)*b')", ["s": .string(text)]) == .bool(false))
        #expect(try evaluate("s.matches('(a|a?)+$')", ["s": .string(text)]) == .bool(true))
        #expect(
            try evaluate(
                "s.matches('^(a?){50}a{50}$')", ["s": .string(String(repeating: "a", count: 50))])
                == .bool(true))
    }

    @Test(
        "A pattern that would need too much is refused",
        arguments: [
            "((a{100}){100}){100}", "(" + String(repeating: "a{1000}", count: 20) + ")", "a{1001}",
            "((((){1000}){1000}){1000})",
        ])
    func largePatterns(pattern: String) {
        #expect(errorCode("'a'.matches(p)", ["p": .string(pattern)]) == .invalidArgument)
    }

    @Test(
        "A line of a batch that is no case is refused with the reason",
        arguments: [
            ("[]", "a case is an object"), ("{\"expr\": 1}", "a case is an object"),
            (
                "{\"expr\": \"x\", \"bindings\": {\"x\": 1}}",
                "the binding of `x` is no tagged value"
            ),
            ("{\"expr\": \"x\", \"typeEnv\": [{}]}", "has a `name`"),
            (
                "{\"expr\": \"x\", \"typeEnv\": [{\"name\": \"x\"}]}",
                "the type of `x` cannot be read"
            ),
        ])
    func malformedBatch(line: String, message: String) throws {
        let json = try JSONValue(parsing: Array(line.utf8))
        #expect { try BatchCase(json) } throws: { "\($0)".contains(message) }
    }
}
