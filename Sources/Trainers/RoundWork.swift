package import Contracts
import Encodings
package import Learning
import Strategies
import Tensors

/// What a participant does in a round with its own data: a base model and a dataset in, an update
/// out.
package struct RoundWork: Sendable {
    /// What a participant contributes.
    package struct Product: Hashable, Sendable {
        /// The update as it is uploaded.
        package let bytes: [UInt8]
        /// How many rows it stands for.
        package let weight: Int64
        /// In millionths, by name.
        package let metricsMicro: [String: Int64]
        /// What the participant keeps for its next round, where there is anything.
        package let state: LocalState
    }

    package let task: RoundTask
    package let round: RoundID
    /// Its own order of rows is drawn from the job's seed, the round and this name.
    package let member: MemberID
    /// Whether it says how the base does on its holdout.
    package let judges: Bool
    package let trainer: JobTrainer
    package let strategy: JobStrategy
    /// The model that the round starts from, as a file; `nil` in the first statistics.
    package let base: [UInt8]?
    /// What the strategy has kept so far, as a file.
    package let strategyState: [UInt8]?
    /// What this participant has kept since its last round.
    package let state: LocalState

    package init(
        task: RoundTask, round: RoundID, member: MemberID, judges: Bool = true,
        trainer: JobTrainer, strategy: JobStrategy = .fedavg, base: [UInt8]?,
        strategyState: [UInt8]? = nil, state: LocalState = LocalState()
    ) {
        self.task = task
        self.round = round
        self.member = member
        self.judges = judges
        self.trainer = trainer
        self.strategy = strategy
        self.base = base
        self.strategyState = strategyState
        self.state = state
    }

    /// Carries the round's task out.
    ///
    /// - Throws: `LearningError`, `WorkError`, or `UpdateFormatError`.
    package func perform(on dataset: LocalDataset) throws -> Product {
        switch task {
        case .statistics:
            let moments = trainer.statistics(of: dataset)
            return Product(
                bytes: try Safetensors(moments.tensors).bytes,
                weight: Int64(dataset.training.count), metricsMicro: [:], state: state)
        case .train: return try train(on: dataset)
        case .evaluate:
            let metrics = try trainer.evaluate(model(), on: dataset)
            return Product(
                bytes: metrics.ledgerJSON.canonicalBytes, weight: Int64(metrics.count),
                metricsMicro: metrics.summaryMicro, state: state)
        }
    }

    private func model() throws -> [UInt8] {
        guard let base else { throw WorkError.noBase }
        return base
    }

    private func train(on dataset: LocalDataset) throws -> Product {
        let base = try model()
        try trainer.check(strategy.strategy)
        let file = try UpdateFile(base)
        let parameters = try ModelParameters(file)
        let trained: Training
        switch trainer {
        case .logistic(let settings): trained = try train(settings, base, on: dataset)
        case .network(let settings):
            trained = try train(settings, base, parameters.layout.count, on: dataset)
        }
        var metrics = trained.metricsMicro
        metrics["trainingLoss"] = Millionths.of(trained.loss)
        if judges, dataset.holdout.count > 0 {
            metrics.merge(try trainer.evaluate(base, on: dataset).summaryMicro) { $1 }
        }
        var next = trained.state
        var encoder = try UpdateEncoder(
            strategy.compression, layout: parameters.layout, residual: state.residual)
        let update = try encoder.file(
            of: trained.update, control: trained.control,
            normaliser: strategy.strategy.local == .normalised ? trained.gradientWeight : nil,
            seed: seed)
        next.residual = encoder.residual
        return Product(
            bytes: update.bytes, weight: Int64(trained.rowCount), metricsMicro: metrics,
            state: next)
    }

    /// For the compression: shared where it must select the same for all.
    private var seed: UInt64 {
        if case .randomMask = strategy.compression { return RoundSeed.shared(round) }
        return RoundSeed.own(0, round: round, member: member)
    }

    // MARK: - Trainers

    /// What came of the training, whoever did it.
    private struct Training {
        /// Trained minus base, P parameters in the order of the model's file.
        let update: [Float]
        var control: [Float]?
        let rowCount: Int
        let gradientWeight: Double
        let loss: Double
        var metricsMicro: [String: Int64] = [:]
        var state: LocalState
    }

    private func train(
        _ settings: LogisticSettings, _ base: [UInt8], on dataset: LocalDataset
    ) throws -> Training {
        let seed = RoundSeed.own(settings.training.seed, round: round, member: member)
        let result = try LogisticTrainer.train(
            base: LogisticModel(parsing: base), on: dataset, config: settings.training.seeded(seed))
        let batch = settings.training.batchSize
        let steps = settings.training.localEpochs * ((result.exampleCount + batch - 1) / batch)
        return Training(
            update: [result.update.bias] + result.update.weights, rowCount: result.exampleCount,
            gradientWeight: Double(steps), loss: result.loss, state: state)
    }

    private func train(
        _ settings: NetworkSettings, _ base: [UInt8], _ parameterCount: Int,
        on dataset: LocalDataset
    ) throws -> Training {
        let model = try NetworkModel(parsing: base)
        let training = try settings.training.seeded(
            RoundSeed.own(settings.training.seed, round: round, member: member))
        let result = try NetworkTrainer.train(
            base: model, on: dataset, training: training,
            objective: objective(parameterCount: parameterCount))
        var next = state
        next.control = result.control?.own ?? state.control
        var metrics: [String: Int64] = [:]
        if case .personal(let lambda) = strategy.strategy.local {
            let own = try NetworkTrainer.train(
                base: model, start: personal(model), on: dataset, training: training,
                objective: .proximal(mu: lambda))
            next.personal = own.trained.values
            if judges, dataset.holdout.count > 0 {
                let judged = try NetworkTrainer.evaluate(
                    model: model.with(own.trained), on: dataset)
                for (name, value) in judged.summaryMicro where name != Judgement.rowsMetric {
                    metrics[name.replacingPrefix("holdout", by: "personal")] = value
                }
            }
        }
        return Training(
            update: result.update.values, control: result.control?.difference,
            rowCount: result.rowCount, gradientWeight: result.gradientWeight, loss: result.loss,
            metricsMicro: metrics, state: next)
    }

    private func personal(_ model: NetworkModel) throws -> NetworkParameters {
        guard !state.personal.isEmpty else { return model.parameters }
        let shape = model.parameters.shape
        guard state.personal.count == shape.parameterCount else { throw WorkError.otherState }
        return NetworkParameters(shape: shape, values: state.personal)
    }

    private func objective(parameterCount: Int) throws -> LocalObjective {
        switch strategy.strategy.local {
        case .plain, .normalised, .personal: return .plain
        case .proximal(let mu): return .proximal(mu: mu)
        case .controlVariates:
            let zeros = [Float](repeating: 0, count: parameterCount)
            let common = try strategyState.map { bytes in
                try StrategyState.sources(of: UpdateFile(bytes), for: strategy.strategy)
                    .values.first?.parameters() ?? zeros
            }
            return .controlled(
                own: state.control.isEmpty ? zeros : state.control, common: common ?? zeros)
        }
    }
}

