import ContractFiles
import ContractLanguage
import Testing

/// Examples in documents: what they claim is executed, and what they leave open is no excuse.
@Suite struct ExampleTests {
    private static let examples = Lending.text[
        Lending.text.firstRange(of: "examples:\n")!.lowerBound...]

    /// The document with one example in place of its own.
    private func problem(
        _ given: String, _ when: String, _ then: String, _ changes: (String, String)...
    ) -> String? {
        var text = Lending.with(
            (
                String(Self.examples),
                "examples:\n  - given: \(given)\n    when: \(when)\n    then: \(then)\n"
            ))
        for (old, new) in changes { text = text.replacing(old, with: new) }
        return refusal(of: text)
    }

    @Test("An example holds for each kind of refusal")
    func refusals() {
        let lent = "{stage: lent, terms: {deposit: 5}, escrow: 5, now: \"2026-01-01T00:00:00Z\"}"
        #expect(
            problem("{stage: lent, state: {extensions: 3}}", "extend", "{refused: \"2\"}") == nil)
        #expect(
            problem(
                "{stage: lent, state: {extensions: 3}}", "extend",
                "{refused: three extensions are enough}") == nil)
        #expect(
            problem("{stage: lent, state: {extensions: 3}}", "extend", "{refused: rule}") == nil)
        #expect(problem(lent, "{action: extend, by: borrower}", "{refused: party}") == nil)
        #expect(problem("{stage: returned}", "extend", "{refused: stage}") == nil)
        #expect(
            problem(
                lent, "extend", "{refused: bounds}",
                ("state.extensions + 1", "state.extensions + 4")) == nil)
        #expect(
            problem(
                "{stage: lent, terms: {deposit: 5}, escrow: 4}", "extend", "{refused: invariant}")
                == nil)
        #expect(
            problem(
                "{stage: lent, now: \"2026-01-02T00:00:00Z\", obligations: {return: \"2026-01-01T00:00:00Z\"}}",
                "hand-back", "{refused: obligation}") == nil)
        #expect(
            problem(
                "{stage: lent, now: \"2026-01-01T00:00:00Z\", obligations: {return: \"2026-01-02T00:00:00Z\"}}",
                "forfeit", "{refused: obligation}") == nil)
        #expect(
            problem(
                "{stage: lent, escrow: 5}", "extend", "{refused: payment}",
                (
                    "effects: {extensions",
                    "pay: {from: escrow, to: lender, amount: 6}\n    effects: {extensions"
                )) == nil)
        #expect(
            problem(
                "{stage: lent, signed: [lender]}", "train", "{refused: signature}",
                ("  extend:\n", "  train:\n    by: lab\n    from: lent\n  extend:\n"),
                ("  deposit: money\n", "  deposit: money\n  dataset: dataset\n"),
                ("lender", "licensor"), ("borrower", "licensee")) == nil)
    }

    @Test(
        "An example that is false fails the check where it stands, and says what happened instead")
    func failures() {
        #expect(
            problem("{stage: lent, state: {extensions: 2}}", "extend", "{refused: \"2\"}")?
                .hasPrefix(
                    "lending.yaml:50:5: examples[0]: should be refused by 2, and nothing refuses it"
                ) == true)
        #expect(
            problem("{stage: lent, state: {extensions: 3}}", "extend", "{refused: bounds}")?
                .contains(
                    "should be refused by bounds, and is refused otherwise: three extensions are enough"
                ) == true)
        let lent = "{stage: lent, terms: {deposit: 5}, escrow: 5, now: \"2026-01-01T00:00:00Z\"}"
        #expect(
            problem(lent, "hand-back", "{stage: lost}")?.contains(
                "should come to stage lost, and comes to returned") == true)
        #expect(
            problem(lent, "hand-back", "{paid: {borrower: 4}}")?.contains(
                "borrower should be paid 4, and is paid 5") == true)
        #expect(
            problem(lent, "hand-back", "{paid: {}}")?.contains(
                "borrower should be paid 0, and is paid 5") == true)
        #expect(problem(lent, "hand-back", "{emitted: []}")?.contains("should emit []") == true)
        #expect(
            problem(lent, "extend", "{state: {extensions: 2}}")?.contains(
                "state.extensions should be 2, and is 1") == true)
        #expect(
            problem(lent, "extend", "{state: {extension: 2}}")?.contains(
                "there is no state `extension`") == true)
        #expect(
            problem("{stage: returned}", "extend", "{stage: lent}")?.contains(
                "is refused: the rule is `stage is lent`") == true)
    }

    @Test("An action that is to succeed needs every value, and the example says which is missing")
    func missing() {
        #expect(
            problem("{stage: offered, now: \"2026-01-01T00:00:00Z\"}", "accept", "{stage: lent}")?
                .contains("`terms.until` has no value") == true)
        #expect(
            problem(
                "{stage: offered, now: \"2026-01-01T00:00:00Z\", terms: {until: \"2027-01-01T00:00:00Z\"}}",
                "accept", "{stage: lent}")?.contains("`terms.deposit` has no value") == true)
        // The invariant looks at it, and nothing else does.
        #expect(
            problem("{stage: lent}", "extend", "{stage: lent}")?
                .contains("`terms.deposit` has no value") == true)
        #expect(
            problem(
                "{stage: lent, terms: {deposit: 0}}", "extend", "{stage: lent}",
                (
                    "extensions: int(0..3)",
                    "extensions: {type: int(0..3), initial: \"terms.deposit > 0 && terms.until > now ? 1 : 0\"}"
                ))
                == nil)
    }

    @Test("What a refusal's example leaves open counts as kept, and is no refusal of its own")
    func leftOpen() {
        // The deposit is not known: neither the payment nor the invariant refuses.
        #expect(
            problem("{stage: offered}", "accept", "{refused: bounds}")?
                .contains("nothing refuses it") == true)
        #expect(
            problem("{stage: offered}", "accept", "{refused: invariant}")?
                .contains("nothing refuses it") == true)
        #expect(
            problem(
                "{stage: lent}", "extend", "{refused: bounds}",
                ("state.extensions + 1", "size(contract) + terms.deposit"))?
                .contains("nothing refuses it") == true)
    }

    @Test("Parties of any name take part in examples, also where a type asks for a member")
    func names() {
        #expect(
            problem(
                "{stage: lent, terms: {deposit: 5}, escrow: 5, now: \"2026-01-01T00:00:00Z\"}",
                "hand-back",
                "{paid: {theBorrower: 5}, state: {last: theBorrower}}",
                ("borrower", "theBorrower"),
                (
                    "to: theBorrower, amount: rest",
                    "to: {member: parties.theBorrower}, amount: rest"
                ),
                (
                    "extensions: int(0..3)",
                    "extensions: int(0..3)\n  last: {type: member, initial: parties.lender}"
                ),
                (
                    "    fulfil: return\n",
                    "    fulfil: return\n    effects: {last: parties.theBorrower}\n"
                )) == nil)
    }
}
