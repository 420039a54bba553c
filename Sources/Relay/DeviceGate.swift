package import Contracts
import Encodings
import Ledger
import Memory
import MerkleLog
import MerkleMap
package import Trainers

/// What a device may do with its data, as a quorum of the lab's members has signed.
package struct DeviceOrder: Sendable {
    package let round: RoundID
    package let task: RoundTask
    /// The model that the round starts from.
    package let base: BlobDigest?
    package let trainer: JobTrainer
    package let strategy: JobStrategy
    /// Whether the device says how the base does on the rows that it holds out.
    package let judges: Bool
    /// The place of `round.open` on the ledger; for the device's own log.
    package let openedAt: UInt64

    /// The work, as the device does it.
    ///
    /// - Parameters:
    ///   - base: The model's file, whose digest the caller has compared.
    ///   - state: What the device has kept since its last round of this job.
    package func work(
        as device: DeviceID, base: [UInt8]?, state: LocalState = LocalState()
    ) throws(IdentifierError) -> RoundWork {
        RoundWork(
            task: task, round: round, member: try MemberID(device.text), judges: judges,
            trainer: trainer, strategy: strategy, base: base.map { FileBytes($0) }, state: state)
    }
}

/// Decides, on a device, whether a relay's task may be carried out. It believes the relay nothing: a
/// quorum of members must have signed a state in which the round is open and names this relay.
package struct DeviceGate: Sendable {
    package let card: RelayCard
    /// How long the ledger was at the last task. An older state is not believed any more.
    package private(set) var size: UInt64

    /// By how much the device's clock and the lab's may differ.
    private static let skewMilliseconds: Int64 = 300_000

    /// - Parameter size: As it was kept, 0 on a device that is new.
    package init(_ card: RelayCard, size: UInt64 = 0) {
        self.card = card
        self.size = size
    }

    /// - Parameter time: The device's clock.
    /// - Throws: ``DeviceTaskRefusal``.
    package mutating func order(
        for task: DeviceTask, at time: Timestamp
    ) throws(DeviceTaskRefusal) -> DeviceOrder {
        let checkpointSize: UInt64
        do {
            checkpointSize =
                try task.receipt.verify(task.stateEntry, by: card.policy).checkpoint.head.size
        } catch {
            throw .notCertified("\(error)")
        }
        guard checkpointSize >= size else { throw .rolledBack(checkpointSize, known: size) }
        guard let entry = try? Entry(parsing: task.stateEntry),
            case .state(let root) = entry.content
        else { throw .noState }

        let round: RoundFields
        let job: JobFields
        do throws(JSONShapeError) {
            round = try RoundFields(task.round.row)
            job = try JobFields(task.job.row)
        } catch {
            throw .malformed("\(error)")
        }
        try check(task.round, key: DeviceTask.key(of: round.id), under: root)
        try check(task.job, key: DeviceTask.key(of: round.id.job), under: root)

        guard round.status == Round.Status.open.rawValue else {
            throw .roundOver(round.id, status: round.status)
        }
        guard job.status == Job.Status.running.rawValue || job.status == Job.Status.paused.rawValue
        else { throw .roundOver(round.id, status: job.status) }
        guard
            round.participants.contains(where: {
                $0.member == card.member && $0.dataset == card.dataset
            })
        else { throw .notForRelay(round.id, card.member) }
        let end = round.opened.milliseconds.addingReportingOverflow(
            job.timeoutMilliseconds + Self.skewMilliseconds)
        guard !end.overflow, time.milliseconds <= end.partialValue else { throw .late(round.id) }
        size = checkpointSize
        return DeviceOrder(
            round: round.id, task: round.task, base: round.base, trainer: job.trainer,
            strategy: job.strategy, judges: round.judges, openedAt: round.index)
    }

    private func check(
        _ proven: DeviceTask.ProvenRow, key: String, under root: MapHash
    ) throws(DeviceTaskRefusal) {
        do {
            let found = try proven.proof.value(of: MapHash(sha256: Array(key.utf8)), under: root)
            guard found == MapHash(sha256: proven.row.canonicalBytes) else {
                throw DeviceTaskRefusal.notInState(key, "another row stands there, or none")
            }
        } catch let refusal as DeviceTaskRefusal {
            throw refusal
        } catch {
            throw .notInState(key, "\(error)")
        }
    }
}

/// What a device reads of a round's row.
private struct RoundFields {
    let id: RoundID
    let task: RoundTask
    let base: BlobDigest?
    let judges: Bool
    let participants: [(member: MemberID, dataset: DatasetID)]
    let status: String
    let opened: Timestamp
    let index: UInt64

    init(_ row: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(row, at: "round")
        id = try fields.round()
        task = try fields.choice("task")
        base = try fields.optionalDigest("base")
        judges = try fields.bool("judges")
        var participants: [(member: MemberID, dataset: DatasetID)] = []
        for (position, value) in try fields.array("participants").enumerated() {
            var part = try JSONFields(value, at: fields.path(to: "participants[\(position)]"))
            participants.append((try part.identifier("member"), try part.identifier("dataset")))
        }
        self.participants = participants
        status = try fields.string("status")
        opened = try fields.timestamp("opened")
        index = UInt64(try fields.integer("index", in: 0 ... .max))
    }
}

/// What a device reads of a job's row.
private struct JobFields {
    let status: String
    let timeoutMilliseconds: Int64
    let trainer: JobTrainer
    let strategy: JobStrategy

    init(_ row: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(row, at: "job")
        status = try fields.string("status")
        timeoutMilliseconds = try fields.integer("roundTimeoutMilliseconds", in: 0...1 << 53)
        trainer = try JobTrainer(try fields.required("trainer"))
        strategy = try JobStrategy(fields.optional("strategy"))
    }
}

/// Why a device does not carry out a task. No row has been read.
package enum DeviceTaskRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// No quorum that the device believes has signed it.
    case notCertified(String)
    case rolledBack(UInt64, known: UInt64)
    case noState
    case malformed(String)
    case notInState(String, String)
    case roundOver(RoundID, status: String)
    case notForRelay(RoundID, MemberID)
    case late(RoundID)

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .notCertified: "task.not_certified"
        case .rolledBack: "task.rolled_back"
        case .noState: "task.no_state"
        case .malformed: "task.malformed"
        case .notInState: "task.not_in_state"
        case .roundOver: "task.round_over"
        case .notForRelay: "task.not_for_relay"
        case .late: "task.late"
        }
    }

    package var description: String {
        switch self {
        case .notCertified(let problem):
            "task refused: the members have not signed it: \(problem)"
        case .rolledBack(let size, let known):
            "task refused: it is from a ledger of \(size) entries, and this device has seen one of "
                + "\(known)"
        case .noState: "task refused: the entry that it proves holds no root of the state"
        case .malformed(let problem): "task refused: \(problem)"
        case .notInState(let key, let problem):
            "task refused: \(key) is not what the members have signed: \(problem)"
        case .roundOver(let round, let status):
            "task refused: round \(round) cannot be trained in, it is \(status)"
        case .notForRelay(let round, let member):
            "task refused: round \(round) does not name the dataset of this device at \(member)"
        case .late(let round): "task refused: the time of round \(round) is over"
        }
    }
}