extension JobTrainer {
    fileprivate func statistics(of dataset: LocalDataset) -> ColumnMoments {
        switch self {
        case .logistic: LogisticTrainer.statistics(of: dataset)
        case .network: NetworkTrainer.statistics(of: dataset)
        }
    }

    /// How a model does on rows that are held out.
    ///
    /// - Throws: `LearningError`.
    package func evaluate(
        _ model: [UInt8], on dataset: LocalDataset
    ) throws(LearningError) -> PredictionMetrics {
        switch self {
        case .logistic:
            .binary(try LogisticTrainer.evaluate(model: LogisticModel(parsing: model), on: dataset))
        case .network:
            try NetworkTrainer.evaluate(model: NetworkModel(parsing: model), on: dataset)
        }
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, by other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}

package enum WorkError: Error, Hashable, Sendable, CustomStringConvertible {
    case noBase
    /// What the participant has kept is of another model.
    case otherState
    case strategyNotSupported(trainer: String, strategy: String, instead: String)

    package var description: String {
        switch self {
        case .noBase: "the round starts from no model, and its task needs one"
        case .otherState:
            "what this participant kept from an earlier round belongs to a model of another size"
        case .strategyNotSupported(let trainer, let strategy, let instead):
            "\(trainer) cannot be trained with \(strategy); use \(instead)"
        }
    }
}
