package import Encodings

/// Which round of which job.
package struct RoundID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let job: JobID
    /// Counted from 0; a number is not used again for another attempt.
    package let number: Int

    package init(job: JobID, number: Int) {
        self.job = job
        self.number = number
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.job, left.number) < (right.job, right.number)
    }

    package var description: String { "\(job)/\(number)" }
}

/// One step of a job.
package struct Round: StateRow, Hashable {
    package enum Status: String, Sendable {
        case open
        case sealed
        case closed
        case abandoned
    }

    package let id: RoundID
    package let task: RoundTask
    /// The model that the participants start from; there is none yet in the first statistics.
    package let base: BlobDigest?
    /// What the strategy has kept so far.
    package let strategyState: BlobDigest?
    /// Whether the sites say how the base does on their holdouts.
    package let judges: Bool
    package let participants: [Participant]
    /// What is set aside for each participant's licence, in the order of `participants`.
    package let fees: [[RoundFee]]
    /// The place of `round.open` on the ledger.
    package let index: UInt64
    package let opened: Timestamp
    package var status: Status
    /// The place of `round.seal` on the ledger, once the round is sealed.
    package var sealIndex: UInt64?
    /// What was sealed, in the order of the members' names.
    package var contributions: [Contribution]
    /// The model that came out of it.
    package var result: BlobDigest?
    /// What the strategy keeps for the next round.
    package var nextStrategyState: BlobDigest?
    package var reason: String?
    /// When it was closed or abandoned.
    package var ended: Timestamp?

    package var json: JSONValue {
        [
            "job": id.job.json, "round": .integer(Int64(id.number)),
            "task": .string(task.rawValue), "base": base?.json,
            "strategyState": strategyState?.json, "judges": .bool(judges),
            "participants": .array(participants.map(\.json)),
            "fees": .array(fees.map { .array($0.map(\.json)) }),
            "index": .integer(Int64(clamping: index)),
            "opened": opened.json, "status": .string(status.rawValue),
            "sealIndex": sealIndex.map { .integer(Int64(clamping: $0)) },
            "contributions": .array(contributions.map(\.json)), "result": result?.json,
            "nextStrategyState": nextStrategyState?.json,
            "reason": reason.map { .string($0) }, "ended": ended?.json,
        ]
    }
}
