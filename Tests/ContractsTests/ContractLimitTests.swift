import ContractLanguage
import Contracts
import Encodings
import Policy
import Testing

/// How much of contracts there may be, and what an obligation does not hold up.
@Suite struct ContractLimitTests {
    @Test("So many contracts that a member offered may stand, and one that ends makes room")
    func offeredMax() throws {
        var lab = try TokenLab()
        for number in 0..<Agreements.offeredMax {
            try lab.apply(lab.offering("o-\(number)"), by: "ada")
        }
        let refusal = try lab.refusal(of: lab.offering("one-more"), by: "ada")
        #expect(refusal?.code == .limit)
        #expect(refusal?.saw.last?.text == "\(Agreements.offeredMax)")
        try lab.apply(lab.act("o-7", "withdraw"), by: "ada")
        try lab.apply(lab.offering("one-more"), by: "ada")
        #expect(try lab.refusal(of: lab.offering("another"), by: "ada")?.code == .limit)
    }

    @Test("So many parts of a contract may stand, and one that is merged makes room")
    func partsMax() throws {
        var lab = try TokenLab()
        try lab.license(rounds: 1_000)
        for number in 0..<Agreements.partsMax {
            try lab.divide("l", "l-\(number)", rounds: 1)
        }
        let more = try lab.division("l", "more", rounds: 1)
        #expect(try lab.refusal(of: more, by: "cy")?.code == .limit)
        try lab.apply(MergeToken(part: try ContractID("l-3")), by: "cy")
        try lab.divide("l", "more", rounds: 1)
    }

    // MARK: - Obligations

    @Test(
        "An overdue obligation stops a licence's training, and not the return of an abandoned round"
    )
    func overdueAbandon() throws {
        let text =
            MemberDocument.weekdays
            .replacing("state: {day", with: "state: {rounds: \"int(0..100)\", day")
            .replacing(
                "effects:\n      day:",
                with: "open: report\n    effects:\n      rounds: \"state.rounds + 1\"\n      day:"
            )
            .replacing(
                "  end:\n    by: [licensor, licensee]",
                with: """
                      abandon:
                        by: lab
                        from: agreed
                        effects: {rounds: "state.rounds > 0 ? state.rounds - 1 : 0"}
                      report: {by: licensee, from: agreed, fulfil: report}
                      overdue: {from: agreed, to: ended}
                      end:
                        by: [licensor, licensee]
                    """)
            + "\nobligations:\n  report: {by: licensee, within: \"24h\", else: overdue, says: report}\n"
        let contract = try CompiledContract(MemberDocument.published(text))
        let start = Timestamp(milliseconds: 1_767_225_600_000).instant
        var instance = try contract.conclude(
            ContractOffer(
                name: "w", offeredBy: "ada", parties: ["licensor": "ada", "licensee": "cy"],
                terms: ["dataset": "d", "fee": 0, "bonus": 0], currency: "CNY"), now: start)
        func take(_ action: String, _ sender: ContractCall.Sender, days: Int64) throws {
            let now = Timestamp(milliseconds: 1_767_225_600_000 + days * 86_400_000).instant
            instance = try contract.take(
                ContractCall(action: action, sender: sender, input: [:], now: now, escrow: 0),
                on: instance
            ).instance
        }
        try take("agree", .member("cy"), days: 0)
        try take("train", .lab, days: 0)
        #expect(instance.obligations.keys.sorted() == ["report"])
        let refusal = #expect(throws: ContractRefusal.self) { try take("train", .lab, days: 4) }
        #expect(refusal?.kind == .obligation)
        try take("abandon", .lab, days: 4)
        #expect(instance.variable("rounds", in: contract) == .int(0))
        #expect(instance.obligations.keys.sorted() == ["report"], "it is owed all the same")
    }
}
