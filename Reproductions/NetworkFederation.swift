import Encodings
import Learning
import Strategies
import Tensors

/// A network that clients train by a strategy, with what each keeps between rounds.
struct NetworkFederation {
    private(set) var model: NetworkModel
    private(set) var federation: Federation
    private let datasets: [LocalDataset]
    private let training: LocalTraining
    private let seed: UInt64
    /// cᵢ of SCAFFOLD, by client.
    private var controls: [Int: [Float]] = [:]
    private var roundNumber = 0

    init(
        _ strategy: Strategy, compression: Compression = .none, model: NetworkModel,
        datasets: [LocalDataset], training: LocalTraining, seed: UInt64
    ) throws {
        self.model = model
        self.datasets = datasets
        self.training = training
        self.seed = seed
        federation = try Federation(
            strategy, compression: compression, tensors: model.parameters.tensors,
            parameters: model.parameters.values, population: datasets.count)
    }

    /// - Parameter clients: Who takes part; all, where it says nothing.
    mutating func round(of clients: [Int]? = nil) throws {
        roundNumber += 1
        let (model, number) = (model, UInt64(roundNumber))
        let (datasets, training, seed) = (datasets, training, seed)
        let rule = federation.strategy.local
        let common =
            federation.states["control"]
            ?? [Float](
                repeating: 0, count: model.parameters.values.count)
        var next = controls
        try federation.round(
            of: clients ?? Array(datasets.indices), seed: mixedSeed(seed, number)
        ) { client, _ in
            let objective: LocalObjective =
                switch rule {
                case .proximal(let mu): .proximal(mu: mu)
                case .controlVariates:
                    .controlled(
                        own: next[client] ?? [Float](repeating: 0, count: common.count),
                        common: common)
                case .plain, .normalised, .personal: .plain
                }
            let outcome = try NetworkTrainer.train(
                base: model, on: datasets[client],
                training: training.seeded(mixedSeed(seed, number, UInt64(client))),
                objective: objective)
            next[client] = outcome.control?.own
            return Federation.Contribution(
                update: outcome.update.values, control: outcome.control?.difference,
                rows: outcome.rowCount)
        }
        controls = next
        self.model = try model.with(
            NetworkParameters(shape: model.parameters.shape, values: federation.parameters))
    }
}

extension NetworkModel {
    /// A network for inputs that are standardised already.
    static func forPreparedInputs(_ settings: NetworkSettings) throws -> NetworkModel {
        let width = settings.layout.width
        let moments = try ColumnMoments(tensors: [
            Tensor(name: "count", vector: [Double](repeating: 1, count: width)),
            Tensor(name: "mean", vector: [Double](repeating: 0, count: width)),
            Tensor(name: "squared_deviations", vector: [Double](repeating: 1, count: width)),
        ])
        return try .initial(settings, moments: moments)
    }

    /// The share of rows whose class, or side of one half, is predicted.
    func accuracy(on rows: LabelledRows) throws -> Double {
        let predictions = try predictions(of: rows.inputs)
        let classes = predictions.count / rows.count
        var right = 0
        for (row, answer) in rows.labels.enumerated() {
            var predicted = 0
            if classes == 1 {
                predicted = predictions[row] >= 0.5 ? 1 : 0
            } else {
                let first = row * classes
                for place in 1..<classes
                where predictions[first + place] > predictions[first + predicted] {
                    predicted = place
                }
            }
            if predicted == Int(answer) { right += 1 }
        }
        return Double(right) / Double(rows.count)
    }
}

extension FeatureLayout {
    /// Numeric features of these names.
    static func numeric(_ names: [String]) throws -> FeatureLayout {
        try FeatureLayout(json: [
            "format": .string(format),
            "features": .array(names.map { ["kind": "numeric", "name": .string($0)] }),
        ])
    }
}
