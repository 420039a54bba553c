import CKernels
import Randomness
import Strategies
import Testing

/// Serialised: the suite says how wide vectors may be.
@Suite(.serialized) struct AggregationKernelTests {
    @Test("Machines with other vectors compute the same bits")
    func variants() throws {
        defer { jl_limit_variants(2) }
        for strategy in try AggregationTests.strategies() {
            for (count, parameters) in [(9, 1_037), (12, 63), (11, 7)] {
                let bits = try (0...2).map { (variant: Int32) in
                    var random = SeededRandom(seed: UInt64(parameters))
                    let (base, updates) = AggregationTests.round(
                        &random, strategy, count: count, parameters: parameters)
                    jl_limit_variants(variant)
                    return try AggregationTests.bits(
                        strategy, base: base, updates: updates, blockLength: nil)
                }
                #expect(bits[0] == bits[1], "\(strategy.kind), \(strategy.combination.name)")
                #expect(bits[0] == bits[2], "\(strategy.kind), \(strategy.combination.name)")
            }
        }
    }

    /// Random floats, some of them equal, some of them zeros of both signs.
    private static func columns(
        _ random: inout SeededRandom, _ count: Int, _ parameters: Int
    ) -> [[Float]] {
        (0..<count).map { _ in
            (0..<parameters).map { _ in
                switch random.uniformInteger(below: 4) {
                case 0: Float(random.uniformInteger(in: -2...2))
                case 1: -0.0
                default: Float(random.normalNumber())
                }
            }
        }
    }

    @Test("Medians and trimmed means are those of sorted columns, for every number of updates")
    func sorted() throws {
        for count in 1...41 {
            var random = SeededRandom(seed: UInt64(count))
            let rows = Self.columns(&random, count, 131)
            let updates = rows.map { Update(weight: 1, delta: ParameterSource($0)) }
            let sorted = (0..<131).map { place in rows.map { Double($0[place]) }.sorted() }
            let median = try Aggregation.combined(.median, updates)
            #expect(median == sorted.map { ($0[(count - 1) / 2] + $0[count / 2]) / 2 }, "\(count)")
            let f = Int(random.uniformInteger(below: UInt64(count + 1) / 2))
            let trimmed = try Aggregation.combined(.trimmedMean(f: f), updates)
            let kept = Double(count - 2 * f)
            #expect(
                trimmed == sorted.map { $0[f..<count - f].reduce(0, +) / kept }, "\(count), \(f)")
        }
    }

    @Test("Bulyan's second step keeps what is nearest to the median")
    func nearMedian() throws {
        for f in 0...3 {
            for count in 4 * f + 3...4 * f + 8 {
                var random = SeededRandom(seed: UInt64(count))
                let rows = (0..<count).map { _ in
                    (0..<70).map { _ in Float(random.normalNumber()) }
                }
                let updates = rows.map { Update(weight: 1, delta: ParameterSource($0)) }
                let selected = try Aggregation(
                    .fedavg, base: ParameterSource(count: 70, repeating: 0), updates: updates
                ).distances().bulyanSelection(f: f)
                let kept = count - 4 * f
                let expected = (0..<70).map { place in
                    let column = selected.map { Double(rows[$0][place]) }.sorted()
                    let median =
                        (column[(column.count - 1) / 2] + column[column.count / 2]) / 2
                    let near = column.sorted { abs($0 - median) < abs($1 - median) }.prefix(kept)
                    return near.sorted().reduce(0, +) / Double(kept)
                }
                #expect(
                    try Aggregation.combined(.bulyan(f: f), updates) == expected,
                    "\(count) updates, f = \(f)")
            }
        }
    }

    @Test("Distances and norms are those of the definition")
    func distances() throws {
        for (count, parameters) in [(1, 40), (2, 1), (9, 513), (10, 1_025), (18, 100)] {
            var random = SeededRandom(seed: UInt64(count))
            let rows = Self.columns(&random, count, parameters)
            let distances = try Aggregation(
                .fedavg, base: ParameterSource(count: parameters, repeating: 0),
                updates: rows.map { Update(weight: 1, delta: ParameterSource($0)) }
            ).distances()
            for i in 0..<count {
                let norm = rows[i].reduce(0) { $0 + Double($1) * Double($1) }
                #expect(abs(distances.squaredNorms[i] - norm) <= 1e-12 * norm)
                for j in 0..<count {
                    let square = zip(rows[i], rows[j]).reduce(0) {
                        $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
                    }
                    #expect(abs(distances[i, j] - square) <= 1e-12 * square)
                    #expect(distances[i, j] == distances[j, i])
                }
            }
        }
    }

    @Test("The geometric median is where no step along the updates makes the distances shorter")
    func geometricMedian() throws {
        for seed in 0..<10 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let rows = (0..<7).map { _ in (0..<12).map { _ in Float(random.normalNumber()) } }
            let updates = rows.enumerated().map {
                Update(weight: Int64($0.offset + 1), delta: ParameterSource($0.element))
            }
            let median = try Aggregation.combined(
                .geometricMedian(nu: 1e-9, iterations: 500), updates)
            func length(_ point: [Double]) -> Double {
                rows.enumerated().reduce(0) { sum, row in
                    let square = zip(row.element, point).reduce(0) {
                        $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1)
                    }
                    return sum + Double(row.offset + 1) * square.squareRoot()
                }
            }
            let least = length(median)
            for row in rows {
                for step in [-0.01, 0.01] {
                    let moved = zip(median, row).map { $0 + step * (Double($1) - $0) }
                    #expect(length(moved) > least, "seed \(seed)")
                }
            }
        }
    }
}
