import Identity
import MerkleLog
import Testing

@Suite struct TrustPolicyTests {
    private static let log =
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

    /// A witness's key for each name.
    private static func key(_ name: String) -> String {
        (try? TestKeys.cosigner(name).verifierKey.text) ?? ""
    }

    private static func witness(_ name: String) -> String {
        "witness \(name) \(key(name))\n"
    }

    private static let three = witness("X1") + witness("X2") + witness("X3")

    /// C2SP tlog-policy, "Example policy", with keys.
    private static let example = """
        log \(log)

        witness X1 \(key("X1"))
        witness X2 \(key("X2"))
        witness X3 \(key("X3"))
        group X-witnesses 2 X1 X2 X3

        witness Y1 \(key("Y1"))
        witness Y2 \(key("Y2"))
        witness Y3 \(key("Y3"))
        group Y-witnesses any Y1 Y2 Y3

        group X-and-Y all X-witnesses Y-witnesses
        quorum X-and-Y

        """

    @Test("The specification's example is read")
    func specifiedExample() throws {
        let policy = try TrustPolicy(parsing: Array(Self.example.utf8))
        #expect(policy.logs.map(\.origin.description) == ["example.com/log/testdata"])
        #expect(
            policy.witnesses.map(\.name.description) == ["X1", "X2", "X3", "Y1", "Y2", "Y3"])
        #expect(
            policy.groups.map { "\($0.name) \($0.partsMin) of \($0.parts)" } == [
                "X-witnesses 2 of [X1, X2, X3]", "Y-witnesses 1 of [Y1, Y2, Y3]",
                "X-and-Y 2 of [X-witnesses, Y-witnesses]",
            ])
        #expect(policy.groups.map(\.threshold) == [.atLeast(2), .any, .all])
        #expect(policy.quorum == .of(try #require(PolicyWord("X-and-Y"))))
    }

    @Test(
        "A printed policy is the same policy",
        arguments: [
            example, "quorum none\n", "log \(log) https://example.com/#log\nquorum none\n",
            three + "quorum X2\n" + witness("later"),
            "# a comment\n\n \t# more\n\tquorum\tnone  \n",
        ])
    func printing(text: String) throws {
        let policy = try TrustPolicy(parsing: Array(text.utf8))
        let again = try TrustPolicy(parsing: policy.text)
        #expect(again == policy)
        #expect(again.text == policy.text)
        #expect(
            try TrustPolicy(
                logs: policy.logs, witnesses: policy.witnesses, groups: policy.groups,
                quorum: policy.quorum) == policy)
    }

    @Test("A policy is printed as it is written in the specification")
    func printedText() throws {
        let text =
            "log \(Self.log) https://example.com/\n" + Self.witness("X1")
            + "witness X2 \(Self.key("X2")) https://x2.example/\ngroup g 1 X1 X2\nquorum g\n"
        #expect(try TrustPolicy(parsing: Array(text.utf8)).text == Array(text.utf8))
    }

    /// transparency-dev/tessera, witness_policy_test.go (Apache-2.0), "whitespace and comments",
    /// without the comments behind definitions, which the specification does not have.
    @Test("White space and comment lines are passed over")
    func whiteSpace() throws {
        let text = """


            # comment
            witness   X1      \(Self.key("X1"))     https://sigsum.org/witness/   \t
              witness X2            \(Self.key("X2"))    https://example.com/witness/


            \t\t\t     #comment
            group      g1    all     X1  X2

            \t\t quorum      g1

            """
        let policy = try TrustPolicy(parsing: Array(text.utf8))
        #expect(policy.groups.map(\.partsMin) == [2])
        #expect(
            policy.witnesses.map(\.url?.description)
                == ["https://sigsum.org/witness/", "https://example.com/witness/"])
    }

    @Test(
        "What breaks a rule is refused, with the line",
        arguments: [
            // No quorum, two, or one of nobody.
            ("", nil, .missingQuorum),
            (three, nil, .missingQuorum),
            ("quorum unknown\n", 1, .unknownName(word("unknown"))),
            ("quorum none\nquorum none\n", 2, .secondQuorum),
            (three + "quorum X1\nquorum X1\n", 5, .secondQuorum),
            ("quorum X1\n" + three, 1, .unknownName(word("X1"))),
            // Names.
            (witness("X1") + "witness X1 \(key("X2"))\nquorum X1\n", 2, .duplicateName(word("X1"))),
            (three + "group X1 any X2\nquorum X1\n", 4, .duplicateName(word("X1"))),
            (three + "group g any X1\ngroup g any X2\nquorum g\n", 5, .duplicateName(word("g"))),
            ("witness none \(key("X1"))\n", 1, .reservedName),
            (three + "group none any X1\n", 4, .reservedName),
            (three + "group g any X1 none\n", 4, .reservedName),
            // Only what stands above, so no group holds itself.
            (three + "group g any X1 Y1\n" + witness("Y1"), 4, .unknownName(word("Y1"))),
            (three + "group g any g\n", 4, .unknownName(word("g"))),
            (three + "group g any h\ngroup h any g\n", 4, .unknownName(word("h"))),
            // Each name in one group.
            (three + "group g all X1 X1\n", 4, .inTwoGroups(word("X1"), first: word("g"))),
            (
                three + "group g any X1 X2\ngroup h any X2 X3\n", 5,
                .inTwoGroups(word("X2"), first: word("g"))
            ),
            // Thresholds.
            (three + "group g -1 X1\n", 4, .badThreshold("\"-1\"")),
            (three + "group g +1 X1\n", 4, .badThreshold("\"+1\"")),
            (three + "group g 01 X1\n", 4, .badThreshold("\"01\"")),
            (three + "group g some X1\n", 4, .badThreshold("\"some\"")),
            (three + "group g All X1\n", 4, .badThreshold("\"All\"")),
            (
                three + "group g 18446744073709551615 X1\n", 4,
                .badThreshold("\"18446744073709551615\"")
            ),
            (three + "group g 0 X1 X2\n", 4, .thresholdOutside(0, parts: 2)),
            (three + "group g 3 X1 X2\n", 4, .thresholdOutside(3, parts: 2)),
            // Keys.
            ("witness X1 \(log)\n", 1, .wrongKeyType(1, role: "witness")),
            ("log a+00000000+AgA=\n", 1, .wrongKeyType(2, role: "log")),
            ("log a+00000000\n", 1, .badKey(.missingPart)),
            ("witness X1 \(key("X1"))=\n", 1, .badKey(.badMaterial)),
            // Forms.
            ("log\n", 1, .wrongForm(expected: "log <vkey> [<url>]")),
            ("log \(log) url more\n", 1, .wrongForm(expected: "log <vkey> [<url>]")),
            ("witness X1\n", 1, .wrongForm(expected: "witness <name> <vkey> [<url>]")),
            (
                "witness X1 \(key("X1")) url more\n", 1,
                .wrongForm(expected: "witness <name> <vkey> [<url>]")
            ),
            ("quorum none # not a comment\n", 1, .wrongForm(expected: "quorum <name>|none")),
            ("quorum\n", 1, .wrongForm(expected: "quorum <name>|none")),
            (
                three + "group g any\n", 4,
                .wrongForm(expected: "group <name> all|any|<k> <name>...")
            ),
            ("Quorum none\n", 1, .unknownKeyword("\"Quorum\"")),
            ("quorum\u{A0}none\n", 1, .unknownKeyword("\"quorum\u{A0}none\"")),
            (three + "group g all X1 X2 #both\n", 4, .unknownName(word("#both"))),
            // Octets and lines.
            ("quorum none\r\n", 1, .forbiddenOctet(13, column: 12)),
            ("# bell \u{7}\nquorum none\n", 1, .forbiddenOctet(7, column: 8)),
            ("quorum none\n\u{7F}\n", 2, .forbiddenOctet(127, column: 1)),
            ("quorum none", 1, .unfinishedLine),
            (three + "quorum X", 4, .unfinishedLine),
        ] as [(String, Int?, TrustPolicyError.Problem)])
    func brokenRules(text: String, line: Int?, problem: TrustPolicyError.Problem) {
        #expect(throws: TrustPolicyError(line: line, problem: problem)) {
            try TrustPolicy(parsing: Array(text.utf8))
        }
    }

    private static func word(_ text: String) -> PolicyWord { PolicyWord(text) ?? .reserved }

    @Test("One key under two names, or as two types, is one log and one witness")
    func sameKeyTwice() throws {
        let key = try TestKeys.key("one")
        let (a, b) = (try #require(KeyName("a")), try #require(KeyName("b")))
        let logs = [
            NoteVerifierKey(name: a, ed25519: key.publicKey),
            NoteVerifierKey(name: b, ed25519: key.publicKey),
            NoteVerifierKey(name: a, cosignature: key.publicKey),
        ]
        for other in logs.dropFirst() {
            let text = "log \(logs[0])\nlog \(other)\nquorum none\n"
            #expect(
                throws: TrustPolicyError(line: 2, problem: .duplicateKey(other.name))
            ) {
                try TrustPolicy(parsing: Array(text.utf8))
            }
        }
        let renamed = NoteVerifierKey(name: b, cosignature: key.publicKey)
        let text = "witness w1 \(logs[2])\nwitness w2 \(renamed)\nquorum w1\n"
        #expect(throws: TrustPolicyError(line: 2, problem: .duplicateKey(b))) {
            try TrustPolicy(parsing: Array(text.utf8))
        }
    }

    @Test("Names are octets: what Unicode or a keyword makes of them does not matter")
    func octetNames() throws {
        let kelvin: [UInt8] = [0xE2, 0x84, 0xAA]
        let notUTF8: [UInt8] = [0xFF, 0x80]
        var text: [UInt8] = []
        for (name, key) in zip(
            [Array("K".utf8), kelvin, notUTF8, Array("all".utf8), Array("2".utf8)], 1...)
        {
            text += Array("witness ".utf8) + name + Array(" \(Self.key("w\(key)")) ".utf8)
            text += [0xC0, UInt8(ascii: "#"), UInt8(ascii: "\n")]
        }
        text += Array("group g all all 2\nquorum ".utf8) + notUTF8 + [UInt8(ascii: "\n")]

        let policy = try TrustPolicy(parsing: text)
        #expect(policy.witnesses.map(\.name.octets).prefix(3) == [[0x4B], kelvin, notUTF8])
        #expect(
            policy.witnesses.compactMap(\.url?.octets) == Array(repeating: [0xC0, 0x23], count: 5))
        #expect(policy.quorum == .of(try #require(PolicyWord(notUTF8))))
        #expect(policy.groups[0].parts.map(\.description) == ["all", "2"])
        #expect(try TrustPolicy(parsing: policy.text) == policy)
    }

    @Test("A hundred logs, witnesses and groups are accepted, and no more")
    func limits() throws {
        let log = try TestKeys.signer("log")
        func text(_ count: Int) throws -> String {
            var lines = try (0..<count).map {
                "log \(try TestKeys.signer("log\($0)").verifierKey)\n"
            }
            lines += (0..<count).map { Self.witness("w\($0)") }
            lines += (0..<count).map { "group g\($0) any w\($0)\n" }
            return lines.joined() + "quorum g\(count - 1)\n"
        }
        let policy = try TrustPolicy(parsing: Array(text(100).utf8))
        #expect(policy.logs.count == 100)

        let more = try "log \(log.verifierKey)\n" + text(100)
        #expect(throws: TrustPolicyError(line: 101, problem: .tooMany("logs"))) {
            try TrustPolicy(parsing: Array(more.utf8))
        }
        let witnesses = try text(100) + Self.witness("one-more")
        #expect(throws: TrustPolicyError(line: 302, problem: .tooMany("witnesses"))) {
            try TrustPolicy(parsing: Array(witnesses.utf8))
        }
        let groups = try text(100) + "group one-more any g0\n"
        #expect(throws: TrustPolicyError(line: 302, problem: .tooMany("groups"))) {
            try TrustPolicy(parsing: Array(groups.utf8))
        }
        let size = TrustPolicy.byteCountMax + 1
        #expect(throws: TrustPolicyError(line: nil, problem: .tooLarge(size))) {
            try TrustPolicy(parsing: Array(repeating: UInt8(ascii: "\n"), count: size))
        }
    }

    @Test("A policy that is put together keeps the same rules")
    func putTogether() throws {
        let none = PolicyWord.reserved
        let name = try #require(PolicyWord("g"))
        #expect(throws: TrustPolicyError(line: nil, problem: .unknownName(none))) {
            try TrustPolicy(logs: [], witnesses: [], groups: [], quorum: .of(none))
        }
        #expect(throws: TrustPolicyError(line: nil, problem: .emptyGroup(name))) {
            try TrustPolicy(
                logs: [], witnesses: [], groups: [.init(name: name, threshold: .all, parts: [])],
                quorum: .noWitness)
        }
        let long = try #require(PolicyWord(Array(repeating: 0x61, count: 1 << 20)))
        let error = #expect(throws: TrustPolicyError.self) {
            try TrustPolicy(
                logs: [.init(key: TestKeys.signer("l").verifierKey, url: long)], witnesses: [],
                groups: [], quorum: .noWitness)
        }
        guard case .tooLarge = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        let unprintable = NoteVerifierKey(
            name: try #require(KeyName("a\u{7F}")), ed25519: try TestKeys.key("a").publicKey)
        #expect(throws: TrustPolicyError(line: nil, problem: .badKey(.badName))) {
            try TrustPolicy(
                logs: [.init(key: unprintable)], witnesses: [], groups: [], quorum: .noWitness)
        }
        #expect(PolicyWord("") == nil)
        #expect(PolicyWord("a b") == nil)
        #expect(PolicyWord("a\u{7F}") == nil)
    }
}
