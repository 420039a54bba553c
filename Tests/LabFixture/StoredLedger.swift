package import Contracts
package import Foundation
import Ledger
package import MerkleLog
import Storage

/// A ledger as it lies in the folder of a daemon, read as a stranger would.
package struct StoredLedger: Sendable {
    package let entries: [[UInt8]]
    package let checkpoint: Checkpoint?

    package init(_ home: URL) throws {
        let database = try LedgerDatabase(path: home.appending(path: "ledger.sqlite").path)
        var entries: [[UInt8]] = []
        try database.forEachEntry { entries.append($1) }
        checkpoint = try database.checkpoint()?.statement
        try database.close()
        self.entries = entries
    }

    package var size: Int { entries.count }

    /// Where two ledgers differ first; `nil` where one is the beginning of the other.
    package func firstDifference(from other: StoredLedger) -> Int? {
        zip(entries, other.entries).enumerated().first { $1.0 != $1.1 }?.offset
    }

    /// What executing it gives.
    package var state: LabState {
        get throws {
            var replica = try Replica(genesis: entries[0])
            for entry in entries.dropFirst() { _ = try replica.execute(entry) }
            return replica.state
        }
    }

    /// The place of every transaction on it, refused or not.
    package var places: [TransactionID: UInt64] {
        var places: [TransactionID: UInt64] = [:]
        for (index, bytes) in entries.enumerated() {
            guard case .transaction(let envelope)? = try? Entry(parsing: bytes).content else {
                continue
            }
            places[TransactionID(of: envelope)] = UInt64(index)
        }
        return places
    }
}
