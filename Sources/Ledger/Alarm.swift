package import Contracts
package import Encodings
package import MerkleLog

/// Something that the people who run a node must hear of.
package enum Alarm: Hashable, Sendable, CustomStringConvertible {
    /// The coordinator broke the rules. The node signs nothing any more.
    case misconduct(Misconduct)
    /// The coordinator dates entries against this node's clock. The node withholds its cosignature
    /// until a quorum of others has decided, or the clocks agree again.
    case timeOffClock(index: UInt64, time: Timestamp, earliest: Timestamp, latest: Timestamp)
    /// Something came in under the coordinator's name that it has not signed.
    case notFromCoordinator(String)
    /// The coordinator asked for training that the ledger does not allow.
    case taskRefused(code: String, detail: String)

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .misconduct(let misconduct): misconduct.code
        case .timeOffClock: "clock.off"
        case .notFromCoordinator: "coordinator.not_signed"
        case .taskRefused(let code, _): code
        }
    }

    package var description: String {
        switch self {
        case .misconduct(let misconduct): misconduct.description
        case .timeOffClock(let index, let time, let earliest, let latest):
            "entry \(index) is dated \(time), and by this node's clock it should be dated from "
                + "\(earliest) to \(latest): cosignature withheld"
        case .notFromCoordinator(let problem): problem
        case .taskRefused(_, let detail): detail
        }
    }
}

/// What the coordinator was caught at, as it is remembered over a restart.
package struct CaughtMisconduct: Hashable, Sendable {
    package let code: String
    package let problem: String

    package init(_ misconduct: Misconduct) {
        code = misconduct.code
        problem = misconduct.description
    }

    /// Reads it from ``Evidence/json``.
    ///
    /// - Returns: `nil` where it is not that.
    package init?(_ evidence: JSONValue) {
        guard let code = evidence["code"]?.string, let problem = evidence["problem"]?.string else {
            return nil
        }
        self.code = code
        self.problem = problem
    }
}

/// What a node keeps for good when it has caught the coordinator breaking the rules.
package struct Evidence: Hashable, Sendable {
    package let misconduct: Misconduct
    /// The batch as it was sent, with the coordinator's signature under its checkpoint.
    package let batch: LedgerBatch
    /// The newest checkpoint that the node had verified before.
    package let verified: UnverifiedCheckpoint?

    package var json: JSONValue {
        [
            "code": .string(misconduct.code), "problem": .string(misconduct.description),
            "batch": batch.json,
            "verified": verified.map { .string($0.description) },
        ]
    }
}
