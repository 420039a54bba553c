import Testing

@testable import reproduce

@Suite struct ResultsPageTests {
    private let result: ReproducedResult

    init() {
        var table = ResultTable(["a", "b"])
        table.rows.append(["x", ".5"])
        result = ReproducedResult(name: "heart", tables: [table], notes: ["So it is."])
    }

    @Test("A result replaces what stood in its place, and nothing else")
    func replaces() throws {
        let page = "Before.\n<!-- reproduce: heart -->\nold\n<!-- end: heart -->\nAfter.\n"
        let made = try ResultsPage.page(page, with: result, at: "results.md")
        #expect(
            made == """
                Before.
                <!-- reproduce: heart -->

                | a | b |
                | --- | ---: |
                | x | .5 |

                So it is.

                <!-- end: heart -->
                After.

                """)
        #expect(try ResultsPage.page(made, with: result, at: "results.md") == made)
    }

    @Test("A page without a place for the result is refused")
    func noPlace() {
        #expect(throws: ResultsPage.NoPlace.self) {
            try ResultsPage.page("<!-- reproduce: mnist -->\n", with: result, at: "results.md")
        }
    }

    @Test("Shares are rounded to four places, and counts say their range")
    func numbers() {
        #expect(FigureSummary(values: [0.74796]).share == ".7480")
        #expect(FigureSummary(values: [0.7, 0.8]).share == ".7500 ± .0707")
        #expect(FigureSummary(values: [44, 47, 50]).count == "47.0 (44–50)")
        #expect(FigureSummary.decimal(-0.04, places: 1) == "0.0")
        #expect(FigureSummary.decimal(9.996, places: 2) == "10.00")
    }

    @Test("Arguments that mean nothing are refused, each with the usage")
    func arguments() throws {
        for wrong in [["hart"], ["--seeds"], ["--seeds", "0"], ["--seeds", "x"], ["--write"]] {
            let mistake = #expect(throws: ReproduceArguments.Mistake.self) {
                try ReproduceArguments(wrong)
            }
            #expect(mistake?.description.contains("usage: reproduce") == true)
        }
        let arguments = try ReproduceArguments(["credit", "--seeds", "2", "--json"])
        #expect(arguments.names == [.credit])
        #expect(arguments.seeds == [42, 43] && !arguments.areSeedsOfPage)
        #expect(arguments.isJSON)
        #expect(try ReproduceArguments([]).names == ReproduceArguments.Name.allCases)
        #expect(try ReproduceArguments([]).areSeedsOfPage)
    }
}
