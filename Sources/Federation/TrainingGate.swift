package import Contracts
package import Ledger

/// Decides, at the node that holds the data, whether a task may be carried out.
///
/// It believes the coordinator nothing: the round, its licence and its finality are looked up in
/// the node's own copy of the ledger, which it has executed itself.
package enum TrainingGate {
    /// - Parameters:
    ///   - datasets: What this node can open.
    ///   - refusedOpenings: Why the ledger refused a `round.open`, by its place.
    ///   - time: The node's clock; a ledger that stands still lets no licence run on.
    /// - Throws: ``TaskRefusal``.
    package static func order(
        for task: TrainingTask, member: MemberID, datasets: DatasetsAtHand, replica: Replica,
        refusedOpenings: [UInt64: Refusal], at time: Timestamp
    ) throws(TaskRefusal) -> TrainingOrder {
        let state = replica.state
        guard let round = state.jobs[task.round], let job = state.jobs[task.round.job] else {
            if let refusal = refusedOpenings[task.index] {
                throw .openingRefused(task.round, index: task.index, refusal)
            }
            throw .unknownRound(task.round, size: replica.size)
        }
        guard round.index == task.index else {
            throw .wrongEntry(task.round, claimed: task.index, found: round.index)
        }
        let stage = replica.finality.stage(of: round.index)
        guard stage == .final else {
            throw .notFinal(task.round, index: round.index, stage: stage)
        }
        guard let participant = round.participants.first(where: { $0.member == member }) else {
            throw .notParticipant(task.round, member: member)
        }
        guard round.status == .open else {
            throw .roundOver(task.round, status: round.status)
        }
        if let refusal = state.openingRefusal(
            under: participant.licence, TrainingRequest(of: round, in: job),
            at: max(time, replica.time))
        {
            throw .licenceNotActive(participant.licence, refusal)
        }
        try datasets.require(participant.dataset)
        return TrainingOrder(job: job, round: round, participant: participant)
    }
}

extension TrainingRequest {
    /// What a round that was opened has asked of its licences.
    init(of round: Round, in job: Job) {
        self.init(
            purpose: job.purpose, round: round.id, participants: round.participants.count)
    }
}

/// Why a node does not carry out a task. Nothing has been opened.
package enum TaskRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownRound(RoundID, size: UInt64)
    case openingRefused(RoundID, index: UInt64, Refusal)
    case wrongEntry(RoundID, claimed: UInt64, found: UInt64)
    case notFinal(RoundID, index: UInt64, stage: Stage)
    case notParticipant(RoundID, member: MemberID)
    case roundOver(RoundID, status: Round.Status)
    /// The licence has ended since the round was opened, or its rules say no by now.
    case licenceNotActive(LicenceID, Refusal)
    case nodeHalted(code: String)
    case datasetAbsent(DatasetID)
    /// The node's record of the dataset is damaged.
    case datasetUnreadable(DatasetID)
    /// The owner's files could not be looked at, or not in time.
    case ownerUnreadable(DatasetID)

    /// Also of what a node holds back while it cannot ask its owner's files.
    package static let ownerUnreadableCode = "owner.unreadable"

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .unknownRound: "task.unknown_round"
        case .openingRefused: "task.opening_refused"
        case .wrongEntry: "task.wrong_entry"
        case .notFinal: "task.not_final"
        case .notParticipant: "task.not_participant"
        case .roundOver: "task.round_over"
        case .licenceNotActive: "task.licence_not_active"
        case .nodeHalted: "task.node_halted"
        case .datasetAbsent: "task.dataset_absent"
        case .datasetUnreadable: "task.dataset_unreadable"
        case .ownerUnreadable: Self.ownerUnreadableCode
        }
    }

    /// Whether it speaks of a coordinator that asks for what it must not, rather than of one that
    /// is early, late or unlucky.
    package var isSuspicious: Bool {
        switch self {
        case .unknownRound, .openingRefused, .wrongEntry, .notFinal, .notParticipant: true
        case .roundOver, .licenceNotActive, .nodeHalted, .datasetAbsent, .datasetUnreadable,
            .ownerUnreadable:
            false
        }
    }

    package var description: String {
        switch self {
        case .unknownRound(let round, let size):
            "task for round \(round) refused: no entry of the ledger opens that round "
                + "(this node has verified \(size) entries)"
        case .openingRefused(let round, let index, let refusal):
            "task for round \(round) refused: it names entry \(index), a round.open that the ledger "
                + "refused: \(refusal)"
        case .wrongEntry(let round, let claimed, let found):
            "task for round \(round) refused: it names entry \(claimed), and the round was opened "
                + "by entry \(found)"
        case .notFinal(let round, let index, let stage):
            "task for round \(round) refused: its round.open, entry \(index), is only \(stage.rawValue)"
        case .notParticipant(let round, let member):
            "task for round \(round) refused: the ledger does not name \(member) in that round"
        case .roundOver(let round, let status):
            "task for round \(round) refused: the round is \(status.rawValue)"
        case .licenceNotActive(let licence, let refusal):
            "task refused: licence \(licence) does not allow it any more: \(refusal)"
        case .nodeHalted(let code):
            "this node follows the coordinator no more: \(code)"
        case .datasetAbsent(let dataset):
            "task refused: this node has no dataset \(dataset); see `jointlab dataset add`"
        case .datasetUnreadable(let dataset):
            "task refused: this node cannot read its record of dataset \(dataset), which the data's "
                + "owner has to mend; `jointlab node status` there says how"
        case .ownerUnreadable(let dataset):
            "task refused: the files of the data's owner cannot be read at the moment, so that this "
                + "node does not know whether it may open dataset \(dataset)"
        }
    }
}
