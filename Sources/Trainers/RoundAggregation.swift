package import Contracts
package import Encodings
import Learning
import Storage
package import Strategies
package import Tensors

/// How sealed contributions become the next model: the same for the coordinator, which does it, and
/// for everybody who checks it.
///
/// Models that are averaged are read and written block by block, so that a model of any size takes
/// a few megabytes of memory; the next one is the base's file with other parameters.
package struct RoundAggregation: Sendable {
    /// An update has a few tensors; a longer header is there to be parsed at the reader's expense.
    package static let headerBytesMax = 1 << 16
    /// What has to be read as a whole, such as statistics, is small.
    static let wholeBytesMax = 64 << 20

    package let trainer: JobTrainer
    package let strategy: JobStrategy
    /// How many participants the job has.
    private let population: Int

    /// - Throws: ``AggregationError/settings(_:)``.
    package init(of job: Job) throws(AggregationError) {
        try self.init(
            trainer: job.trainer, strategy: job.strategy, population: job.participants.count)
    }

    /// - Throws: ``AggregationError/settings(_:)``.
    package init(
        trainer: JSONValue, strategy: JSONValue?, population: Int
    ) throws(AggregationError) {
        do {
            self.trainer = try JobTrainer(trainer)
            self.strategy = try JobStrategy(strategy)
        } catch {
            throw .settings(error)
        }
        self.population = population
    }

    /// Adds up what was sealed.
    ///
    /// - Parameters:
    ///   - base: The model that the round started from.
    ///   - state: What the strategy has kept so far.
    ///   - contributions: In the order in which they were sealed.
    ///   - file: Opens a contribution's update, or another blob.
    ///   - sink: Where a result goes; asked once or twice.
    /// - Throws: ``AggregationError``, which names the member at fault where it is one.
    package func result<Sink: ResultSink & ~Copyable>(
        of task: RoundTask, base: BlobDigest?, state: BlobDigest?, contributions: [Contribution],
        file: (BlobDigest) throws -> SafetensorsFile, sink: () throws -> Sink
    ) throws -> RoundResult {
        switch task {
        case .statistics:
            let model = try firstModel(contributions, file: file)
            var output = try sink()
            try model.write { try output.write($0) }
            return RoundResult(model: try output.finish())
        case .train:
            guard let base else { throw AggregationError.noBase }
            switch trainer {
            case .averaged, .bundle:
                return try nextModel(
                    file(base), state: state.map(file), contributions, file: file, sink: sink)
            case .merged(let trainer):
                let model = try file(base).bytes(max: Self.wholeBytesMax)
                return try written(
                    merged(contributions, file: file) {
                        try trainer.nextModel(base: model, $0)
                    }, sink: sink)
            }
        case .evaluate:
            return RoundResult(model: nil)
        }
    }

    /// Checks an update by itself, so that one that cannot be added up does not undo the work of
    /// all.
    ///
    /// - Throws: ``AggregationError``.
    package func check(
        _ contribution: Contribution, to task: RoundTask, base: BlobDigest?,
        file: (BlobDigest) throws -> SafetensorsFile
    ) throws {
        switch task {
        case .statistics: _ = try firstModel([contribution], file: file)
        case .evaluate: break
        case .train:
            guard let base else { throw AggregationError.noBase }
            switch trainer {
            case .averaged, .bundle:
                let parameters = try ModelParameters(file(base))
                let update = try update(contribution, parameters, file: file)
                try blaming(contribution.member) { try update.checkFinite() }
            case .merged(let trainer):
                let model = try file(base).bytes(max: Self.wholeBytesMax)
                _ = try merged([contribution], file: file) {
                    try trainer.nextModel(base: model, $0)
                }
            }
        }
    }

    private func written<Sink: ResultSink & ~Copyable>(
        _ model: [UInt8], sink: () throws -> Sink
    ) throws -> RoundResult {
        var output = try sink()
        try model.withUnsafeBytes { try output.write($0) }
        return RoundResult(model: try output.finish())
    }

    // MARK: - The first model, and models of sums

    private func firstModel(
        _ contributions: [Contribution], file: (BlobDigest) throws -> SafetensorsFile
    ) throws -> FirstModel {
        // A bundle's job starts from a model, and has no statistics.
        guard let builtIn = trainer.builtIn else { throw AggregationError.noBase }
        return try merged(contributions, file: file, builtIn.firstModel)
    }

    /// What comes of contributions that are read as a whole.
    ///
    /// - Parameter merge: Also asked with each part alone: it fits, or it is its member's mistake.
    private func merged<Result>(
        _ contributions: [Contribution], file: (BlobDigest) throws -> SafetensorsFile,
        _ merge: ([[Tensor]]) throws -> Result
    ) throws -> Result {
        var parts: [[Tensor]] = []
        for contribution in contributions {
            let update = try open(contribution, file)
            try blaming(contribution.member) {
                let tensors = try update.tensors(bytesMax: Self.wholeBytesMax)
                _ = try merge([tensors])
                parts.append(tensors)
            }
        }
        return try merge(parts)
    }

    // MARK: - The next model

    private func nextModel<Sink: ResultSink & ~Copyable>(
        _ base: SafetensorsFile, state: SafetensorsFile?, _ contributions: [Contribution],
        file: (BlobDigest) throws -> SafetensorsFile, sink: () throws -> Sink
    ) throws -> RoundResult {
        let parameters = try ModelParameters(base)
        let updates = try contributions.map { try update($0, parameters, file: file) }
        let states = try state.map { try StrategyState.sources(of: $0, for: strategy.strategy) }
        let names = strategy.strategy.stateNames
        do {
            let aggregation = try Aggregation(
                strategy.strategy, base: parameters.source, states: states ?? [:],
                updates: updates, population: population)
            var model = try sink()
            try parameters.writeBefore(to: &model)
            guard !names.isEmpty else {
                try aggregation.run { try model.write(UnsafeRawBufferPointer($0.model)) }
                try parameters.writeAfter(to: &model)
                return RoundResult(model: try model.finish())
            }
            var kept = try sink()
            try StrategyState.header(parameters: parameters.layout.count, states: names.count)
                .bytes.withUnsafeBytes { try kept.write($0) }
            var rows: [Float] = []
            try aggregation.run { block in
                try model.write(UnsafeRawBufferPointer(block.model))
                rows.removeAll(keepingCapacity: true)
                for index in block.model.indices {
                    for state in block.states { rows.append(state[index]) }
                }
                try rows.withUnsafeBytes { try kept.write($0) }
            }
            try parameters.writeAfter(to: &model)
            return RoundResult(model: try model.finish(), strategyState: try kept.finish())
        } catch let error as StrategyError {
            guard case .update(let index, let fault) = error else {
                throw AggregationError.strategy(error)
            }
            throw AggregationError.contribution(
                contributions[index].member, problem: "it \(fault)")
        }
    }

    private func update(
        _ contribution: Contribution, _ parameters: ModelParameters,
        file: (BlobDigest) throws -> SafetensorsFile
    ) throws -> Update {
        let opened = try open(contribution, file)
        let trainedIn = RoundID(
            job: contribution.round.job,
            number: contribution.startedIn ?? contribution.round.number)
        var update: Update?
        try blaming(contribution.member) {
            update = try UpdateDecoder(
                strategy.compression, layout: parameters.layout, local: strategy.strategy.local,
                seed: RoundSeed.shared(trainedIn)
            ).contents(of: opened).update(
                weight: contribution.weight, staleness: contribution.staleness)
        }
        guard let update else { throw AggregationError.noBase }
        return update
    }

    /// A file that is none is its member's mistake; one that is not here is nobody's.
    private func open(
        _ contribution: Contribution, _ file: (BlobDigest) throws -> SafetensorsFile
    ) throws -> SafetensorsFile {
        do {
            return try file(contribution.update)
        } catch let error as SafetensorsError {
            throw AggregationError.contribution(contribution.member, problem: "\(error)")
        }
    }

    /// What a member has sent is its mistake; a disk that cannot be read is not.
    private func blaming(_ member: MemberID, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as StorageError {
            throw error
        } catch {
            throw AggregationError.contribution(member, problem: "\(error)")
        }
    }
}

package enum AggregationError: Error, Hashable, Sendable, CustomStringConvertible {
    case settings(JSONShapeError)
    case noBase
    case base(String)
    case strategyState(String)
    /// A file that has to be read as a whole.
    case tooLarge(bytes: Int, max: Int)
    case contribution(MemberID, problem: String)
    /// No update is at fault by itself.
    case strategy(StrategyError)

    package var description: String {
        switch self {
        case .settings(let error): "the job's settings cannot be used: \(error)"
        case .noBase: "the round started from no model"
        case .base(let problem): "the model that the round started from \(problem)"
        case .tooLarge(let bytes, let max):
            "it has \(bytes) bytes of data, and at most \(max) are read as a whole"
        case .strategyState(let problem): "what the strategy has kept \(problem)"
        case .contribution(let member, let problem):
            "the contribution of \(member) cannot be used: \(problem)"
        case .strategy(let error): "\(error)"
        }
    }
}
