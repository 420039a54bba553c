import Encodings
import ODRL
import Testing

@Suite struct SpellingTests {
    @Test("Written and read again, a policy is the same", arguments: 0..<50 as Range<UInt64>)
    func exportThenImportIsTheIdentity(seed: UInt64) throws {
        var drawn = RandomPolicy(seed: seed)
        let policy = drawn.policy()
        guard policy.hasRules else { return }
        let text = policy.json.indentedText
        let again = try PolicyImport(reading: Array(text.utf8)).policy
        #expect(again == policy, "seed \(seed)\n\(text)\n\(again.json.indentedText)")
    }

    @Test(
        "However a policy is spelt in JSON-LD, it has one normal form",
        arguments: 0..<50 as Range<UInt64>)
    func spellingsMeanTheSame(seed: UInt64) throws {
        var drawn = RandomPolicy(seed: seed)
        let policy = drawn.policy()
        guard policy.hasRules else { return }
        for variant in 0..<4 as Range<UInt64> {
            let spelt = PolicySpelling.spelling(of: policy.json, seed: seed &* 7 &+ variant)
            let read = try PolicyImport(reading: spelt.canonicalBytes)
            #expect(
                read.policy == policy,
                """
                seed \(seed), variant \(variant)
                \(spelt.indentedText)
                read \(read.policy.json.indentedText)
                meant \(policy.json.indentedText)
                """)
        }
    }

    @Test("Spellings of one policy decide alike", arguments: 0..<25 as Range<UInt64>)
    func spellingsDecideAlike(seed: UInt64) throws {
        var drawn = RandomPolicy(seed: seed)
        let policy = drawn.policy()
        guard policy.hasRules else { return }
        let spelt = PolicySpelling.spelling(of: policy.json, seed: seed)
        let read = try PolicyImport(reading: spelt.canonicalBytes)
        for request in Requests.all {
            #expect(read.policy.decide(request) == policy.decide(request), "seed \(seed)")
        }
        let denials = Set(try PolicyImport(reading: policy.json.canonicalBytes).denials)
        #expect(Set(read.denials) == denials, "seed \(seed)")
    }
}

extension UsagePolicy {
    /// A document without rules is no policy.
    fileprivate var hasRules: Bool { !permissions.isEmpty || !prohibitions.isEmpty }
}

extension PolicyImport {
    /// Without their places, which depend on the layout.
    fileprivate var denials: [String] { report.denials.map { "\($0.term): \($0.reason)" } }
}
