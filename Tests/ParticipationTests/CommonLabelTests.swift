import Learning
import Participation
import Testing

@Suite struct CommonLabelTests {
    private func listed(
        _ positive: [String], _ negative: [String], column: String = "outcome"
    ) -> LabelRule {
        LabelRule(column: column, classes: .listed(positive: positive, negative: negative))
    }

    @Test("The values that owners list are put together, in one order whoever comes first")
    func together() throws {
        let rules = [
            listed(["yes"], ["no"]), listed(["ja", "yes"], ["nein"]), listed(["Y"], ["no"]),
        ]
        let common = listed(["Y", "ja", "yes"], ["nein", "no"])
        #expect(try LabelRule(commonTo: rules) == common)
        #expect(try LabelRule(commonTo: rules.reversed()) == common)
        #expect(try LabelRule(json: common.json) == common)
    }

    @Test("Owners that compare agree only on the same comparison")
    func compared() throws {
        let above = LabelRule(column: "outcome", classes: .compared(.above, 0))
        #expect(try LabelRule(commonTo: [above, above]) == above)
        let other = LabelRule(column: "outcome", classes: .compared(.above, 1))
        for rules in [
            [above, other], [above, listed(["1"], ["0"])], [listed(["1"], ["0"]), above],
        ] {
            let mistake = #expect(throws: Mistake.self) { try LabelRule(commonTo: rules) }
            #expect(mistake?.description == "the datasets have different rules for their labels")
        }
    }

    @Test("Labels that contradict one another are a mistake that names them")
    func contradicting() throws {
        let contradiction = #expect(throws: Mistake.self) {
            try LabelRule(commonTo: [listed(["1"], ["0", "2"]), listed(["2"], ["0"])])
        }
        #expect(
            contradiction?.description
                == "outcome 2 is positive in one dataset and negative in another")
        let columns = #expect(throws: Mistake.self) {
            try LabelRule(commonTo: [listed(["1"], ["0"]), listed(["1"], ["0"], column: "died")])
        }
        #expect(columns?.description == "the datasets have different labels: died, outcome")
        #expect(throws: Mistake.self) { try LabelRule(commonTo: []) }
    }
}
