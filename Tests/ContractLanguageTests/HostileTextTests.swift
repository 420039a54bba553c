import ContractFiles
import ContractLanguage
import Encodings
import Foundation
import Testing

/// Texts that are written to hurt whoever reads them.
@Suite struct HostileTextTests {
    /// Each line refers nine times to the line before it.
    private static let laughs =
        "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        + (1..<30).map { line in
            "a\(line): &a\(line) [\(Array(repeating: "*a\(line - 1)", count: 9).joined(separator: ","))]\n"
        }.joined()

    struct Text: CustomTestStringConvertible, Sendable {
        let name: String
        let text: String
        /// As `line:column: problem`, or a part of it.
        let problem: String

        init(_ name: String, _ text: String, _ problem: String) {
            self.name = name
            self.text = text
            self.problem = problem
        }

        var testDescription: String { name }
    }

    static let texts: [Text] = [
        .init("anchors that explode", laughs, "file:1:5: anchors and references"),
        .init("anchors that explode as a key", laughs + "{*a29 : 1}: 2\n", "file:1:5: anchors"),
        .init("as a key in a mapping", laughs + "z: {? *a29 : 1}\n", "file:1:5: anchors"),
        .init("as a key in a list", laughs + "z: [*a29 : 1]\n", "file:1:5: anchors"),
        .init("as a key on the next line", laughs + "?\n  *a29\n: 2\n", "file:1:5: anchors"),
        .init("an anchor behind a quote", "{\"k\":&a {b: 1}, c: *a}", "file:1:6: anchors"),
        .init("an anchor that is its own content", "&a [*a]", "file:1:1: anchors"),
        .init("a reference to nothing", "contract: lending\nparties: *a", "file:2:10: anchors"),
        .init("merge keys", "parties: {<<: {a: member}}", "file:1:10: merge keys"),
        .init("10,000 brackets", String(repeating: "[", count: 10_000), "file:1:1: the nesting"),
        .init("10,000 braces", String(repeating: "{a: ", count: 10_000), "the nesting is too deep"),
        .init("10,000 dashes", String(repeating: "- ", count: 10_000), "the nesting is too deep"),
        .init(
            "10,000 questions", String(repeating: "? ", count: 10_000), "the nesting is too deep"),
        .init(
            "999 brackets",
            "a: " + String(repeating: "[", count: 990) + String(repeating: "]", count: 990),
            "file:1:36: more than 32 levels of nesting"),
        .init(
            "900 steps to the right",
            (0..<900).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n"),
            "file:34:34: more than 32 levels"),
        .init(
            "a name twice", "contract: a\nversion: 1\ncontract: b\n",
            "file:3:1: the name `contract` comes twice"),
        .init(
            "a name twice in a line", "terms: {a: bool, b: bool, a: bool}",
            "file:1:27: the name `a` comes twice"),
        .init(
            "a name twice, once in quotes", "parties:\n  a: member\n  \"a\": member\n",
            "file:3:3: the name `a` comes twice"),
        .init("a name that is a list", "[a]: 1", "file:1:1: a name should be a plain word"),
        .init(
            "two documents", "contract: a\n---\ncontract: b\n",
            "file:2:1: a file holds one document"),
        .init(
            "a NUL", "contract: a\u{0}b",
            "file:1:12: a document is text in UTF-8: control characters"),
        .init(
            "a bell", "contract: a\ntitle: \u{7}",
            "file:2:8: a document is text in UTF-8: control characters"),
        .init("half a surrogate", "contract: \"\\uD800\"", "file:1:14: found invalid Unicode"),
        .init("a tab", "actions:\n\ta: 1", "file:2:1: found character that cannot start any token"),
        .init("nothing", "", "file: the text is empty"),
        .init("a word", "hello", "file:1:1: the document: should be an object"),
        .init("a list", "- a", "file:1:1: the document: should be an object"),
        .init(
            "a megabyte", String(repeating: "a", count: 1_000_001),
            "file: the text has 1000001 bytes"),
        .init("many names", (0..<20_000).map { "k\($0): 1\n" }.joined(), "contract: is missing"),
        .init("a text that does not end", "contract: \"abc", "found unexpected end of stream"),
        .init("100,000 exclamation marks", String(repeating: "!", count: 100_000), "file:1:1: "),
    ]

    @Test("A hostile text is refused where it begins to hurt", arguments: texts)
    func refused(_ text: Text) throws {
        let message = try #require(refusal(of: text.text, named: "file"))
        #expect(message.contains(text.problem), "\(message.prefix(300))")
    }

    @Test("An ampersand in a text or an expression is no anchor")
    func ampersands() throws {
        let text = Lending.with(
            ("Lending a machine", "R&D & lending"),
            ("now < terms.until\"", "now < terms.until&&true && true\""))
        #expect(refusal(of: text) == nil)
    }

    @Test("A file that is no UTF-8 or too long is refused where it stops being text")
    func files() throws {
        let url = URL.temporaryDirectory.appending(path: "hostile-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: url) }
        func problem(_ data: Data) throws -> String {
            try data.write(to: url)
            do {
                _ = try ContractFile(path: url.path)
                return ""
            } catch {
                return "\(error)".replacing(url.path, with: "file")
            }
        }
        #expect(
            try problem(Data("contract: a\ntitle: é".utf8) + [0xFF])
                == "file:2:9: the file is no text in UTF-8")
        #expect(try problem(Data([0xC0, 0xAF])) == "file:1:1: the file is no text in UTF-8")
        #expect(
            try problem(Data("a: \u{D7FF}".utf8) + [0xED, 0xA0, 0x80])
                == "file:1:5: the file is no text in UTF-8")
        #expect(
            try problem(Data(repeating: 0x61, count: 10_000_000)).contains(
                "longer than 1000000 bytes"))
        #expect(try problem(Data("\u{FEFF}contract: a".utf8)) == "")
    }

    static let expressions: [Text] = [
        .init(
            "10,000 parentheses",
            String(repeating: "(", count: 1_900) + "true" + String(repeating: ")", count: 1_900),
            "nested more than"),
        .init("10,000 brackets", String(repeating: "[", count: 3_900), "nested more than"),
        .init("a chain of nots", String(repeating: "!", count: 3_900) + "true", "nested more than"),
        .init(
            "a long chain", Array(repeating: "1", count: 1_900).joined(separator: "+") + " > 0",
            "nested more than"),
        .init(
            "too long", "true || '\(String(repeating: "a", count: 4_100))' == ''",
            "4116 bytes, and 4000 are allowed"),
        .init(
            "a cost bomb",
            "[1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, [1,2,3,4,5,6,7,8,9].map(c, [1,2,3,4,5,6,7,8,9].map(d, [1,2,3,4,5,6,7,8,9].map(e, [1,2,3,4,5,6,7,8,9].map(f, f)))))).size() > 0",
            "steps, and 200000 are allowed"),
        .init(
            "a pattern bomb", "'a'.matches('((((a{100}){100}){100}){100}){100}')",
            "is no regular expression"),
        .init(
            "text of no bound",
            "cel.bind(a, '\(String(repeating: "a", count: 600))', cel.bind(b, a.replace('a', a), b.replace('a', b))) == ''",
            "are allowed"),
    ]

    @Test("A hostile expression is refused", arguments: expressions)
    func expression(_ text: Text) throws {
        let document = Lending.with(
            ("\"now < terms.until\"", JSONValue.string(text.text).canonicalText))
        let message = try #require(refusal(of: document, named: "file"))
        #expect(message.contains(text.problem), "\(message.prefix(300))")
        #expect(message.hasPrefix("file:24:"), "\(message.prefix(300))")
    }
}
