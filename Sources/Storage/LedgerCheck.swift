import Contracts
import Ledger
import MerkleLog

extension LedgerDatabase {
    /// What ``check()`` came to.
    package struct CheckResult: Sendable {
        package let entries: UInt64
        package let tiles: Int
        package let batches: Int
        /// The first thing that is not what it should be.
        package let difference: String?
    }

    /// Derives every tile, root, checkpoint and state from the entries again, and compares.
    ///
    /// - Throws: What reading throws. What is wrong with the ledger is in the result.
    package func check() throws -> CheckResult {
        var replica: Replica?
        var tiles = 0
        var batches = 0
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
                batches += 1
                tiles += end.tiles.count
                if let found = try compare(end) { throw Difference(text: found) }
            }
            if difference == nil, replica?.isAtBatchEnd == false {
                difference = "the last batch has no end"
            }
        } catch let error as Misconduct {
            difference = error.description
        } catch let error as Difference {
            difference = error.text
        }
        return CheckResult(
            entries: replica == nil ? 0 : index + (difference == nil ? 1 : 0), tiles: tiles,
            batches: batches, difference: difference)
    }

    private struct Difference: Error {
        let text: String
    }

    private func compare(_ end: Replica.BatchEnd) throws -> String? {
        for tile in end.tiles {
            let place = tile.coordinate
            let stored = try self.tile(level: place.level, index: place.index)
            // The row may have grown since.
            guard stored.starts(with: tile.hashes) else {
                return "the stored tile \(place.path) is not the one that the entries make"
            }
        }
        guard let checkpoint = try checkpoint(at: end.head.size) else {
            return "the checkpoint of size \(end.head.size) is missing"
        }
        guard checkpoint.statement.head == end.head else {
            return "the checkpoint of size \(end.head.size) has another root than the entries"
        }
        return nil
    }
}
