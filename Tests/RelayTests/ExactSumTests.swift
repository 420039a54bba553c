import Randomness
import Relay
import Strategies
import Testing

@Suite struct ExactSumTests {
    /// Updates of all magnitudes that are allowed, some of them nearly cancelling.
    private static func updates(
        _ count: Int, parameters: Int, _ random: inout SeededRandom
    ) -> [(update: [Float], weight: Int64)] {
        (0..<count).map { _ in
            let update = (0..<parameters).map { _ in
                let exponent = random.uniformInteger(in: -60...20)
                let value = Float(random.uniformFraction() * 2 - 1)
                return Float(sign: .plus, exponent: exponent, significand: 1) * value
            }
            return (update, Int64(random.uniformInteger(in: 1...1_000)))
        }
    }

    private static func sum(_ updates: [(update: [Float], weight: Int64)]) throws -> ExactSum {
        var sum = ExactSum(parameterCount: updates[0].update.count)
        for (update, weight) in updates { try sum.add(update, weight: weight) }
        return sum
    }

    @Test("The mean has the same bits in whatever order updates arrive", arguments: 1...20)
    func order(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var updates = Self.updates(60, parameters: 7, &random)
        let mean = try Self.sum(updates).mean.map(\.bitPattern)
        for _ in 0..<5 {
            random.shuffle(&updates)
            #expect(try Self.sum(updates).mean.map(\.bitPattern) == mean, "seed \(seed)")
        }
    }

    @Test("The mean is FedAvg's, to rounding", arguments: 1...20)
    func flat(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let updates = Self.updates(40, parameters: 9, &random)
        let expected = try Self.aggregated(updates)
        let scales = Self.scales(updates)
        for (index, found) in try Self.sum(updates).mean.enumerated() {
            let bound = scales[index] * 0x1p-23
            #expect(
                abs(Double(found) - expected[index]) <= bound, "seed \(seed), parameter \(index)")
        }
    }

    @Test("FedAvg over relays is FedAvg over all their devices, to rounding", arguments: 1...20)
    func twoLevels(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let devices = Self.updates(60, parameters: 9, &random)
        var relays: [(update: [Float], weight: Int64)] = []
        var rest = devices[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(random.uniformInteger(in: 1...20)))
            rest = rest.dropFirst(part.count)
            let sum = try Self.sum(part)
            relays.append((sum.mean, sum.weight))
        }
        let (two, flat) = (try Self.aggregated(relays), try Self.aggregated(devices))
        let scales = Self.scales(devices)
        for index in flat.indices {
            // One rounding of each relay's mean to single precision.
            #expect(
                abs(two[index] - flat[index]) <= scales[index] * 0x1p-23,
                "seed \(seed), parameter \(index)")
        }
    }

    /// The combined update of the reference.
    private static func aggregated(
        _ updates: [(update: [Float], weight: Int64)]
    ) throws -> [Double] {
        try Aggregation(
            .fedavg, base: ParameterSource(count: updates[0].update.count, repeating: 0),
            updates: updates.map { Update(weight: $0.weight, delta: ParameterSource($0.update)) }
        ).combinedUpdate()
    }

    /// Σ weight · |update| / Σ weight, against which rounding is measured.
    private static func scales(_ updates: [(update: [Float], weight: Int64)]) -> [Double] {
        let total = updates.reduce(0) { $0 + Double($1.weight) }
        return updates[0].update.indices.map { index in
            updates.reduce(0) { $0 + Double($1.weight) * abs(Double($1.update[index])) } / total
        }
    }

    @Test("What cancels leaves exactly what is left, however small")
    func cancellation() throws {
        var sum = ExactSum(parameterCount: 1)
        try sum.add([3e6], weight: 1 << 20)
        try sum.add([0x1p-40], weight: 1)
        try sum.add([-3e6], weight: 1 << 20)
        #expect(sum.mean == [Float(0x1p-40 / Double(1 << 21 + 1))])
    }

    @Test("A product below the last place is rounded to the nearest, halves away from zero")
    func lastPlace() throws {
        for (value, expected) in [
            (0x1p-64, 0x1p-64), (0x1p-65, 0x1p-64), (0x1.8p-66, 0), (-0x1p-65, -0x1p-64),
            (Float.leastNonzeroMagnitude, 0), (0x1.8p-64, 0x1p-63),
        ] as [(Float, Float)] {
            var sum = ExactSum(parameterCount: 1)
            try sum.add([value], weight: 1)
            #expect(sum.mean == [expected], "\(value)")
        }
    }

    @Test("At its bounds the sum does not overflow, and beyond them it takes nothing")
    func bounds() throws {
        let greatest = ExactSum.magnitudeEnd.nextDown
        for sign in [1, -1] as [Float] {
            var sum = ExactSum(parameterCount: 2)
            try sum.add([greatest * sign, 1], weight: ExactSum.weightMax)
            #expect(sum.mean == [greatest * sign, 1])
            #expect(throws: DeviceFault.weightExceeded(1, left: 0)) {
                try sum.add([0, 0], weight: 1)
            }
        }
        var sum = ExactSum(parameterCount: 2)
        for (update, weight, fault) in [
            ([1, ExactSum.magnitudeEnd], 1, .tooLarge(parameter: 1)),
            ([1, .nan], 1, .notFinite(parameter: 1)),
            ([-.infinity, 1], 1, .notFinite(parameter: 0)),
            ([1], 1, .wrongLength(received: 1, expected: 2)), ([1, 1], 0, .wrongWeight(0)),
            ([1, 1], -1, .wrongWeight(-1)),
            ([1, 1], .max, .weightExceeded(.max, left: ExactSum.weightMax)),
        ] as [([Float], Int64, DeviceFault)] {
            #expect(throws: fault) { try sum.add(update, weight: weight) }
        }
        #expect(sum.mean == [0, 0])
        #expect(sum.weight == 0 && sum.count == 0)
    }
}
