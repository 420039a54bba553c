import Learning
import Strategies

/// Credit default (Yeh and Lien, 2009) at three institutions of 8,000 rows, judged by 6,000 others;
/// the split of FATE's examples. There are no published figures: the reference is its own re-run.
struct CreditReproduction {
    private static let roundsShown = [1, 5, 10, 20, 50]
    private static let rerunByRound = [
        1: ".7202", 5: ".7273", 10: ".7278", 20: ".7285", 50: ".7295",
    ]
    /// How far an area under the curve may lie from the re-run's.
    private static let band = 0.005

    private let sites: [LocalDataset]
    private let pooled: LocalDataset
    private let label: LabelRule

    /// - Throws: ``ReferenceDataError``.
    init(reading data: ReferenceData) throws {
        let layout = try FeatureLayout.numeric((0..<23).map { "x\($0)" })
        let label = LabelRule(column: "y", classes: .listed(positive: ["1"], negative: ["0"]))
        let test = try Self.rows(data, "test")
        let parts = try ["guest", "host_1", "host_2"].map { name throws(ReferenceDataError) in
            try Self.rows(data, name)
        }
        func dataset(_ rows: LabelledRows) -> LocalDataset {
            LocalDataset(layout: layout, label: label, training: rows, holdout: test)
        }
        self.label = label
        sites = parts.map(dataset)
        pooled = dataset(
            LabelledRows(
                inputs: DesignMatrix(width: 23, values: parts.flatMap(\.inputs.values)),
                labels: parts.flatMap(\.labels)))
    }

