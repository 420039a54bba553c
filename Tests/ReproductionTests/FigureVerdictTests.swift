import Testing

@testable import reproduce

@Suite struct FigureVerdictTests {
    private func verdict(_ measured: Double, isClaimed: Bool = true) -> FigureVerdict {
        FigureVerdict(
            "FedAvg", measured: measured, reference: 0.75, band: 0.03, isClaimed: isClaimed)
    }

    @Test(
        "A figure is within its band up to the edge, on both sides, and a figure that is none is not"
    )
    func band() {
        for measured in [0.7201, 0.75, 0.7799] {
            #expect(verdict(measured).cell == "yes", "\(measured)")
        }
        for measured in [0.7199, 0.7801, .nan, .infinity] {
            #expect(verdict(measured).cell == "**no**", "\(measured)")
        }
    }

    @Test(
        "A figure outside its band is a failure where the page claims it, and is named with its part"
    )
    func missed() throws {
        let result = { (name: String, verdicts: [FigureVerdict]) in
            ReproducedResult(name: name, verdicts: verdicts)
        }
        #expect([result("heart", [verdict(0.75)]), result("mnist", [])].missed == nil)
        #expect([result("heart", [verdict(0.9, isClaimed: false)])].missed == nil)
        let missed = try #require(
            [result("credit", [verdict(0.75)]), result("heart", [verdict(0.9), verdict(0.75)])]
                .missed)
        #expect(missed.hasSuffix("bands: heart: FedAvg"))
    }

    @Test("Of Fed-Heart-Disease all is claimed that has a band, but SCAFFOLD with the plain mean")
    func heart() throws {
        let verdicts = try HeartReproduction.methods().map { ($0.name, $0.verdict(on: 0)) }
        #expect(verdicts.filter { $0.1?.isMissed == false }.map(\.0) == ["SCAFFOLD, plain mean"])
        #expect(verdicts.filter { $0.1?.isMissed == true }.count == 7)
        // The sites alone, which nobody has a spread of.
        #expect(verdicts.filter { $0.1 == nil }.count == 4)
    }
}
