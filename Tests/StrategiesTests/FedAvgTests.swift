import Randomness
import Strategies
import Testing

@Suite struct FedAvgTests {
    private static func mean(
        _ updates: [(update: [Float], weight: Int64)]
    ) throws -> [Float] {
        var average = FedAvg(count: updates.first?.update.count ?? 0)
        for (update, weight) in updates {
            try average.add(update, weight: weight)
        }
        return try average.mean()
    }

    private static func updates(
        _ random: inout SeededRandom, count: Int, weightMax: UInt64 = 10_000
    ) -> [(update: [Float], weight: Int64)] {
        (0..<count).map { _ in
            let update = (0..<9).map { _ in Float(random.normalNumber()) }
            return (update, Int64(1 + random.uniformInteger(below: weightMax)))
        }
    }

    @Test("A small mean by hand")
    func byHand() throws {
        #expect(try Self.mean([([1, 10], 1), ([4, -2], 3)]) == [3.25, 1])
    }

    @Test(
        "One participant's update is the mean, whatever it weighs",
        arguments: 0..<100 as Range<UInt64>)
    func identity(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        // Any finite bits, from the smallest to the largest.
        let update =
            (0..<64).map { _ in
                Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
            }.filter(\.isFinite) + [.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0, -0.0]
        for weight in [1, 3, Int64(1 + random.uniformInteger(below: 1 << 40)), .max] {
            #expect(try Self.mean([(update, weight)]) == update, "seed \(seed), weight \(weight)")
        }
    }

    @Test(
        "The same updates in the same order give the same bits", arguments: 0..<20 as Range<UInt64>)
    func deterministic(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let updates = Self.updates(&random, count: 12)
        let first = try Self.mean(updates).map(\.bitPattern)
        #expect(try Self.mean(updates).map(\.bitPattern) == first)
    }

    @Test(
        "In another order the mean is the same but for its last bit",
        arguments: 0..<50 as Range<UInt64>)
    func permutations(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var updates = Self.updates(&random, count: 12)
        let first = try Self.mean(updates)
        random.shuffle(&updates)
        for (left, right) in zip(first, try Self.mean(updates)) {
            // Sums in double precision agree far beyond what a float holds.
            #expect(abs(left - right) <= max(left.ulp, 1e-12), "seed \(seed)")
        }
    }

    @Test("Only the proportions of the weights count", arguments: 0..<50 as Range<UInt64>)
    func scaling(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let updates = Self.updates(&random, count: 7)
        let first = try Self.mean(updates)
        let doubled = try Self.mean(updates.map { ($0.update, $0.weight << 20) })
        #expect(doubled.map(\.bitPattern) == first.map(\.bitPattern), "seed \(seed)")
        for (left, right) in zip(first, try Self.mean(updates.map { ($0.update, $0.weight * 37) }))
        {
            #expect(abs(left - right) <= max(left.ulp, 1e-12), "seed \(seed)")
        }
    }

    @Test(
        "The mean lies between the least and the greatest update",
        arguments: 0..<50 as Range<UInt64>)
    func convex(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let updates = Self.updates(&random, count: 5)
        for (place, value) in try Self.mean(updates).enumerated() {
            let column = updates.map { $0.update[place] }
            let least = try #require(column.min())
            let greatest = try #require(column.max())
            #expect(value >= least && value <= greatest, "seed \(seed)")
        }
    }

    @Test("A member that counts twice as much counts as two of its kind")
    func weightsAreCounts() throws {
        let twice = try Self.mean([([1, 3], 2), ([7, 9], 1)])
        #expect(try twice == Self.mean([([1, 3], 1), ([1, 3], 1), ([7, 9], 1)]))
    }

    @Test("An update that cannot be averaged is refused, and those before it stay")
    func refusals() throws {
        var average = FedAvg(count: 2)
        #expect(throws: FedAvgError.noUpdates) { try average.mean() }
        try average.add([1, 2], weight: 5)
        let cases: [(update: [Float], weight: Int64, error: FedAvgError)] = [
            ([1], 1, .wrongLength(received: 1, expected: 2)),
            ([1, 2, 3], 1, .wrongLength(received: 3, expected: 2)),
            ([1, 2], 0, .wrongWeight(0)),
            ([1, 2], -1, .wrongWeight(-1)),
            ([1, .nan], 1, .notFinite(index: 1)),
            ([.infinity, 2], 1, .notFinite(index: 0)),
            ([1, -.infinity], 1, .notFinite(index: 1)),
        ]
        for (update, weight, error) in cases {
            #expect(throws: error) { try average.add(update, weight: weight) }
        }
        #expect(try average.mean() == [1, 2])
    }
}