    private static func rows(
        _ data: ReferenceData, _ name: String
    ) throws(ReferenceDataError) -> LabelledRows {
        let file = "credit-default/default_credit_homo_\(name).csv"
        var values: [Float] = []
        var labels: [Float] = []
        let lines = try data.text(of: file).split(whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated().dropFirst() {
            let cells = line.split(separator: ",").compactMap { Float($0) }
            guard cells.count == 25, cells[1] == 0 || cells[1] == 1 else {
                throw .malformed(
                    file: file, line: number + 1,
                    problem: "should be an id, a label of 0 or 1, and 23 numbers")
            }
            values += cells[2...]
            labels.append(cells[1])
        }
        return LabelledRows(inputs: DesignMatrix(width: 23, values: values), labels: labels)
    }

    // MARK: - Logistic regression

    /// The area under the curve on the test rows after each round of FedAvg; of one site, that is
    /// training on its own.
    private func areas(of sites: [LocalDataset], rounds: Int, seed: UInt64) throws -> [Double] {
        let moments = try ColumnMoments(merging: sites.map(LogisticTrainer.statistics))
        var model = try LogisticModel.initial(
            layout: pooled.layout, label: label,
            standardisation: Standardisation(moments, layout: pooled.layout))
        let training = try TrainingConfiguration(
            learningRate: 0.05, localEpochs: 1, batchSize: 64, seed: 0)
        // By the names of the tensors: the bias first.
        func vector(_ parameters: LogisticParameters) -> [Float] {
            [parameters.bias] + parameters.weights
        }
        var federation = try Federation(
            .fedavg, tensors: model.parameters.tensors, parameters: vector(model.parameters),
            population: sites.count)
        return try (1...rounds).map { round in
            try federation.round(
                of: Array(sites.indices), seed: mixedSeed(seed, UInt64(round))
            ) { client, _ in
                let outcome = try LogisticTrainer.train(
                    base: model, on: sites[client],
                    config: training.seeded(mixedSeed(seed, UInt64(round), UInt64(client))))
                return Federation.Contribution(
                    update: vector(outcome.update), rows: outcome.exampleCount)
            }
            let values = federation.parameters
            model = try model.with(
                LogisticParameters(weights: Array(values.dropFirst()), bias: values[0]))
            return try LogisticTrainer.evaluate(model: model, on: pooled).rocAUC ?? .nan
        }
    }

    // MARK: - Trees

    /// The area under the curve of 30 trees of depth 3, grown over these sites' sums.
    private func treesArea(of sites: [LocalDataset]) throws -> Double {
        let settings = try TreeSettings(
            layout: pooled.layout, target: .label(label), trees: 30, depth: 3, learningRate: 0.3,
            bins: 32)
        var model = try ForestModel.initial(
            settings, merging: sites.map { try TreeTrainer.statistics(of: $0, settings: settings) })
        while !model.isComplete {
            model = try model.grown(
                by: TreeSums(
                    merging: sites.map { try TreeTrainer.sums(base: model, on: $0).sums }))
        }
        guard case .binary(let metrics) = try TreeTrainer.evaluate(model: model, on: pooled) else {
            return .nan
        }
        return metrics.rocAUC ?? .nan
    }

    // MARK: - The tables

    func result(seeds: [UInt64]) throws -> ReproducedResult {
        var table = ResultTable([
            "Model", "Re-run in NumPy", "Jointlab, AUC (mean ± SD)", "Within .005 of the re-run",
        ])
        var verdicts: [FigureVerdict] = []
        func add(_ name: String, _ rerun: String, _ summary: FigureSummary) {
            let verdict = Double("0\(rerun)").map {
                FigureVerdict(name, measured: summary.mean, reference: $0, band: Self.band)
            }
            if let verdict { verdicts.append(verdict) }
            table.rows.append([name, rerun, summary.share, verdict?.cell ?? "–"])
        }
        let names = ["Guest", "Host 1", "Host 2"]
        let rounds = Self.roundsShown.last ?? 1
        for (place, rerun) in [".7300", ".7273", ".7269"].enumerated() {
            Progress.say("credit: logistic regression, \(names[place]) alone")
            let areas = try seeds.map {
                try self.areas(of: [sites[place]], rounds: rounds, seed: $0).last ?? .nan
            }
            add("LR, \(names[place]) alone", rerun, FigureSummary(values: areas))
        }
        Progress.say("credit: logistic regression, pooled and FedAvg")
        let together = try seeds.map { try areas(of: [pooled], rounds: rounds, seed: $0) }
        add("LR, pooled", ".7297", FigureSummary(values: together.compactMap(\.last)))
        let federated = try seeds.map { try areas(of: sites, rounds: rounds, seed: $0) }
        for round in Self.roundsShown {
            add(
                "LR, FedAvg, round \(round)", Self.rerunByRound[round] ?? "–",
                FigureSummary(values: federated.map { $0[round - 1] }))
        }
        for (place, rerun) in [".7825", ".7821", ".7782"].enumerated() {
            Progress.say("credit: trees, \(names[place]) alone")
            add(
                "Trees, \(names[place]) alone", rerun,
                FigureSummary(values: [try treesArea(of: [sites[place]])]))
        }
        Progress.say("credit: trees, pooled and federated")
        add("Trees, pooled", ".7842", FigureSummary(values: [try treesArea(of: [pooled])]))
        add("Trees, federated", "not run", FigureSummary(values: [try treesArea(of: sites)]))
        func line(_ name: String, _ runs: [[Double]]) -> LinePlot.Line {
            LinePlot.Line(
                name: name,
                points: (0..<rounds).map { round in
                    (Double(round + 1), FigureSummary(values: runs.map { $0[round] }).mean)
                })
        }
        let plot = LinePlot(
            title: "Credit default, logistic regression: mean over \(seeds.count) seeds",
            x: "round, or epoch over all rows", y: "AUC on the test rows", range: 0.715...0.735,
            lines: [line("FedAvg, 3 sites", federated), line("pooled", together)])
        return ReproducedResult(
            name: "credit", tables: [table], verdicts: verdicts,
            plots: [("credit.svg", "AUC by round", plot.svg)])
    }
}
