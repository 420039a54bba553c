import CKernels
import Encodings
import Strategies
import Testing

@Suite(.enabled(if: AggregationOracle.published != nil, "\(AggregationOracle.absence)"))
struct OracleTests {
    let oracle: AggregationOracle
    let updates: [Update]

    init() throws {
        oracle = try #require(AggregationOracle.published)
        updates = oracle.updates()
    }

    private static let scale = AggregationOracle.scale

    @Test(
        "Every combination gives what other implementations give",
        arguments: [
            (Combination.weightedMean, "weighted_mean", 1e-12),
            (.mean, "mean", 1e-12),
            (.median, "median", 1e-12),
            (.trimmedMean(f: 2), "trimmed_mean_b2", 1e-12),
            (.krum(f: 2), "krum", 1e-12),
            (.multiKrum(f: 2, m: 9), "multikrum_m9", 1e-12),
            (.bulyan(f: 2), "bulyan", 1e-12),
            (.meanClipped(norm: 2 * scale), "norm_clip_C2_mean", 1e-12),
            (.geometricMedian(nu: 1e-6 * scale, iterations: 1), "rfa_1_iteration_weighted", 1e-10),
            (.geometricMedian(nu: 1e-6 * scale, iterations: 4), "rfa_4_iterations_weighted", 1e-10),
            // That of a general minimiser, good to its own tolerance.
            (
                .geometricMedian(nu: 1e-6 * scale, iterations: 200), "geometric_median_weighted",
                1e-6
            ),
        ])
    func combinations(combination: Combination, key: String, tolerance: Double) throws {
        let found = try Aggregation.combined(combination, updates).map { $0 / Self.scale }
        #expect(difference(found, oracle.numbers(key)) < tolerance)
    }

    @Test("Krum, Multi-Krum and Bulyan select whom they should")
    func selections() throws {
        let distances = try Aggregation(
            .fedavg, base: ParameterSource(count: 8, repeating: 0), updates: updates
        ).distances()
        let scores = distances.krumScores(of: Array(updates.indices), neighbours: 7)
            .map { $0 / Self.scale / Self.scale }
        #expect(difference(scores, oracle.numbers("krum_scores")) < 1e-12)
        let krum = try #require(oracle.json["krum_index"]?.integer)
        #expect(distances.krumSelection(f: 2, m: 1) == [Int(krum)])
        #expect(distances.krumSelection(f: 2, m: 9) == oracle.integers("multikrum_m9_indices"))
        #expect(distances.bulyanSelection(f: 2) == oracle.integers("bulyan_selected_in_order"))
    }

    /// The server's rules, their names in the oracle, and the tolerance where the state is rounded
    /// to single precision between rounds and the numbers are scaled by 10 000.
    static let rules: [(ServerRule, String)] = [
        (.momentum(beta: 0.9, rate: 1), "fedavgm_beta.9_eta1"),
        (adaptive(.adagrad), "fedadagrad_eta0.1_b1.9_b2.99_tau1e-3_v0=tau^2"),
        (adaptive(.adam), "fedadam_eta0.1_b1.9_b2.99_tau1e-3_v0=tau^2"),
        (adaptive(.yogi), "fedyogi_eta0.1_b1.9_b2.99_tau1e-3_v0=tau^2"),
    ]

    private static func adaptive(_ moment: ServerRule.SecondMoment) -> ServerRule {
        .adaptive(moment, rate: 0.1 * scale, beta1: 0.9, beta2: 0.99, tau: 1e-3 * scale)
    }

    @Test("The kernels of the server's rules agree in double precision", arguments: rules)
    func kernels(rule: ServerRule, key: String) {
        let tau = 1e-3
        var x = oracle.numbers("fedopt_x0")
        var m = [Double](repeating: 0, count: x.count)
        var v = [Double](repeating: tau * tau, count: x.count)
        for (delta, expected) in zip(oracle.rows("fedopt_deltas"), oracle.rows(key)) {
            switch rule {
            case .adaptive(.adagrad, _, _, _, _):
                jl_step_adagrad(&x, &m, &v, delta, 0.9, 0.99, tau, 0.1, x.count)
            case .adaptive(.adam, _, _, _, _):
                jl_step_adam(&x, &m, &v, delta, 0.9, 0.99, tau, 0.1, x.count)
            case .adaptive(.yogi, _, _, _, _):
                jl_step_yogi(&x, &m, &v, delta, 0.9, 0.99, tau, 0.1, x.count)
            default: jl_step_momentum(&x, &m, delta, 0.9, 1, x.count)
            }
            #expect(difference(x, expected) < 1e-12)
        }
    }

    @Test(
        "Three rounds give the published models, as far as a state in single precision lets them",
        arguments: rules)
    func rounds(rule: ServerRule, key: String) throws {
        let strategy = try Strategy(server: rule)
        var model = AggregationOracle.scaled(oracle.numbers("fedopt_x0"))
        var states: [String: ParameterSource] = [:]
        for (delta, expected) in zip(oracle.rows("fedopt_deltas"), oracle.rows(key)) {
            let update = Update(
                weight: 7, delta: ParameterSource(AggregationOracle.scaled(delta)))
            let next = try Aggregation(
                strategy, base: ParameterSource(model), states: states, updates: [update]
            ).result()
            model = next.model
            states = next.states.mapValues { ParameterSource($0) }
            #expect(difference(model.map { Double($0) / Self.scale }, expected) < 5e-7)
        }
    }

    @Test("FedNova's update is the published one")
    func fednova() throws {
        let updates = zip(
            oracle.rows("fedopt_deltas"),
            zip(oracle.numbers("fednova_p"), oracle.numbers("fednova_taus"))
        ).map {
            Update(
                weight: Int64(($1.0 * 10).rounded()), normaliser: $1.1,
                delta: ParameterSource(AggregationOracle.scaled($0)))
        }
        let found = try Aggregation.combined(
            .weightedMean, updates, server: .normalised, local: .normalised)
        #expect(
            difference(found.map { $0 / Self.scale }, oracle.numbers("fednova_update_plain_sgd"))
                < 1e-12)
    }
}
