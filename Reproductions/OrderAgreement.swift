/// Whether measured figures stand in the order of published ones, pair by pair.
struct OrderAgreement {
    struct Entry {
        let name: String
        let published: Double
        /// One for each seed.
        let measured: [Double]
    }

    /// Two entries that stand the other way round.
    struct Disagreement {
        /// By the published order.
        let first: Entry
        let second: Entry

        /// Whether the seeds' ranges overlap; `nil` where one seed alone is not a range.
        var isWithinSpread: Bool? {
            guard first.measured.count > 1, second.measured.count > 1,
                let most = second.measured.max(), let least = first.measured.min()
            else { return nil }
            return least <= most
        }
    }

    let pairCount: Int
    let disagreements: [Disagreement]

    init(_ entries: [Entry]) {
        let sorted = entries.sorted { $0.published < $1.published }
        var pairCount = 0
        var disagreements: [Disagreement] = []
        for (place, first) in sorted.enumerated() {
            for second in sorted[(place + 1)...] where first.published < second.published {
                pairCount += 1
                let means = [first, second].map { FigureSummary(values: $0.measured).mean }
                if means[0] >= means[1] {
                    disagreements.append(Disagreement(first: first, second: second))
                }
            }
        }
        self.pairCount = pairCount
        self.disagreements = disagreements
    }

    /// `9 of 10`.
    var share: String { "\(pairCount - disagreements.count) of \(pairCount)" }
}
