import Contracts
import Encodings
import Ledger
import MerkleLog

extension LedgerDatabase {
    /// What ``check()`` came to.
    package struct CheckResult: Sendable {
        /// How many entries are what they should be.
        package let entries: UInt64
        package let tiles: Int
        package let batches: Int
        package let receipts: Int
        /// The first thing that is not what it should be.
        package let difference: String?
    }

    /// Derives every tile, root, checkpoint, state and receipt from the entries again, and compares.
    /// Another process may go on writing.
    ///
    /// - Parameter keepsEveryCheckpoint: A coordinator does, of its own epoch; what it took over may
    ///   be from a node. A node that catches up is sent many batches in one piece, under the last
    ///   one's checkpoint.
    /// - Throws: What reading throws. What is wrong with the ledger is in the result.
    package func check(keepsEveryCheckpoint: Bool = true) throws -> CheckResult {
        var derivation = LedgerDerivation(
            database: self, keepsEveryCheckpoint: keepsEveryCheckpoint)
        var difference: String?
        do {
            var atEnd: LedgerDerivation.Difference?
            repeat {
                try forEachEntry(from: derivation.checked) { try derivation.add($1) }
                atEnd = try derivation.differenceAtEnd()
                // What is stored may have grown between the last entry and the comparison.
            } while try atEnd != nil && size() > derivation.checked
            difference = atEnd?.text
        } catch let error as Misconduct {
            difference = error.description
        } catch let error as MissingEntry {
            difference = error.description
        } catch let error as LedgerDerivation.Difference {
            difference = error.text
        }
        return CheckResult(
            entries: derivation.checked, tiles: derivation.tiles, batches: derivation.batches,
            receipts: derivation.receipts, difference: difference)
    }
}

/// What the entries of a stored ledger make, one after the other, held against what is stored.
private struct LedgerDerivation {
    struct Difference: Error {
        let text: String
    }

    let database: LedgerDatabase
    let keepsEveryCheckpoint: Bool
    private(set) var checked: UInt64 = 0
    private(set) var tiles = 0
    private(set) var batches = 0
    private(set) var receipts = 0
    private var movements = 0
    private var changes = 0
    private var replica: Replica?
    private var newestEnd: UInt64?
    /// The newest size whose checkpoint is not there.
    private var newestMissing: UInt64?
    /// The newest version of each row of tiles that is not full yet.
    private var open: [TileCoordinate: Tile] = [:]

    init(database: LedgerDatabase, keepsEveryCheckpoint: Bool) {
        self.database = database
        self.keepsEveryCheckpoint = keepsEveryCheckpoint
    }

    /// Executes the next entry.
    ///
    /// - Throws: ``Difference``, `Misconduct`, or what reading throws.
    mutating func add(_ entry: [UInt8]) throws {
        guard var next = replica else {
            replica = try Replica(genesis: entry)
            checked = 1
            return
        }
        let executed = try next.execute(entry)
        if let receipt = executed.receipt { try compare(receipt) }
        if let end = executed.batchEnd { try compare(end, of: next) }
        replica = next
        checked += 1
    }

    /// What shows only when there are no more entries.
    ///
    /// - Throws: What reading throws.
    func differenceAtEnd() throws -> Difference? {
        do {
            try compareEnd()
            return nil
        } catch let difference as Difference {
            return difference
        }
    }

    private func compareEnd() throws {
        if let replica, !replica.isAtBatchEnd {
            throw Difference(text: "the last batch has no end")
        }
        if let newestEnd, try database.checkpoint(at: newestEnd) == nil {
            throw Self.missingCheckpoint(newestEnd)
        }
        if keepsEveryCheckpoint, let newestMissing, let lab = replica?.state.lab,
            !lab.isPast(newestMissing)
        {
            throw Self.missingCheckpoint(newestMissing)
        }
        for (_, tile) in open.sorted(by: { $0.key < $1.key }) { try compareWhole(tile) }
        let stored = try database.counts()
        try compare(stored.tiles, tiles, "tiles")
        try compare(stored.batches, batches, "checkpoints")
        try compare(stored.receipts, receipts, "receipts")
        try compare(stored.movements, movements, "accounts with movements")
        try compare(stored.changes, changes, "changes of contracts")
    }

    private func compare(_ stored: Int, _ derived: Int, _ what: String) throws {
        guard stored == derived else {
            throw Difference(
                text: "\(stored) \(what) are stored, and the entries make \(derived)")
        }
    }

    private mutating func compare(_ receipt: Receipt) throws {
        receipts += 1
        let stored = try database.storedReceipt(at: receipt.index)
        guard stored?.json == receipt.json.canonicalBytes else {
            throw Difference(
                text: "the stored receipt of entry \(receipt.index) is "
                    + (stored == nil ? "missing" : "not the one that executing it gives"))
        }
        guard stored?.transaction == receipt.transaction.text else {
            throw Difference(
                text: "the receipt of entry \(receipt.index) is stored under another transaction")
        }
        let accounts = Set(receipt.accounts.map(\.description))
        movements += accounts.count
        guard try database.storedAccounts(at: receipt.index) == accounts else {
            throw Difference(
                text: "the movements of entry \(receipt.index) are stored under other accounts")
        }
        let changed = receipt.json.changedContracts
        changes += changed.count
        guard try database.storedChanges(at: receipt.index) == changed else {
            throw Difference(
                text: "the changes of entry \(receipt.index) are stored under other contracts")
        }
    }

    private mutating func compare(_ end: Replica.BatchEnd, of replica: Replica) throws {
        for tile in end.tiles {
            let place = tile.coordinate
            let row = TileCoordinate(level: place.level, index: place.index)
            if open.updateValue(tile, forKey: row) == nil { tiles += 1 }
            let stored = try database.tile(level: place.level, index: place.index)
            // The row may have grown since.
            guard stored.starts(with: tile.hashes) else { throw Self.differs(tile) }
            guard !place.isPartial else { continue }
            try compareWhole(tile)
            open[row] = nil
        }
        let size = end.head.size
        newestEnd = size
        let checkpoint: UnverifiedCheckpoint
        do {
            guard let stored = try database.checkpoint(at: size) else {
                newestMissing = size
                return
            }
            checkpoint = stored
        } catch let error as UnverifiedCheckpointError {
            throw Difference(text: "the checkpoint of size \(size) cannot be read: \(error)")
        }
        guard checkpoint.statement.head == end.head else {
            throw Difference(
                text: "the checkpoint of size \(size) has another root than the entries")
        }
        do {
            try checkpoint.verifySignedByLog(of: replica.state.lab)
        } catch {
            throw Difference(text: "the checkpoint of size \(size) does not hold: \(error)")
        }
        batches += 1
    }

    private static func missingCheckpoint(_ size: UInt64) -> Difference {
        Difference(text: "the checkpoint of size \(size) is missing")
    }

    private func compareWhole(_ tile: Tile) throws {
        let place = tile.coordinate
        guard try database.tileContent(level: place.level, index: place.index) == tile.content
        else { throw Self.differs(tile) }
    }

    private static func differs(_ tile: Tile) -> Difference {
        Difference(
            text: "the stored tile \(tile.coordinate.path) is not the one that the entries make")
    }
}
