import Testing

@testable import reproduce

@Suite struct RateSearchTests {
    private let grid = [0.01, 0.0215, 0.0464, 0.1, 0.215, 0.464, 1]

    @Test(
        "From wherever it starts, the best rate is found and both its neighbours are tried",
        arguments: [0.01, 0.0215, 0.0464, 0.1, 0.215, 0.464, 1])
    func bestIsFound(start: Double) {
        let rounds = [0.01: [400.0], 0.0215: [200], 0.0464: [100], 0.1: [50], 0.215: [40]]
        let found = search(rounds, from: start).search
        #expect(found.best?.rate == 0.215)
        #expect(found.best?.rounds == [40])
        #expect(Set(found.tried).isSuperset(of: [0.1, 0.215, 0.464]))
        #expect(Set(found.tried).count == found.tried.count)
        #expect(!found.isAtEnd)
    }

    @Test("Of rates that come near with the first seed, the mean over the seeds decides")
    func meanDecides() {
        let found = search([0.1: [50, 80, 80], 0.215: [54, 60, 60]]).search
        #expect(found.best?.rate == 0.215)
        #expect(found.best?.rounds == [54, 60, 60])
    }

    @Test("A rate that does not come near with the first seed is not run with the others")
    func firstSeed() {
        let found = search([0.1: [50, 80, 80], 0.215: [56, 1, 1], 0.0464: [90, 1, 1]])
        #expect(found.search.best?.rounds == [50, 80, 80])
        #expect(found.runs.filter { $0.seed > 0 }.map(\.rate) == [0.1, 0.1])
        #expect(found.runs.filter { $0.rate != 0.1 }.allSatisfy { $0.roundsMax.rounded() == 55 })
    }

    @Test("A later seed is given up where the mean cannot be the best any more")
    func givingUp() {
        // The best sum is 150.
        let found = search([0.1: [40, 50, 60], 0.215: [44, 97, 10]])
        #expect(found.search.best?.rate == 0.1)
        #expect(found.runs.last == Run(rate: 0.215, seed: 2, roundsMax: 9))
        let earlier = search([0.1: [40, 50, 60], 0.215: [44, 107, 1]])
        #expect(earlier.runs.last == Run(rate: 0.215, seed: 1, roundsMax: 106))
    }

    @Test("A best rate at an end of the grid is said to be there")
    func end() {
        let found = search([0.1: [50], 0.215: [40], 0.464: [30], 1: [20]])
        #expect(found.search.best?.rate == 1)
        #expect(found.search.isAtEnd)
        #expect(found.search.tried == [0.1, 0.215, 0.464, 1])
    }

    @Test("Where no rate gets there, all are tried and none is the best")
    func none() {
        let found = search([:]).search
        #expect(found.best == nil)
        #expect(found.tried.sorted() == grid)
        #expect(!found.isAtEnd)
    }

    /// A run that was asked for.
    private struct Run: Equatable {
        let rate: Double
        let seed: UInt64
        let roundsMax: Double
    }

    /// Searches where a rate needs these rounds, one for each seed; with others training diverges.
    private func search(
        _ rounds: [Double: [Double]], from start: Double = 0.1
    ) -> (search: RateSearch, runs: [Run]) {
        var runs: [Run] = []
        let seedCount = rounds.values.first?.count ?? 1
        let search = RateSearch(
            grid: grid, from: start, seeds: Array(0..<UInt64(seedCount)), roundsMax: 1_000
        ) { rate, seed, roundsMax in
            runs.append(Run(rate: rate, seed: seed, roundsMax: roundsMax))
            guard let needed = rounds[rate]?[Int(seed)], needed <= roundsMax else { return nil }
            return needed
        }
        return (search, runs)
    }
}
