import Encodings
import Strategies
import Testing

/// Two clients with the losses a/2 (y − b)², for a = 1, 3 and b = 2, −1, each making three steps of
/// 0.1 a round: their sum is least at −0.25, and the means of their local models are not drawn
/// there.
@Suite struct HeterogeneityTests {
    private static let clients: [(a: Float, b: Float)] = [(1, 2), (3, -1)]
    private static let rate = 0.1

    /// One round of a strategy: the next model, the next control, and the clients' own.
    private static func round(
        _ strategy: Strategy, _ x: [Float], _ states: [String: ParameterSource],
        _ own: inout [[Float]], steps: Int = 3
    ) throws -> (model: [Float], states: [String: [Float]]) {
        let server = try states["control"]?.parameters() ?? [0]
        let updates = clients.indices.map { client in
            let correction = GradientCorrection(
                strategy.local, base: x, control: (server: server, own: own[client]))
            var y = x
            for _ in 0..<steps {
                var gradient = [clients[client].a * (y[0] - clients[client].b)]
                correction.correct(&gradient, at: y)
                y[0] -= Float(rate) * gradient[0]
            }
            let delta = [y[0] - x[0]]
            var change: [Float]?
            if strategy.local == .controlVariates {
                let next = ClientRules.nextControl(
                    own: own[client], server: server, update: delta, steps: steps, rate: rate)
                change = [next[0] - own[client][0]]
                own[client] = next
            }
            return Update(
                weight: 1, delta: ParameterSource(delta),
                control: change.map { ParameterSource($0) })
        }
        return try Aggregation(
            strategy, base: ParameterSource(x), states: states, updates: updates, population: 2
        ).result()
    }

    private static func fixedPoint(_ strategy: Strategy, steps: Int = 3) throws -> Float {
        var x: [Float] = [0]
        var states: [String: ParameterSource] = [:]
        var own: [[Float]] = [[0], [0]]
        for _ in 0..<300 {
            let next = try round(strategy, x, states, &own, steps: steps)
            x = next.model
            states = next.states.mapValues { ParameterSource($0) }
        }
        return x[0]
    }

    @Test("FedAvg misses the optimum, and SCAFFOLD finds it")
    func drift() throws {
        let fedavg = try Self.fixedPoint(.fedavg)
        #expect(abs(fedavg + 0.123_922_41) < 1e-6)
        let scaffold = try Self.fixedPoint(.scaffold())
        #expect(abs(scaffold + 0.25) < 1e-6)
    }

    @Test("Where clients train to the end, FedProx is drawn to the optimum as μ grows")
    func proximal() throws {
        for mu: Float in [0.001, 1, 5] {
            // Σ a (x − b) / (a + μ) = 0 at the fixed point.
            let weights = Self.clients.map { $0.a / ($0.a + mu) }
            let expected =
                (weights[0] * Self.clients[0].b + weights[1] * Self.clients[1].b)
                / (weights[0] + weights[1])
            let found = try Self.fixedPoint(.fedprox(mu: Double(mu)), steps: 200)
            #expect(abs(found - expected) < 1e-4, "\(mu)")
        }
    }

    @Test(
        "SCAFFOLD's first rounds are the published ones",
        .enabled(if: AggregationOracle.published != nil, "\(AggregationOracle.absence)"))
    func scaffoldRounds() throws {
        let oracle = try #require(AggregationOracle.published)
        var x: [Float] = [0]
        var states: [String: ParameterSource] = [:]
        var own: [[Float]] = [[0], [0]]
        for expected in oracle.json["scaffold_quadratic_a[1,3]_b[2,-1]_K3_eta.1"]?.array ?? [] {
            let next = try Self.round(.scaffold(), x, states, &own)
            x = next.model
            states = next.states.mapValues { ParameterSource($0) }
            let found = [x[0], next.states["control"]?[0] ?? .nan, own[0][0], own[1][0]]
            let published =
                [expected["x"]?.double ?? .nan, expected["c"]?.double ?? .nan]
                + AggregationOracle.numbers(expected["ci"])
            // The clients' steps are made in single precision.
            #expect(difference(found.map(Double.init), published) < 2e-6)
        }
    }

    @Test("FedNova's normaliser counts the steps, and those that momentum adds")
    func normaliser() {
        #expect(ClientRules.normaliser(steps: 7) == 7)
        #expect(ClientRules.normaliser(steps: 3, momentum: 0.5) == 4.25)
    }

    @Test("FedNova undoes what a client gains by making more steps")
    func nova() throws {
        let updates = [(Float(1), 1.0), (10, 10)].map {
            Update(weight: 1, normaliser: $0.1, delta: ParameterSource([$0.0]))
        }
        let next = try Aggregation(.fednova, base: ParameterSource([0]), updates: updates).result()
        #expect(next.model == [Float(5.5)])
    }
}
