/// The learning rate of a grid with which runs need the fewest rounds, on the mean over the seeds.
///
/// With the first seed the search goes from one rate to its neighbours, the larger and then the
/// smaller, as long as each is better than the one before: so both neighbours of the best are tried,
/// unless it is at an end of the grid. The other seeds are run with the rates that come near the best.
struct RateSearch {
    /// How many times the best one's rounds a rate may need with the first seed and still be run with
    /// the others.
    static let nearness = 1.1

    let grid: [Double]
    /// In the order in which they were tried.
    private(set) var tried: [Double] = []
    /// The best rate, and the rounds of each seed; `nil` where no run got there.
    private(set) var best: (rate: Double, rounds: [Double])?

    /// - Parameters:
    ///   - grid: In ascending order.
    ///   - start: One of them.
    ///   - run: How many rounds a run needs; `nil` where it needs more than `roundsMax`, or diverges.
    init(
        grid: [Double], from start: Double, seeds: [UInt64], roundsMax: Double,
        run: (_ rate: Double, _ seed: UInt64, _ roundsMax: Double) throws -> Double?
    ) rethrows {
        self.grid = grid
        guard let place = grid.firstIndex(of: start) else {
            preconditionFailure("the search starts at a rate of the grid")
        }
        var first: [(rate: Double, rounds: Double)] = []
        /// Tries a rate with the first seed; whether it is the best until now.
        func attempt(_ rate: Double) throws -> Bool {
            let least = first.map(\.rounds).min()
            let limit = least.map { min(roundsMax, $0 * Self.nearness) } ?? roundsMax
            tried.append(rate)
            guard let rounds = try run(rate, seeds[0], limit) else { return false }
            first.append((rate, rounds))
            return rounds < least ?? .infinity
        }
        _ = try attempt(start)
        for direction in [1, -1] {
            var next = place + direction
            while grid.indices.contains(next) {
                let isBetter = try attempt(grid[next])
                guard isBetter || first.isEmpty else { break }
                next += direction
            }
            // What is below the start cannot be better where the start is worse than what is above.
            if let best = first.min(by: { $0.rounds < $1.rounds }), best.rate > start { break }
        }
        first.sort { $0.rounds < $1.rounds }
        for (rate, rounds) in first where rounds <= first[0].rounds * Self.nearness {
            try repeatWithOthers(rate, rounds, seeds: seeds, roundsMax: roundsMax, run: run)
        }
    }

    /// Whether the best rate is not in the middle of the grid, so that one outside may be better.
    var isAtEnd: Bool { best?.rate == grid.first || best?.rate == grid.last }

    private mutating func repeatWithOthers(
        _ rate: Double, _ first: Double, seeds: [UInt64], roundsMax: Double,
        run: (Double, UInt64, Double) throws -> Double?
    ) rethrows {
        let leastSum = best?.rounds.reduce(0, +) ?? .infinity
        var rounds = [first]
        for seed in seeds.dropFirst() {
            // With more, the mean cannot be the best, whatever the seeds after it need.
            let limit = min(roundsMax, leastSum - rounds.reduce(0, +))
            guard let needed = try run(rate, seed, limit) else { return }
            rounds.append(needed)
        }
        if rounds.reduce(0, +) < leastSum { best = (rate, rounds) }
    }
}
