/// What is said about the cells of McMahan's table 1.
struct DigitsTable {
    typealias Cell = DigitsReproduction.Cell
    typealias Column = DigitsReproduction.Column

    /// A cell, and the search for its rate where it was run.
    struct Row {
        let cell: Cell
        let search: RateSearch?

        /// Of the best rate, one for each seed.
        var rounds: FigureSummary? { search?.best.map { FigureSummary(values: $0.rounds) } }

        fileprivate var rate: String {
            guard let search, let best = search.best, let least = search.tried.min(),
                let most = search.tried.max()
            else { return "–" }
            return "\(best.rate) (\(least)–\(most))"
        }

        fileprivate var measured: String {
            guard search != nil else { return "not run" }
            guard let rounds else { return "never" }
            return rounds.values.count > 1
                ? rounds.count : FigureSummary.decimal(rounds.mean, places: 1)
        }
    }

    let rows: [Row]

    /// The paper's ratio: how many times the rounds of one client, of the same column, there are in
    /// a cell's.
    private func speedup(_ row: Row, _ rounds: (Row) -> Double?) -> String {
        let base = rows.first { $0.cell.column == row.cell.column && $0.cell.clients == 1 }
        return ratio(base.flatMap(rounds), to: rounds(row))
    }

    private func ratio(_ value: Double?, to base: Double?) -> String {
        guard let value, let base else { return "–" }
        return "\(FigureSummary.decimal(value / base, places: 1)) ×"
    }

    var cells: ResultTable {
        var table = ResultTable([
            "Cell", "Rate (tried)", "Rounds, published", "Rounds, Jointlab: mean (range)",
            "Speedup, published", "Speedup, Jointlab",
        ])
        table.rows = rows.map { row in
            [
                row.cell.name, row.rate, FigureSummary.decimal(row.cell.published, places: 0),
                row.measured, speedup(row) { $0.cell.published }, speedup(row) { $0.rounds?.mean },
            ]
        }
        return table
    }

    /// How many times the rounds non-IID clients need.
    var partitions: ResultTable {
        var table = ResultTable([
            "B = 10", "Non-IID to IID, published", "Non-IID to IID, Jointlab",
        ])
        for row in rows where row.cell.column == .nonIID {
            let base = rows.first {
                $0.cell.column == .iid && $0.cell.clients == row.cell.clients
            }
            table.rows.append([
                "C = \(row.cell.share)", ratio(row.cell.published, to: base?.cell.published),
                ratio(row.rounds?.mean, to: base?.rounds?.mean),
            ])
        }
        return table
    }

    // MARK: - The verdict

    /// Which pairs of cells stand in the published order.
    var verdict: String {
        let entries = rows.compactMap { row in
            row.rounds.map { rounds in
                OrderAgreement.Entry(
                    name: row.cell.name, published: row.cell.published, measured: rounds.values)
            }
        }
        let whole = OrderAgreement(entries)
        let columns = Column.all.compactMap { column -> String? in
            let names = rows.filter { $0.cell.column == column }.map(\.cell.name)
            let agreement = OrderAgreement(entries.filter { names.contains($0.name) })
            return agreement.pairCount > 0 ? "\(column.name): \(agreement.share)" : nil
        }
        var sentences = [
            "Pairs of cells in the published order: \(whole.share)"
                + (whole.disagreements.isEmpty ? ", the same order." : ", **not the same order**."),
            "Within a column, \(columns.joined(separator: "; ")).",
        ]
        sentences += whole.disagreements.map(sentence)
        sentences += remarks
        return sentences.joined(separator: " ")
    }

    private func sentence(_ pair: OrderAgreement.Disagreement) -> String {
        func said(_ entry: OrderAgreement.Entry) -> String {
            let mean = FigureSummary(values: entry.measured).mean
            return "\(entry.name) (\(FigureSummary.decimal(entry.published, places: 0)) published, "
                + "\(FigureSummary.decimal(mean, places: 1)) here)"
        }
        let spread =
            switch pair.isWithinSpread {
            case true?: "the seeds' ranges overlap"
            case false?: "the seeds' ranges do not overlap"
            case nil: "one seed has no spread to compare with"
            }
        return "The other way round: \(said(pair.first)) and \(said(pair.second)); \(spread)."
    }

    private var remarks: [String] {
        var remarks: [String] = []
        let ends = rows.filter { $0.search?.isAtEnd ?? false }.map(\.cell.name)
        if !ends.isEmpty {
            remarks.append(
                "The best rate is at an end of the grid, and one beyond it may be better: "
                    + ends.joined(separator: "; ") + ".")
        }
        let never = rows.filter { $0.search != nil && $0.rounds == nil }.map(\.cell.name)
        if !never.isEmpty {
            remarks.append("97 % were not reached with any rate: \(never.joined(separator: "; ")).")
        }
        return remarks
    }
}
