import Bundles
import Encodings
import Testing

@Suite struct TOMLDocumentTests {
    @Test(
        "Tables, arrays of tables, strings, integers, booleans, arrays and inline tables are read")
    func reads() throws {
        let document = try TOMLDocument(
            parsing: """
                # a comment
                title = "a \\"b\\" \\u00e9\\t"   # after it
                path = 'C:\\x'
                count = 1_000
                below = -7
                yes = true

                [table]
                list = [
                  1, # one
                  2,
                ]
                inner = { a = "x", b = [true, false] }

                [[row]]
                name = "first"
                [[row]]
                name = "second"
                """)
        #expect(
            document.value == [
                "title": "a \"b\" é\t", "path": "C:\\x", "count": 1_000, "below": -7, "yes": true,
                "table": ["list": [1, 2], "inner": ["a": "x", "b": [true, false]]],
                "row": [["name": "first"], ["name": "second"]],
            ])
    }

    @Test(
        "What is not of the form is refused with its line",
        arguments: [
            ("a = 1\na = 2", 2, "a is defined twice"),
            ("a = 1.5", 1, "should be a string in quotes, an integer"),
            ("a = 1979-05-27", 1, "should be a string in quotes, an integer"),
            ("a = 007", 1, "should be a string in quotes, an integer"),
            ("a = 1__0", 1, "should be a string in quotes, an integer"),
            ("a = 9223372036854775808", 1, "should be a string in quotes, an integer"),
            ("a.b = 1", 1, "dotted keys are not used"),
            ("\"a\" = 1", 1, "a key of letters, digits"),
            ("\n\na = \"x", 3, "should end with \" on its line"),
            ("a = \"\"\"x\"\"\"", 1, "strings over several lines are not used"),
            ("a = \"\\x\"", 1, "a backslash is followed by one of"),
            ("a = \"\\ud800\"", 1, "a backslash is followed by one of"),
            ("a = 1 b = 2", 1, "something follows the end of the value"),
            ("[t]\n[t]", 2, "t is defined twice"),
            ("t = []\n[[t]]", 2, "t is defined twice"),
            ("[a.b]", 1, "dotted names are not used"),
            ("a = [1 2]", 1, "should go on with , or end with ]"),
            ("a = {b = 1\n}", 1, "should go on with , or end with }"),
            ("a = [[[[[[[[[[1]]]]]]]]]]", 1, "nested too deeply"),
            ("a = 'x\u{1}'", 1, "should end with ' on its line"),
        ])
    func refuses(text: String, line: Int, problem: String) throws {
        let error = try #require(throws: ManifestError.self) { try TOMLDocument(parsing: text) }
        #expect(error.line == line)
        #expect(error.problem.contains(problem), "\(error)")
    }

    @Test("A text beyond the limit is refused before it is read")
    func tooLong() throws {
        let text = String(repeating: "#", count: TOMLDocument.byteCountMax + 1)
        let error = try #require(throws: ManifestError.self) { try TOMLDocument(parsing: text) }
        #expect(error.problem.contains("at most 65536"))
    }
}
