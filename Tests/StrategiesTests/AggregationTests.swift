import Encodings
import Randomness
import Strategies
import Testing

@Suite struct AggregationTests {
    /// Updates, and a model, that no rule has an excuse to refuse; SCAFFOLD's have controls.
    static func round(
        _ random: inout SeededRandom, _ strategy: Strategy, count: Int, parameters: Int
    ) -> (base: [Float], updates: [Update]) {
        func vector() -> [Float] { (0..<parameters).map { _ in Float(random.normalNumber()) } }
        let base = vector()
        let updates = (0..<count).map { _ in
            let delta = vector()
            let control = strategy.kind == "scaffold" ? ParameterSource(vector()) : nil
            return Update(
                weight: Int64(1 + random.uniformInteger(below: 1_000)),
                staleness: strategy.kind == "fedbuff" ? Int(random.uniformInteger(below: 9)) : 0,
                normaliser: strategy.kind == "fednova"
                    ? Double(1 + random.uniformInteger(below: 20)) : nil,
                delta: ParameterSource(delta), control: control)
        }
        return (base, updates)
    }

    /// All rules that any server and any combination has.
    static func strategies() throws -> [Strategy] {
        var strategies = try StrategyTests.combinations.map { try Strategy(combination: $0) }
        for moment in ServerRule.SecondMoment.allCases {
            strategies.append(try .adaptive(moment, serverRate: 0.1))
        }
        return strategies + [
            .fednova, try .fedavgm(), try .scaffold(), try .fedbuff(),
            try Strategy(
                combination: .meanClipped(norm: 3), server: .buffered(rate: 0.5, bufferSize: 9)),
        ]
    }

    /// Two rounds, the second from the state of the first, as bits.
    static func bits(
        _ strategy: Strategy, base: [Float], updates: [Update], blockLength: Int?
    ) throws -> [UInt32] {
        var model = base
        var states: [String: ParameterSource] = [:]
        for _ in 0..<2 {
            let next = try Aggregation(
                strategy, base: ParameterSource(model), states: states, updates: updates,
                population: 2 * updates.count, blockLength: blockLength
            ).result()
            model = next.model
            states = next.states.mapValues { ParameterSource($0) }
        }
        return try (model + strategy.stateNames.flatMap { try states[$0]?.parameters() ?? [] })
            .map(\.bitPattern)
    }

    @Test("The length of the blocks and where the parameters are read from change no bit")
    func blocks() throws {
        for strategy in try Self.strategies() {
            var random = SeededRandom(seed: 3)
            let (base, updates) = Self.round(&random, strategy, count: 9, parameters: 1_500)
            let expected = try Self.bits(
                strategy, base: base, updates: updates, blockLength: 4_096)
            for blockLength in [1, 64, 100, 512, 1_499, 1_500, nil] {
                let found = try Self.bits(
                    strategy, base: base, updates: updates, blockLength: blockLength)
                #expect(found == expected, "\(strategy.json.canonicalText), \(blockLength ?? 0)")
            }
            let read = updates.map { update in
                Update(
                    weight: update.weight, staleness: update.staleness,
                    normaliser: update.normaliser,
                    delta: ParameterSource(count: 1_500) { try update.delta.read($0, into: $1) },
                    control: update.control.map { control in
                        ParameterSource(count: 1_500) { try control.read($0, into: $1) }
                    })
            }
            let found = try Self.bits(strategy, base: base, updates: read, blockLength: 128)
            #expect(found == expected, "\(strategy.json.canonicalText), read")
        }
    }

