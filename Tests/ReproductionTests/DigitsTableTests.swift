import Testing

@testable import reproduce

@Suite struct DigitsTableTests {
    @Test("Speedups are to one client of the same column, as the paper's are")
    func speedups() {
        let rows = table([316: [100, 110, 120], 87: [20, 22, 24], 3_275: [1_000]]).cells.rows
        #expect(
            rows[0]
                == [
                    "IID, B = 10, C = 0", "0.1 (0.0464–0.215)", "316", "110.0 (100–120)", "1.0 ×",
                    "1.0 ×",
                ])
        #expect(rows[1].suffix(3) == ["22.0 (20–24)", "3.6 ×", "5.0 ×"])
        #expect(rows[2].suffix(3) == ["not run", "4.1 ×", "–"])
        #expect(rows[5].suffix(3) == ["1000.0", "1.0 ×", "1.0 ×"])
    }

    @Test("Non-IID clients are compared with as many IID ones")
    func partitions() {
        let rows = table([87: [20], 664: [130], 77: [10]]).partitions.rows
        #expect(rows[1] == ["C = 0.1", "7.6 ×", "6.5 ×"])
        #expect(rows[2] == ["C = 0.2", "8.0 ×", "–"])
    }

    @Test("The same order is said to be the same")
    func sameOrder() {
        #expect(
            table([316: [100], 87: [20], 664: [200]]).verdict
                == "Pairs of cells in the published order: 3 of 3, the same order. "
                + "Within a column, IID, B = 10: 1 of 1.")
    }

    @Test("An order that is not the same is said not to be, with the pair and its spread")
    func otherOrder() {
        #expect(
            table([316: [100, 90], 87: [20, 22], 77: [21, 23]]).verdict
                == "Pairs of cells in the published order: 2 of 3, **not the same order**. "
                + "Within a column, IID, B = 10: 2 of 3. The other way round: IID, B = 10, C = 0.2 "
                + "(77 published, 22.0 here) and IID, B = 10, C = 0.1 (87 published, 21.0 here); "
                + "the seeds' ranges overlap.")
    }

    @Test("A cell that never got there, or whose rate is the grid's last, is named")
    func remarks() {
        let verdict = table([316: [], 87: [20], 77: [10]], bestRate: 0.215).verdict
        #expect(
            verdict.contains("97 % were not reached with any rate: IID, B = 10, C = 0."))
        #expect(
            verdict.contains(
                "one beyond it may be better: IID, B = 10, C = 0.1; IID, B = 10, C = 0.2."))
    }

    /// The table where the cells with these published figures were run and needed these rounds.
    private func table(_ rounds: [Double: [Double]], bestRate: Double = 0.1) -> DigitsTable {
        DigitsTable(
            rows: DigitsReproduction.cells.map { cell in
                let search = rounds[cell.published].map { rounds in
                    RateSearch(
                        grid: [0.0464, 0.1, 0.215], from: 0.1,
                        seeds: Array(0..<UInt64(max(rounds.count, 1))), roundsMax: 10_000
                    ) { rate, seed, _ in
                        rate == bestRate && !rounds.isEmpty ? rounds[Int(seed)] : nil
                    }
                }
                return DigitsTable.Row(cell: cell, search: search)
            })
    }
}
