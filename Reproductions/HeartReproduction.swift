import Encodings
import Learning
import Randomness
import Strategies

/// Fed-Heart-Disease's table of FLamby (Ogier du Terrail et al., NeurIPS 2022): the accuracy of
/// logistic regression on the test rows of all four hospitals.
struct HeartReproduction {
    /// A row of the table.
    struct Method {
        let name: String
        let published: Double
        /// How far from what is published a mean may lie, and whose spread that is.
        let band: Double?
        let bandSource: String
        let rerun: String
        let training: Training
        /// Whether the page says that it comes to what is published.
        var isClaimed = true

        /// `nil` where there is no band.
        func verdict(on mean: Double) -> FigureVerdict? {
            band.map {
                FigureVerdict(
                    name, measured: mean, reference: published, band: $0, isClaimed: isClaimed)
            }
        }
    }

    enum Training {
        /// Adam for 50 epochs on one centre's rows, or on all of them.
        case pooled
        case local(centre: Int)
        case federated(Strategy, clientRate: Double)
    }

    static let rounds = 15
    let centres: HeartCentres
    private let sites: [LocalDataset]
    private let pooled: LocalDataset
    private let settings: NetworkSettings

    /// - Throws: ``ReferenceDataError``.
    init(reading data: ReferenceData) throws {
        centres = try HeartCentres(reading: data)
        let layout = try FeatureLayout.numeric((0..<HeartCentres.width).map { "x\($0)" })
        let target = Target.label(LabelRule(column: "num", classes: .compared(.above, 0)))
        sites = centres.centres.map { $0.dataset(layout, target) }
        pooled = centres.pooled.dataset(layout, target)
        settings = try NetworkSettings(
            kind: .multilayerPerceptron, layout: layout, target: target,
            training: LocalTraining(batchSize: 4, seed: 0))
    }

    static func methods() throws -> [Method] {
        let fedavg = "FedAvg's, published"
        func adaptive(_ moment: ServerRule.SecondMoment, _ rate: Double) throws -> Strategy {
            try .adaptive(moment, serverRate: rate, beta1: 0.9, beta2: 0.999, tau: 1e-8)
        }
        return [
            Method(
                name: "pooled", published: 0.7953, band: 0.004, bandSource: "the re-run's",
                rerun: ".7937 ± .004", training: .pooled),
            Method(
                name: "FedAvg", published: 0.7480, band: 0.027, bandSource: "published",
                rerun: ".7378 ± .023", training: .federated(.fedavg, clientRate: 0.001)),
            Method(
                name: "FedAdam", published: 0.7787, band: 0.014, bandSource: "the re-run's",
                rerun: ".7779 ± .014",
                training: .federated(try adaptive(.adam, 0.01), clientRate: 0.01)),
            Method(
                name: "FedYogi", published: 0.7787, band: 0.011, bandSource: "the re-run's",
                rerun: ".7787 ± .011",
                training: .federated(try adaptive(.yogi, 0.01), clientRate: 0.003162)),
            Method(
                name: "FedAdagrad", published: 0.7787, band: 0.011, bandSource: "the re-run's",
                rerun: ".7780 ± .011",
                training: .federated(try adaptive(.adagrad, 0.316228), clientRate: 0.003162)),
            Method(
                name: "FedProx, μ .01", published: 0.7480, band: 0.027, bandSource: fedavg,
                rerun: "not run",
                training: .federated(try .fedprox(mu: 0.01), clientRate: 0.001)),
            Method(
                name: "SCAFFOLD, weighted by rows", published: 0.7480,
                band: 0.027, bandSource: fedavg, rerun: "not run",
                training: .federated(
                    try Strategy(
                        combination: .weightedMean, server: .controlVariates(rate: 1),
                        local: .controlVariates), clientRate: 0.001)),
            Method(
                name: "SCAFFOLD, plain mean", published: 0.7480, band: 0.027,
                bandSource: fedavg, rerun: "not run",
                training: .federated(try .scaffold(), clientRate: 0.001), isClaimed: false),
        ]
            + zip(["Cleveland", "Hungary", "Switzerland", "Long Beach"], 0...).map { name, centre in
                Method(
                    name: "\(name) alone",
                    published: [0.7843, 0.7268, 0.4827, 0.6110][centre], band: nil,
                    bandSource: "none known", rerun: "not run", training: .local(centre: centre))
            }
    }

