import Policy
import Testing

@Suite struct DiagnosticTests {
    @Test("A mistake is shown with its line, its column and a caret")
    func caret() {
        #expect(
            diagnosis("1 +\n  'ä' * 2")
                == "2:7: `*` does not take string and int\n  'ä' * 2\n      ^")
    }

    @Test("Of a long line the part around the mistake is shown")
    func longLine() throws {
        let text =
            String(repeating: "1 + ", count: 40) + "'ä' * 2" + String(repeating: " + 1", count: 40)
        let lines = try #require(diagnosis(text)).split(separator: "\n").map(String.init)
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("1:165: `*` does not take string and int"))
        #expect(lines[1].hasPrefix("…") && lines[1].hasSuffix("…"), "\(lines[1])")
        #expect(lines[1].count == 122)
        // The caret stands under the operator.
        let column = lines[2].count - 1
        #expect(lines[2] == String(repeating: " ", count: column) + "^")
        #expect(lines[1][lines[1].index(lines[1].startIndex, offsetBy: column)] == "*")
    }

    @Test(
        "A name that is not declared comes with one that is",
        arguments: [
            ("terms.expire > 1", "terms.expires"), ("sise('a')", "size"), ("roundz < 3", "rounds"),
        ])
    func suggestion(text: String, name: String) throws {
        let message = try #require(
            diagnosis(text, [.init("terms.expires", .int), .init("rounds", .int)]))
        #expect(message.hasSuffix("did you mean `\(name)`?"), "\(message)")
    }

    @Test("A macro's variable is suggested too")
    func localSuggestion() throws {
        let message = try #require(diagnosis("[1].all(element, elment > 0)"))
        #expect(message.hasSuffix("did you mean `element`?"))
    }

    @Test("All mistakes are told at once")
    func allAtOnce() throws {
        let message = try #require(diagnosis("nope + 1 > 2 && 'a' < 3 || other"))
        #expect(message.contains("`nope` is not declared here"))
        #expect(message.contains("`<` does not take string and int"))
        #expect(message.contains("`other` is not declared here"))
    }

    @Test("One mistake is told once, and not again by everything around it")
    func oneMistakeOnce() throws {
        let message = try #require(diagnosis("(nope + 1) * 2 > size(nope2.field) ? 1 : 2"))
        #expect(message.split(separator: "is not declared").count == 3)
        #expect(!message.contains("does not take"))
    }

    @Test(
        "What is no expression is refused with what should be there",
        arguments: [
            ("1 +", "found the end where an expression should be"),
            ("(1", "found the end where `)` to match the one that opens should be"),
            ("a b", "found `b` where an operator, or the end should be"),
            ("'abc", "the string has no end"),
            ("'a\nb'", "three quotes begin one of many lines"),
            ("'\\q'", "`\\q` is no escape"),
            ("'\\ud800'", "this escape names no Unicode scalar value"),
            ("b'\\u0041'", "`\\u` is no escape in a bytes literal"),
            ("1e999", "1e999 is too large for a double"),
            ("9223372036854775808", "the number is too large for an int"),
            ("18446744073709551616u", "the number has more than 64 bits"),
            ("0x", "`0x` needs hexadecimal digits"),
            ("12abc", "a number runs into a name"),
            ("a = b", "did you mean `==`?"),
            ("a & b", "did you mean `&&`?"),
            ("while", "`while` is a reserved word"),
            ("Foo{a: 1}", "messages are not part of this language"),
            ("has(a)", "`has` takes a field"),
            ("[1].all(1, true)", "a macro's variable is a plain name"),
            ("[1].all(x, x, true)", "the two variables have one name"),
            ("{1: 2}.`no`(1)", "found `(`"),
            ("#", "`#` means nothing here"),
        ])
    func refusals(text: String, message: String) throws {
        let found = try #require(diagnosis(text), "\(text) was accepted")
        #expect(found.contains(message), "\(found)")
    }

    @Test(
        "An expression of unbounded depth or length is refused, however it is deep",
        arguments: [
            String(repeating: "(", count: 100_000), String(repeating: "[", count: 5_000),
            String(repeating: "!", count: 5_000) + "true",
            String(repeating: "-", count: 5_000) + "i",
            "1" + String(repeating: " + 1", count: 5_000),
            "x" + String(repeating: ".a", count: 5_000),
            "x" + String(repeating: "[0]", count: 5_000),
            String(repeating: "true ? true : ", count: 5_000) + "true",
            String(repeating: "a.map(x, ", count: 5_000),
            String(repeating: " ", count: 100_001),
        ])
    func limits(text: String) throws {
        let found = try #require(
            diagnosis(text, [.init("x", .dyn), .init("i", .int), .init("a", .dyn)]))
        #expect(found.contains("deep") || found.contains("bytes"), "\(found.prefix(200))")
    }

    @Test("A long chain of conditions is no deep one")
    func longLogic() throws {
        let text = (0..<2_000).map { "\($0) >= 0" }.joined(separator: " && ")
        #expect(try evaluate(text) == .bool(true))
    }
}
