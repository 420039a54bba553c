package import Encodings
package import Learning
import Strategies
package import Tensors

/// One of the trainers that are built in, with a job's settings.
package protocol BuiltInTrainer: Sendable {
    /// Its name in `job.trainer`.
    var kindText: String { get }
    /// The features that all participants have agreed on.
    var layout: FeatureLayout { get }
    /// What a dataset is read for.
    var target: Target { get }
    /// As it stands on the ledger.
    var json: JSONValue { get }

    /// What a member tells before the first model is made.
    ///
    /// - Parameter seed: The member's own.
    /// - Throws: `LearningError`.
    func statistics(of dataset: LocalDataset, seed: UInt64) throws -> [Tensor]

    /// Reads what ``statistics(of:seed:)`` makes.
    var statisticsReader: SummaryReader { get }

    /// The model from which the job starts.
    ///
    /// - Parameter parts: What the members have told, in the order in which it was sealed.
    /// - Throws: `LearningError` where it does not fit the job.
    func firstModel(_ parts: [[Tensor]]) throws -> FirstModel

    /// How a model does on the rows that a member has held out; `nil` where there is nothing to be
    /// judged.
    ///
    /// - Throws: `LearningError`.
    func evaluate(_ model: [UInt8], on dataset: LocalDataset) throws -> ModelMetrics?
}

/// A trainer whose updates are moves of the model's parameters, for a ``Strategies/Strategy`` to
/// combine.
package protocol AveragedTrainer: BuiltInTrainer {
    /// Trains on a member's rows, from the work's base.
    ///
    /// - Throws: `LearningError` or ``WorkError``.
    func train(_ work: LocalWork, on dataset: LocalDataset) throws -> LocalTrained
}

/// A trainer whose contributions are sums over a member's rows: added up, they are those of all rows
/// together, so that nothing is averaged and no strategy has a say.
package protocol MergedTrainer: BuiltInTrainer {
    /// - Returns: The sums, and over how many rows they are.
    /// - Throws: `LearningError`.
    func sums(base: [UInt8], on dataset: LocalDataset) throws -> (tensors: [Tensor], rows: Int)

    /// Reads what ``sums(base:on:)`` makes.
    ///
    /// - Throws: `LearningError` where the base is no model of the job's.
    func sumsReader(base: [UInt8]) throws -> SummaryReader

    /// The next model, as a file.
    ///
    /// - Parameter parts: In the order in which they were sealed.
    /// - Throws: `LearningError`.
    func nextModel(base: [UInt8], _ parts: [[Tensor]]) throws -> [UInt8]
}