    /// The accuracy on all centres' test rows, after each round; once where there are no rounds.
    func accuracies(of training: Training, seed: UInt64) throws -> [Double] {
        let start = try start(seed: seed)
        switch training {
        case .pooled: return [try adam(start, on: pooled, seed: seed)]
        case .local(let centre): return [try adam(start, on: sites[centre], seed: seed)]
        case .federated(let strategy, let clientRate):
            var federation = try NetworkFederation(
                strategy, model: start, datasets: sites,
                training: LocalTraining(
                    learningRate: clientRate, amount: .steps(100), batchSize: 4, seed: 0),
                seed: seed)
            return try (0..<Self.rounds).map { _ in
                try federation.round()
                return try federation.model.accuracy(on: pooled.holdout)
            }
        }
    }

    private func adam(
        _ model: NetworkModel, on dataset: LocalDataset, seed: UInt64
    ) throws -> Double {
        try AdamDescent.trained(
            model, on: dataset, rate: 0.001, epochs: 50, batchSize: 4, seed: seed
        ).accuracy(on: pooled.holdout)
    }

    /// Uniform between ±1/√13, weights and bias, as the original's linear layer begins: our own
    /// networks without hidden layers begin at 0, and would have no spread over seeds to compare.
    private func start(seed: UInt64) throws -> NetworkModel {
        var random = SeededRandom(seed: seed)
        let limit = 1 / Double(HeartCentres.width).squareRoot()
        let values = (0...HeartCentres.width).map { _ in
            Float((2 * random.uniformFraction() - 1) * limit)
        }
        let model = try NetworkModel.forPreparedInputs(settings)
        return try model.with(NetworkParameters(shape: model.parameters.shape, values: values))
    }

    func result(seeds: [UInt64]) throws -> ReproducedResult {
        var table = ResultTable([
            "Method", "Published", "Re-run in NumPy", "Jointlab, mean ± SD", "Band, ±",
            "Mean within the band",
        ])
        var lines: [LinePlot.Line] = []
        var verdicts: [FigureVerdict] = []
        for method in try Self.methods() {
            Progress.say("heart: \(method.name)")
            let runs = try seeds.map { try accuracies(of: method.training, seed: $0) }
            let summary = FigureSummary(values: runs.compactMap(\.last))
            let verdict = method.verdict(on: summary.mean)
            if let verdict { verdicts.append(verdict) }
            let distance = (summary.mean - method.published).magnitude
            let band = method.band.map { "\(FigureSummary.share($0)), \(method.bandSource)" }
            table.rows.append([
                method.name, FigureSummary.share(method.published), method.rerun, summary.share,
                band ?? method.bandSource,
                verdict?.cell ?? "differs by \(FigureSummary.share(distance))",
            ])
            guard case .federated = method.training else { continue }
            lines.append(
                LinePlot.Line(
                    name: method.name,
                    points: (0..<Self.rounds).map { round in
                        (Double(round + 1), FigureSummary(values: runs.map { $0[round] }).mean)
                    }))
        }
        let plot = LinePlot(
            title: "Fed-Heart-Disease: mean over \(seeds.count) seeds", x: "round",
            y: "accuracy on all test rows", range: 0.4...0.85, lines: lines)
        return ReproducedResult(
            name: "heart", tables: [table], verdicts: verdicts,
            plots: [("heart.svg", "Accuracy by round", plot.svg)])
    }
}
