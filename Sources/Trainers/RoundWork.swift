package import Contracts
import Encodings
package import Learning
package import Memory
package import Strategies
package import Tensors

/// What a participant does in a round with its own data: a base model and a dataset in, an update
/// out.
package struct RoundWork: Sendable {
    /// What a participant contributes.
    package struct Product: Sendable {
        /// The update as it is uploaded.
        package let update: FileBytes
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
    package let base: FileBytes?
    /// What the strategy has kept so far, as a file.
    package let strategyState: [UInt8]?
    /// What this participant has kept since its last round.
    package let state: LocalState

    package init(
        task: RoundTask, round: RoundID, member: MemberID, judges: Bool = true,
        trainer: JobTrainer, strategy: JobStrategy = .fedavg, base: FileBytes?,
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
    /// - Parameter progress: Is told how far the training is, where the trainer knows.
    /// - Throws: `LearningError`, ``WorkError``, or `UpdateFormatError`.
    package func perform(
        on dataset: LocalDataset, progress: TrainingProgress.Observer? = nil
    ) throws -> Product {
        switch task {
        case .statistics:
            guard let builtIn = trainer.builtIn else { throw WorkError.runsInSandbox }
            let tensors = try builtIn.statistics(
                of: dataset, seed: RoundSeed.own(0, round: round, member: member))
            return Product(
                update: FileBytes(try Safetensors(tensors).bytes),
                weight: Int64(dataset.training.count), metricsMicro: [:], state: state)
        case .train: return try train(on: dataset, progress)
        case .evaluate:
            guard let metrics = try trainer.evaluate(model(), on: dataset) else {
                throw WorkError.nothingToJudge(trainer: trainer.kind)
            }
            return Product(
                update: FileBytes(metrics.ledgerJSON.canonicalBytes),
                weight: Int64(metrics.count), metricsMicro: metrics.summaryMicro, state: state)
        }
    }

    private func model() throws -> [UInt8] {
        guard let base else { throw WorkError.noBase }
        return try base.array
    }

    private func modelFile() throws -> SafetensorsFile {
        guard let base else { throw WorkError.noBase }
        return try SafetensorsFile(base)
    }

    private func train(
        on dataset: LocalDataset, _ progress: TrainingProgress.Observer?
    ) throws -> Product {
        let base = try model()
        try trainer.check(strategy)
        var judged: [String: Int64] = [:]
        if judges, dataset.holdout.count > 0 {
            judged = try trainer.evaluate(base, on: dataset)?.summaryMicro ?? [:]
        }
        switch trainer {
        case .merged(let trainer):
            let (tensors, rows) = try trainer.sums(base: base, on: dataset)
            return Product(
                update: FileBytes(try Safetensors(tensors).bytes), weight: Int64(rows),
                metricsMicro: judged, state: state)
        case .averaged(let trainer):
            return try train(trainer, from: base, judged: judged, on: dataset, progress)
        case .bundle: throw WorkError.runsInSandbox
        }
    }

    /// What a sandboxed trainer's result becomes.
    ///
    /// - Parameters:
    ///   - difference: A model file with trained minus base in place of its parameters. It leaves from
    ///     where it lies where it can leave as it is.
    ///   - rows: How many rows it stands for.
    ///   - metricsMicro: As they go into the contribution.
    /// - Throws: ``WorkError``, ``AggregationError`` or `UpdateFormatError`.
    package func product(
        difference: FileBytes, rows: Int64, metricsMicro: [String: Int64]
    ) throws -> Product {
        try trainer.check(strategy)
        let parameters = try ModelParameters(modelFile())
        let file = try SafetensorsFile(difference)
        let source = try ModelParameters(file).source
        if strategy.compression == .none, state.residual.isEmpty,
            try file.header.bytes == parameters.layout.plainHeader().bytes
        {
            if let parameter = try source.firstNotFinite() {
                throw UpdateFormatError.notFinite(parameter: parameter)
            }
            return Product(
                update: difference, weight: rows, metricsMicro: metricsMicro,
                state: state)
        }
        return try product(
            of: source.parameters(), in: parameters.layout, rows: rows,
            metricsMicro: metricsMicro, next: state)
    }

    /// What a sandboxed trainer's judgement becomes.
    package func product(judgedOn rows: Int64, metricsMicro: [String: Int64]) -> Product {
        let report: JSONValue = [
            "rows": .integer(rows), "metricsMicro": .metrics(metricsMicro),
        ]
        return Product(
            update: FileBytes(report.canonicalBytes), weight: rows, metricsMicro: metricsMicro,
            state: state)
    }

    /// What is handed in for statistics or sums that others have made together, such as a relay's devices.
    package func product(
        of summary: [Tensor], rows: Int64, metricsMicro: [String: Int64]
    ) throws -> Product {
        Product(
            update: FileBytes(try Safetensors(summary).bytes), weight: rows,
            metricsMicro: metricsMicro, state: state)
    }

    private func product(
        of update: [Float], in layout: ParameterLayout, control: [Float]? = nil,
        normaliser: Double? = nil, rows: Int64, metricsMicro: [String: Int64], next: LocalState
    ) throws -> Product {
        var next = next
        var encoder = try UpdateEncoder(
            strategy.compression, layout: layout, residual: state.residual)
        let bytes = try encoder.bytes(
            of: update, control: control, normaliser: normaliser, seed: seed)
        next.residual = encoder.residual
        return Product(
            update: FileBytes(bytes), weight: rows, metricsMicro: metricsMicro, state: next)
    }

    private func train(
        _ trainer: any AveragedTrainer, from base: [UInt8], judged: [String: Int64],
        on dataset: LocalDataset, _ progress: TrainingProgress.Observer?
    ) throws -> Product {
        let parameters = try ModelParameters(SafetensorsFile(base))
        let trained = try trainer.train(
            LocalWork(
                base: base, parameterCount: parameters.layout.count, round: round, member: member,
                strategy: strategy.strategy, commonControl: try commonControl(), state: state,
                judges: judges, progress: progress), on: dataset)
        var metrics = judged.merging(trained.metricsMicro) { $1 }
        metrics["trainingLoss"] = Millionths.of(trained.loss)
        return try product(
            of: trained.update, in: parameters.layout, control: trained.control,
            normaliser: strategy.strategy.local == .normalised ? trained.gradientWeight : nil,
            rows: Int64(trained.rowCount), metricsMicro: metrics, next: trained.state)
    }

    /// What is handed in for an update that others have trained together, such as a relay's devices.
    ///
    /// - Parameters:
    ///   - update: Trained minus base, as many parameters as the layout has.
    ///   - weight: How many rows it stands for.
    /// - Throws: `UpdateFormatError`.
    package func product(
        of update: [Float], layout: ParameterLayout, weight: Int64, metricsMicro: [String: Int64]
    ) throws -> Product {
        try product(
            of: update, in: layout, rows: weight, metricsMicro: metricsMicro, next: state)
    }

    /// What this member's training draws from: the job's seed, the round and the member decide.
    package func ownSeed(_ seed: UInt64) -> UInt64 {
        RoundSeed.own(seed, round: round, member: member)
    }

    /// For the compression: shared where it must select the same for all.
    private var seed: UInt64 {
        if case .randomMask = strategy.compression { return RoundSeed.shared(round) }
        return RoundSeed.own(0, round: round, member: member)
    }

    private func commonControl() throws -> [Float]? {
        guard strategy.strategy.local == .controlVariates, let strategyState else { return nil }
        return try StrategyState.sources(of: SafetensorsFile(strategyState), for: strategy.strategy)
            .values.first?.parameters()
    }
}

package enum WorkError: Error, Hashable, Sendable, CustomStringConvertible {
    case noBase
    /// What the participant has kept is of another model.
    case otherState
    case strategyNotSupported(trainer: String, strategy: String, instead: String)
    case nothingToJudge(trainer: String)
    /// A member's own trainer runs at the sites alone, within bounds.
    case runsInSandbox

    package var description: String {
        switch self {
        case .noBase: "the round starts from no model, and its task needs one"
        case .otherState:
            "what this participant kept from an earlier round belongs to a model of another size"
        case .strategyNotSupported(let trainer, let strategy, let instead):
            "\(trainer) cannot be trained with \(strategy); use \(instead)"
        case .nothingToJudge(let trainer):
            "\(trainer) makes nothing that a holdout could judge; leave the evaluation out"
        case .runsInSandbox: "a bundle runs in the sandbox of a node, and nowhere else"
        }
    }
}