/// What a job trains, as it stands on the ledger in `job.trainer`.
package enum JobTrainer: Sendable {
    case averaged(any AveragedTrainer)
    case merged(any MergedTrainer)
    /// A member's own, which runs in a sandbox at the sites; its updates are averaged.
    case bundle(BundleSettings)

    package static let kinds =
        [LogisticSettings.kind] + NetworkSettings.Kind.allCases.map(\.rawValue)
        + [TreeSettings.kind, KMeansSettings.kind, StatisticsSettings.kind]
    /// What may stand on the ledger.
    package static let allKinds = kinds + [BundleSettings.kind]

    /// - Throws: `JSONShapeError`, also for a trainer of another kind.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: "trainer")
        let kind = try fields.string("kind")
        switch kind {
        case LogisticSettings.kind: self = .averaged(try LogisticSettings(json))
        case TreeSettings.kind: self = .merged(try TreeSettings(json: json))
        case KMeansSettings.kind: self = .merged(try KMeansSettings(json: json))
        case StatisticsSettings.kind: self = .merged(try StatisticsSettings(json: json))
        case BundleSettings.kind: self = .bundle(try BundleSettings(json))
        case _ where NetworkSettings.Kind(rawValue: kind) != nil:
            self = .averaged(try NetworkSettings(json: json))
        default:
            throw fields.wrong(
                "kind",
                "is “\(kind.prefix(40))”; this version has \(Self.kinds.joined(separator: ", ")) "
                    + "built in, and takes a member's own as \(BundleSettings.kind)")
        }
    }

    /// `nil` for a member's own.
    package var builtIn: (any BuiltInTrainer)? {
        switch self {
        case .averaged(let trainer): trainer
        case .merged(let trainer): trainer
        case .bundle: nil
        }
    }

    package var kind: String {
        switch self {
        case .averaged(let trainer): trainer.kindText
        case .merged(let trainer): trainer.kindText
        case .bundle: BundleSettings.kind
        }
    }

    package var json: JSONValue {
        switch self {
        case .averaged(let trainer): trainer.json
        case .merged(let trainer): trainer.json
        case .bundle(let settings): settings.json
        }
    }

    /// `nil` for a member's own that reads files.
    package var layout: FeatureLayout? {
        switch self {
        case .averaged(let trainer): trainer.layout
        case .merged(let trainer): trainer.layout
        case .bundle(let settings): settings.layout
        }
    }

    package var target: Target {
        switch self {
        case .averaged(let trainer): trainer.target
        case .merged(let trainer): trainer.target
        case .bundle(let settings): settings.target
        }
    }

    /// What a dataset is read for, where that is not what its owner has registered: of a label the
    /// owner's own rule is kept, which may list other values than another owner's.
    package var ownTarget: Target? {
        if case .label = target { nil } else { target }
    }

    /// - Throws: `LearningError`, or ``WorkError/runsInSandbox``.
    package func evaluate(
        _ model: [UInt8], on dataset: LocalDataset
    ) throws -> ModelMetrics? {
        guard let builtIn else { throw WorkError.runsInSandbox }
        return try builtIn.evaluate(model, on: dataset)
    }

    /// Says no where a strategy asks for what the trainer cannot do.
    ///
    /// - Throws: ``WorkError``.
    package func check(_ strategy: JobStrategy) throws(WorkError) {
        switch self {
        case .merged where strategy != .fedavg:
            throw .strategyNotSupported(
                trainer: kind, strategy: strategy.strategy.kind,
                instead: "none: its contributions are sums, which are added")
        case .merged: break
        case .bundle where strategy.strategy.local != .plain:
            throw .strategyNotSupported(
                trainer: kind, strategy: strategy.strategy.kind,
                instead: "a strategy that asks nothing of the sites' own steps, such as fedavg or "
                    + "fedadam")
        case .bundle: break
        case .averaged(let trainer):
            guard trainer is LogisticSettings else { break }
            switch strategy.strategy.local {
            case .plain, .normalised: break
            case .proximal, .controlVariates, .personal:
                throw .strategyNotSupported(
                    trainer: kind, strategy: strategy.strategy.kind,
                    instead:
                        "\(NetworkSettings.Kind.multilayerPerceptron.rawValue), which takes it "
                        + "also without hidden layers")
            }
        }
    }
}

/// How a model does on rows that it was not trained on.
package enum ModelMetrics: Hashable, Sendable {
    case prediction(PredictionMetrics)
    case clustering(KMeansTrainer.Metrics)

    package var count: Int {
        switch self {
        case .prediction(let metrics): metrics.count
        case .clustering(let metrics): metrics.count
        }
    }

    /// The few that stand in a contribution.
    package var summaryMicro: [String: Int64] {
        switch self {
        case .prediction(let metrics): metrics.summaryMicro
        case .clustering(let metrics): metrics.summaryMicro
        }
    }

    package var ledgerJSON: JSONValue {
        switch self {
        case .prediction(let metrics): metrics.ledgerJSON
        case .clustering(let metrics): metrics.ledgerJSON
        }
    }

    package var json: JSONValue {
        switch self {
        case .prediction(let metrics): metrics.json
        case .clustering(let metrics): metrics.json
        }
    }
}