    @Test("The order of the updates changes no more than the last bits, and of medians none")
    func permutations() throws {
        for strategy in try Self.strategies() {
            for seed in 0..<10 as Range<UInt64> {
                var random = SeededRandom(seed: seed)
                var (base, updates) = Self.round(&random, strategy, count: 9, parameters: 70)
                let first = try Self.bits(
                    strategy, base: base, updates: updates, blockLength: nil)
                random.shuffle(&updates)
                let second = try Self.bits(
                    strategy, base: base, updates: updates, blockLength: nil)
                switch strategy.combination {
                case .bulyan:
                    // The last it selects are each other's nearest, with one score for both: the
                    // first is taken.
                    break
                case .median, .trimmedMean, .krum:
                    #expect(second == first, "\(strategy.json.canonicalText), seed \(seed)")
                default:
                    for (left, right) in zip(first, second) {
                        let (left, right) = (Float(bitPattern: left), Float(bitPattern: right))
                        // Krum's distances and the sums differ far below single precision, and the
                        // adaptive steps magnify a moment's last bit.
                        let isNear = abs(left - right) <= 4e-6 * max(1, abs(left))
                        #expect(
                            isNear, "\(strategy.json.canonicalText), seed \(seed)")
                    }
                }
            }
        }
    }

    @Test(
        "Updates twice as long have a combined update twice as long",
        arguments: 0..<10 as Range<UInt64>)
    func scaling(seed: UInt64) throws {
        let lengthless: [Combination] = [
            .weightedMean, .mean, .median, .trimmedMean(f: 2), .krum(f: 2), .multiKrum(f: 2, m: 4),
            .bulyan(f: 1),
        ]
        var pairs = lengthless.map { ($0, $0) }
        pairs.append((.meanClipped(norm: 2), .meanClipped(norm: 4)))
        pairs.append(
            (.geometricMedian(nu: 1e-6, iterations: 3), .geometricMedian(nu: 2e-6, iterations: 3)))
        var random = SeededRandom(seed: seed)
        let (_, updates) = Self.round(&random, .fedavg, count: 9, parameters: 33)
        let doubled = try updates.map {
            Update(
                weight: $0.weight, delta: ParameterSource(try $0.delta.parameters().map { 2 * $0 }))
        }
        for (combination, twice) in pairs {
            let once = try Aggregation.combined(combination, updates)
            #expect(
                try Aggregation.combined(twice, doubled) == once.map { 2 * $0 },
                "\(combination.name), seed \(seed)")
        }
    }

    @Test("A single update is the mean, whatever its bits", arguments: 0..<20 as Range<UInt64>)
    func identity(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let delta =
            (0..<200).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
            .filter(\.isFinite) + [.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0, -0.0]
        for weight in [1, 3, Int64(1 + random.uniformInteger(below: 1 << 40)), .max] {
            let update = Update(weight: weight, delta: ParameterSource(delta))
            for combination in [Combination.weightedMean, .mean, .median, .trimmedMean(f: 0)] {
                let next = try Aggregation(
                    Strategy(combination: combination),
                    base: ParameterSource(count: delta.count, repeating: 0), updates: [update]
                ).result()
                #expect(next.model == delta, "\(combination.name), seed \(seed)")
            }
        }
    }

    @Test("FedAvg's model is base + Float32(Σ weight · update / Σ weight), to the bit")
    func fedavgBits() throws {
        for seed in 0..<50 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let (base, updates) = Self.round(
                &random, .fedavg, count: 1 + Int(seed % 13), parameters: 67)
            var expected: [Float] = []
            let deltas = try updates.map { try $0.delta.parameters() }
            for place in base.indices {
                var sum = 0.0
                for (update, delta) in zip(updates, deltas) {
                    sum += Double(update.weight) * Double(delta[place])
                }
                let mean = Float(sum / updates.reduce(0) { $0 + Double($1.weight) })
                expected.append(base[place] + mean)
            }
            let next = try Aggregation(
                .fedavg, base: ParameterSource(base), updates: updates
            ).result()
            #expect(next.model == expected, "seed \(seed)")
        }
    }

    @Test("An update that cannot be used is named, whatever the rule")
    func faults() throws {
        let base = ParameterSource([Float](repeating: 1, count: 300))
        let good = Update(weight: 1, delta: ParameterSource([Float](repeating: 0.5, count: 300)))
        for combination in StrategyTests.combinations {
            let strategy = try Strategy(combination: combination)
            for bad in [Float.nan, .infinity, -.infinity] {
                var delta = [Float](repeating: 0.5, count: 300)
                delta[217] = bad
                var updates = [Update](repeating: good, count: 9)
                updates[6] = Update(weight: 1, delta: ParameterSource(delta))
                #expect(throws: StrategyError.update(6, .notFinite(parameter: 217))) {
                    try Aggregation(strategy, base: base, updates: updates, blockLength: 64)
                        .result()
                }
            }
        }
        let short = ParameterSource([Float](repeating: 0, count: 299))
        let faults: [(Update, Strategy, StrategyError.Fault)] = [
            (Update(weight: 1, delta: short), .fedavg, .wrongLength(received: 299, expected: 300)),
            (Update(weight: 0, delta: good.delta), .fedavg, .wrongWeight(0)),
            (Update(weight: -1, delta: good.delta), .fedavg, .wrongWeight(-1)),
            (Update(weight: 1, staleness: 1, delta: good.delta), .fedavg, .wrongStaleness(1)),
            (
                Update(weight: 1, staleness: -1, delta: good.delta), try .fedbuff(),
                .wrongStaleness(-1)
            ),
            (good, .fednova, .wrongNormaliser(nil)),
            (Update(weight: 1, normaliser: 0, delta: good.delta), .fednova, .wrongNormaliser(0)),
            (
                Update(weight: 1, normaliser: 2, delta: good.delta), .fedavg,
                .superfluous("a normaliser")
            ),
            (good, try .scaffold(), .noControl),
            (
                Update(weight: 1, delta: good.delta, control: short), try .scaffold(),
                .wrongControlLength(received: 299, expected: 300)
            ),
            (
                Update(weight: 1, delta: good.delta, control: short), .fedavg,
                .superfluous("a control variate")
            ),
        ]
        for (update, strategy, fault) in faults {
            #expect(throws: StrategyError.update(0, fault)) {
                try Aggregation(strategy, base: base, updates: [update], population: 1)
            }
        }
        var control = [Float](repeating: 0, count: 300)
        control[3] = .nan
        #expect(throws: StrategyError.update(0, .controlNotFinite(parameter: 3))) {
            try Aggregation(
                .scaffold(), base: base,
                updates: [Update(weight: 1, delta: good.delta, control: ParameterSource(control))],
                population: 1
            ).result()
        }
    }

    @Test("Too few updates, a foreign state and a model that overflows are refused")
    func refusals() throws {
        let base = ParameterSource([1, .greatestFiniteMagnitude])
        let update = Update(weight: 1, delta: ParameterSource([1, .greatestFiniteMagnitude]))
        #expect(throws: StrategyError.tooFewUpdates(rule: "weightedMean", needed: 1, found: 0)) {
            try Aggregation(.fedavg, base: base, updates: [])
        }
        #expect(throws: StrategyError.tooFewUpdates(rule: "krum", needed: 5, found: 4)) {
            try Aggregation(
                Strategy(combination: .krum(f: 1)), base: base,
                updates: [update, update, update, update])
        }
        #expect(throws: StrategyError.overflow(parameter: 1)) {
            try Aggregation(.fedavg, base: base, updates: [update]).result()
        }
        let vector = ParameterSource([0, 0])
        let wrong: [[String: ParameterSource]] = [
            ["momentum": ParameterSource([0])], ["control": vector],
            ["momentum": vector, "control": vector],
        ]
        for states in wrong {
            #expect(throws: StrategyError.self) {
                try Aggregation(.fedavgm(), base: base, states: states, updates: [update])
            }
        }
        #expect(throws: StrategyError.wrongState(problem: "lacks \"secondMoment\"")) {
            try Aggregation(
                .adaptive(.adam, serverRate: 1), base: base, states: ["firstMoment": vector],
                updates: [update])
        }
        #expect(throws: StrategyError.wrongPopulation(found: 0, updates: 1)) {
            try Aggregation(
                .scaffold(), base: base,
                updates: [Update(weight: 1, delta: vector, control: vector)])
        }
    }

    @Test("A model without parameters stays one")
    func empty() throws {
        for strategy in try Self.strategies() {
            var random = SeededRandom(seed: 1)
            let (_, updates) = Self.round(&random, strategy, count: 9, parameters: 0)
            let next = try Aggregation(
                strategy, base: ParameterSource([]), updates: updates, population: 9
            ).result()
            #expect(next.model.isEmpty)
        }
    }

    @Test("What each update counted for is told where it is the same for all parameters")
    func shares() throws {
        let updates = [[1, 0], [1.1, 0], [0.9, 0.1], [1, 0.1], [50, 50]].map { (delta: [Float]) in
            Update(weight: 2, delta: ParameterSource(delta))
        }
        func shares(_ combination: Combination) throws -> [Double]? {
            try Aggregation(
                Strategy(combination: combination), base: ParameterSource([0, 0]), updates: updates
            ).run { _ in }
        }
        #expect(try shares(.weightedMean) == [0.2, 0.2, 0.2, 0.2, 0.2])
        #expect(try shares(.multiKrum(f: 1, m: 4)) == [0.25, 0.25, 0.25, 0.25, 0])
        #expect(try shares(.median) == nil)
        let robust = try #require(try shares(.geometricMedian(nu: 1e-6, iterations: 10)))
        #expect(robust[4] < 0.01)
    }

    @Test("FedBuff divides a stale update by the root of one more than its age")
    func staleness() throws {
        let updates = [(0, Float(1)), (3, 8), (8, 30)].map {
            Update(weight: 5, staleness: $0.0, delta: ParameterSource([$0.1]))
        }
        let next = try Aggregation(
            .fedbuff(serverRate: 0.5), base: ParameterSource([10]), updates: updates
        ).result()
        #expect(next.model == [Float(12.5)])
    }
}
