import Contracts
import Encodings
import Learning
import Memory
import SampleLab
import Trainers

/// A job of three members run in memory, by the code that nodes and coordinators run.
struct FederatedRun {
    static let members = ["north", "south", "valley"]

    let trainer: JSONValue
    let strategy: JSONValue?
    let datasets: [LocalDataset]
    let blobs = MemoryBlobs()
    private(set) var base: BlobDigest?
    private(set) var strategyState: BlobDigest?
    private(set) var states = [LocalState](repeating: LocalState(), count: 3)
    private(set) var last: [Contribution] = []
    private var number = 0

    init(_ trainer: JSONValue, strategy: JSONValue? = nil, datasets: [LocalDataset]) {
        self.trainer = trainer
        self.strategy = strategy
        self.datasets = datasets
    }

    var model: [UInt8] { base.flatMap { blobs[$0] } ?? [] }

    /// Runs a round, and adds up what came of it twice: once as the coordinator does, and once as
    /// somebody who checks it.
    ///
    /// - Returns: Whether both came to the same.
    @discardableResult
    mutating func round(_ task: RoundTask) throws -> Bool {
        let round = RoundID(job: try JobID("job-1"), number: number)
        number += 1
        let trainer = try JobTrainer(trainer)
        let strategy = try JobStrategy(strategy)
        last = []
        for (place, name) in Self.members.enumerated() {
            let member = try MemberID(name)
            let product = try RoundWork(
                task: task, round: round, member: member, trainer: trainer, strategy: strategy,
                base: base.flatMap { blobs[$0].map { FileBytes($0) } },
                strategyState: strategyState.flatMap { blobs[$0] },
                state: states[place]
            ).perform(on: datasets[place])
            states[place] = try LocalState(parsing: product.state.bytes)
            last.append(
                Contribution(
                    lab: try SampleLab().id, round: round, member: member,
                    update: blobs.keep(try product.update.array), weight: product.weight,
                    metricsMicro: product.metricsMicro))
        }
        let aggregation = try RoundAggregation(
            trainer: self.trainer, strategy: self.strategy, population: 3)
        for contribution in last {
            try aggregation.check(contribution, to: task, base: base, file: blobs.file)
        }
        let result = try aggregation.result(
            of: task, base: base, state: strategyState, contributions: last, file: blobs.file,
            sink: blobs.sink)
        let again = try aggregation.result(
            of: task, base: base, state: strategyState, contributions: last, file: blobs.file,
            sink: DigestSink.init)
        base = result.model ?? base
        strategyState = result.strategyState ?? strategyState
        return result == again
    }

    /// A metric's mean over the members, in millionths.
    func mean(_ metric: String) -> Int64? {
        Judgement(metric: metric).judgeMicro(last)
    }
}
