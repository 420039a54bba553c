import ContractFiles
import ContractLanguage
import Encodings
import Testing

@Suite struct ScenarioTests {
    private let given = """
        given:
          parties: {lender: north, borrower: south}
          terms: {deposit: 500, until: "2026-03-01T00:00:00Z"}
          currency: CNY
          offeredBy: north
          now: "2026-01-01T00:00:00Z"
          balances: {south: 800, west: 9}

        """

    private func run(
        _ steps: String, given: String? = nil, _ changes: [(String, String)] = []
    ) throws -> ScenarioRun {
        let text = (given ?? self.given) + "steps:\n" + steps
        return try ScenarioRun(
            Scenario(try ContractFile(text: text, name: "scenario").json),
            of: try LendingDocument.contract(changes))
    }

    @Test("A story is played with balances and escrow, and each decision shows its rule and values")
    func story() throws {
        let run = try run(
            """
              - {at: "2026-01-02T00:00:00Z", by: south, take: accept, expect: applied}
              - {at: "2026-01-03T00:00:00Z", by: south, take: extend, expect: "refused:party"}
              - {at: "2026-01-03T00:00:00Z", by: north, take: extend}
              - {by: north, take: extend}
              - {by: north, take: extend}
              - {by: north, take: extend, expect: "refused:2"}
              - {at: "2026-01-09T00:00:00Z", by: north, take: hand-back, expect: applied}
            """)
        #expect(run.isAsExpected)
        #expect(run.instance.stage == "returned" && run.escrow == 0)
        #expect(
            run.balances.map(\.amount) == [800, 9]
                && run.balances.map(\.member) == ["south", "west"])
        #expect(run.moves[0].escrow == 500 && run.moves[0].balances["south"] == 300)
        let text = run.text.plain()
        #expect(
            text.contains("the rule `state.extensions < 3` does not hold: state.extensions is 3"))
        #expect(text.contains("paid 500 minor units of CNY from south to escrow"))
        #expect(text.contains("obligation return, due 2026-02-01T00:00:00Z"))
        #expect(text.contains("stage lent → returned"))
        #expect(run.json["final"]?["balances"]?["south"]?.integer == 800)
        #expect(run.json["steps"]?.array?.count == 7)
    }

    @Test("Who cannot pay is refused, and nothing of the action remains")
    func poor() throws {
        let run = try run(
            "  - {by: south, take: accept, expect: \"refused:payment\"}\n",
            given: given.replacing("south: 800", with: "south: 499"))
        #expect(run.isAsExpected)
        #expect(run.instance.stage == "offered" && run.escrow == 0)
        #expect(run.instance == run.beginning)
        #expect(run.text.plain().contains("balance of south is 499, amount is 500"))
    }

    @Test("What follows an overdue obligation can be played")
    func overdue() throws {
        let run = try run(
            """
              - {at: "2026-01-02T00:00:00Z", by: south, take: accept}
              - {at: "2026-01-31T23:59:59Z", by: west, take: forfeit, expect: "refused:obligation"}
              - {at: "2026-02-01T00:00:00Z", by: north, take: hand-back, expect: refused}
              - {at: "2026-02-01T00:00:00Z", by: west, take: forfeit, expect: applied}
            """)
        #expect(run.isAsExpected, "\(run.text.plain())")
        #expect(run.instance.stage == "lost")
        #expect(run.balances.first { $0.member == "north" }?.amount == 500)
    }

    @Test("A step that goes otherwise than expected is told")
    func wrongExpectation() throws {
        let run = try run("  - {by: south, take: accept, expect: \"refused:1\"}\n")
        #expect(!run.isAsExpected)
        #expect(run.json["asExpected"]?.bool == false)
        #expect(run.text.plain().contains("NOT AS EXPECTED: the scenario expects refused:1"))
    }

    @Test(
        "A scenario that is no scenario is refused with the place",
        arguments: [
            ("  - {by: south, take: accept, expect: perhaps}\n", "steps[0].expect"),
            ("  - {by: south, do: accept}\n", "steps[0].take"),
            ("  - {at: \"2025-01-02T00:00:00Z\", by: south, take: accept}\n", "steps[0].at"),
            ("  - {at: yesterday, by: south, take: accept}\n", "steps[0].at"),
        ])
    func malformed(_ steps: String, _ path: String) throws {
        let error = #expect(throws: JSONShapeError.self) { try run(steps) }
        #expect(error?.path == path)
    }

    @Test("An offer that the document refuses is refused")
    func refusedOffer() throws {
        #expect(throws: ContractRefusal.self) {
            try run("  []\n", given: given.replacing("offeredBy: north", with: "offeredBy: west"))
        }
    }
}
