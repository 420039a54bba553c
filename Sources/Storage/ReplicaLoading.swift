import Contracts
package import Ledger
import MerkleLog

extension LedgerDatabase {
    /// Executes everything that is stored.
    ///
    /// - Returns: `nil` where nothing is.
    /// - Throws: `Misconduct`, where the entries are not what was once executed; ``StorageError`` where
    ///   they do not lead to the stored checkpoint.
    package func replay() throws -> Replica? {
        var replica: Replica?
        try forEachEntry { _, entry in
            if replica == nil {
                replica = try Replica(genesis: entry)
            } else {
                _ = try replica?.execute(entry)
            }
        }
        guard let replica else { return nil }
        guard replica.isAtBatchEnd, try checkpoint()?.statement.head == replica.head else {
            throw StorageError.unusable(
                path: "the ledger",
                problem: "its \(replica.size) entries do not lead to its newest checkpoint; run "
                    + "`jointlab ledger fsck`")
        }
        return replica
    }
}
