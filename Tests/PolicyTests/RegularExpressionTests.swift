import Policy
import Testing

@Suite struct RegularExpressionTests {
    @Test(
        "A pattern is found where it should be",
        arguments: [
            ("abc", "xabcx", true), ("^abc$", "xabc", false), ("a.c", "a\nc", false),
            ("(?s)a.c", "a\nc", true),
            ("^b", "a\nb", false), ("(?m)^b$", "a\nb\nc", true), ("(?i)MAÑ", "maÑana", true),
            ("[^a-c]", "abc", false),
            ("[[:digit:]]{3}", "ab123", true), ("[[:^alpha:]]", "abc", false),
            ("\\d+\\.\\d*", "3.", true),
            ("\\bcat\\b", "a cat!", true), ("\\Bcat", "cat", false), ("a{2,3}", "a", false),
            ("a{2,}", "aaaa", true),
            ("a{,3}", "a{,3}", true), ("x{", "x{", true), ("(ab|cd)+e", "abcde", true),
            ("", "", true),
            ("()*a", "a", true), ("(a*)*", "", true), ("\\x41\\x{1F600}", "A😀", true),
            ("\\Q.*\\E", "a.*", true),
            ("[]a]", "]", true), ("[a-]", "-", true), ("\\A\\d\\z", "7", true),
            ("é", "e\u{301}", false),
            ("(?P<n>a)(?<m>b)", "ab", true), ("a*?b", "aab", true), ("(?i:a)b", "Ab", true),
            ("(?i:a)b", "AB", false),
            ("[\\d\\s]x", " x", true), ("\\pN", "", nil), ("(?=a)", "", nil), ("\\1", "", nil),
            ("a**", "", nil),
            ("*a", "", nil), ("[b-a]", "", nil), ("[a", "", nil), ("(a", "", nil), ("a)", "", nil),
            ("a{3,2}", "", nil),
            ("[[:nope:]]", "", nil), ("\\", "", nil), ("(?z)", "", nil),
        ] as [(String, String, Bool?)])
    func matches(pattern: String, text: String, isFound: Bool?) {
        let found = try? evaluate("s.matches(p)", ["s": .string(text), "p": .string(pattern)])
        #expect(found == isFound.map(Value.bool), "\(pattern) in \(text)")
    }
}
