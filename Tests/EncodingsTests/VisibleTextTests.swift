import Encodings
import Testing

@Suite struct VisibleTextTests {
    @Test("What a terminal would obey is written out, and lines stay lines")
    func escapes() {
        #expect("\u{1B}[2Jgone".visible == "\\u{1b}[2Jgone")
        #expect("a\nb\tc".visible == "a\nb\tc")
        #expect("a\nb\tc".onOneLine == "a\\u{a}b\\u{9}c")
        #expect("\u{202E}live".visible == "\\u{202e}live")
        #expect("研究, caf\u{E9} ✓".visible == "研究, caf\u{E9} ✓")
    }
}
