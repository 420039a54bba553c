import Contracts
import Ledger
import MerkleLog

extension LedgerDatabase {
    /// What ``check()`` came to.
    package struct CheckResult: Sendable {
        package let entries: UInt64
        package let tiles: Int
        package let checkpoints: Int
        /// The first thing that is not what it should be.
        package let difference: String?
    }

    /// Derives every tile, root, checkpoint and state from the entries again, and compares.
    ///
    /// - Throws: What reading throws. What is wrong with the ledger is in the result.
    package func check() throws -> CheckResult {
        var replica: Replica?
        var tiles = 0
        var checkpoints = 0
        var index: UInt64 = 0
        var difference: String?
        do {
            try forEachEntry { position, entry in
                index = position
                guard replica != nil else {
                    replica = try Replica(genesis: entry)
                    return
                }
                guard let end = try replica?.execute(entry).batchEnd else { return }
                tiles += end.tiles.count
                if try compare(end) { checkpoints += 1 }
            }
            difference = try differenceAtEnd(replica, checkpoints: checkpoints)
        } catch let error as Misconduct {
            difference = error.description
        } catch let error as Difference {
            difference = error.text
        }
        return CheckResult(
            entries: replica == nil ? 0 : index + (difference == nil ? 1 : 0), tiles: tiles,
            checkpoints: checkpoints, difference: difference)
    }

    private struct Difference: Error {
        let text: String
    }

    /// - Returns: Whether there is a checkpoint; a node that has caught up holds one for many batches.
    /// - Throws: ``Difference`` for what is not as it should be.
    private func compare(_ end: Replica.BatchEnd) throws -> Bool {
        for tile in end.tiles {
            let place = tile.coordinate
            let stored = try self.tile(level: place.level, index: place.index)
            // The row may have grown since.
            guard stored.starts(with: tile.hashes) else {
                throw Difference(
                    text: "the stored tile \(place.path) is not the one that the entries make")
            }
        }
        guard let checkpoint = try checkpoint(at: end.head.size) else { return false }
        guard checkpoint.statement.head == end.head else {
            throw Difference(
                text: "the checkpoint of size \(end.head.size) has another root than the entries")
        }
        return true
    }

    private func differenceAtEnd(_ replica: Replica?, checkpoints: Int) throws -> String? {
        guard let replica else { return nil }
        guard replica.isAtBatchEnd else { return "the last batch has no end" }
        guard try checkpoint()?.statement.head == replica.head else {
            return "the newest checkpoint is not of the whole ledger"
        }
        let stored = try checkpointCount()
        guard stored == checkpoints else {
            return "\(stored - checkpoints) checkpoints stand where no batch ends"
        }
        return nil
    }
}
