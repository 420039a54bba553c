import Contracts
import Ledger
import MerkleLog

/// Judges what a node has kept against its coordinator, as a third party would: with the node's
/// copy of the ledger, and without believing the node.
enum EvidenceCheck {
    /// - Returns: Why the evidence convicts nobody, or `nil` if it does.
    static func objection(
        to evidence: Evidence, ledger: SimulatedDisk, genesis: [UInt8]
    ) throws -> String? {
        let lab = try (ledger.replay() ?? Replica(genesis: genesis)).state.lab
        try evidence.batch.checkpoint.verifySignedByLog(of: lab)
        try evidence.verified?.verifySignedByLog(of: lab)
        let claimed = evidence.batch.checkpoint.statement.head
        let verified = evidence.verified?.statement.head ?? .empty
        guard ledger.size >= verified.size else {
            // The node was killed before it had stored what it had verified. Two roots of one size
            // under one signature need no ledger.
            return claimed.size == verified.size && claimed != verified ? nil : unstored
        }
        guard evidence.verified == nil || ledger.head(at: verified.size) == verified else {
            return "the ledger shown with it is not the one that the coordinator signed"
        }
        switch evidence.misconduct {
        case .fork:
            return ledger.head(at: claimed.size) == claimed ? "the two heads are one" : nil
        case .notAnExtension:
            return nil
        default: break
        }

        let entries = Array(ledger.entries.prefix(Int(verified.size)))
        let offered = evidence.batch.entries.dropFirst(entries.count - Int(evidence.batch.start))
        guard TreeFrontier(over: entries + offered).head == claimed else {
            return "the entries are not those that the coordinator signed"
        }
        do {
            var all = (entries + offered)[...]
            var replica = try Replica(genesis: all.removeFirst())
            for entry in all {
                _ = try replica.execute(entry)
            }
            let isInside = evidence.misconduct == .checkpointInsideBatch(size: claimed.size)
            return !replica.isAtBatchEnd && isInside ? nil : "nothing is wrong with the entries"
        } catch {
            return error == evidence.misconduct ? nil : "what is wrong is \(error)"
        }
    }

    static let unstored = "the node had not stored the ledger that it speaks of"
}
