import Contracts
import Encodings
import Foundation
import GRDB
package import Ledger
package import MerkleLog

/// A ledger on disk: entries, tiles, checkpoints and receipts in one SQLite file.
///
/// What it promises:
///
/// - When a call that writes returns, its effect survives a loss of power (WAL, synchronous FULL).
/// - A batch is written whole or not at all.
/// - An entry, once written, is never changed or dropped.
///
/// What its user promises: batches in order, one at a time. Reads may run beside them.
package final class LedgerDatabase: Sendable {
    /// What a commit waits for.
    package struct Durability: Hashable, Sendable {
        package let journalMode: String
        /// 2 is FULL: a commit waits for the disk.
        package let synchronous: Int

        package init(journalMode: String, synchronous: Int) {
            self.journalMode = journalMode
            self.synchronous = synchronous
        }
    }

    private static let schemaVersion = 3
    private static let durable = Durability(journalMode: "wal", synchronous: 2)
    private let path: String
    private let pool: DatabasePool

    /// Opens the file, or makes it.
    ///
    /// - Throws: ``StorageError``.
    package init(path: String) throws(StorageError) {
        self.path = path
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            configuration.label = "ledger"
            pool = try DatabasePool(path: path, configuration: configuration)
            // Opening in WAL mode sets NORMAL on the writer, after any preparation of ours; with
            // that a commit would not wait for the disk.
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            try Self.migrate(pool)
            let durability = try Self.durability(pool)
            guard durability == Self.durable else {
                throw StorageError.unusable(
                    path: path,
                    problem: "its journal mode is \(durability.journalMode) and synchronous is "
                        + "\(durability.synchronous), and not wal and 2 (FULL)")
            }
        } catch let error as StorageError {
            throw error
        } catch {
            throw Self.unusable(path, error)
        }
    }

    private static func durability(_ pool: DatabasePool) throws -> Durability {
        try pool.writeWithoutTransaction { database in
            Durability(
                journalMode: try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "",
                synchronous: try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1)
        }
    }

    private static func migrate(_ pool: DatabasePool) throws {
        try pool.write { database in
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version <= schemaVersion else {
                throw StorageError.newer(found: version, known: schemaVersion)
            }
            if version < 1 { try database.execute(sql: firstSchema) }
            if version < 2 { try database.execute(sql: movementsSchema) }
            if version < 3 {
                try database.execute(sql: changesSchema)
                try insertChanges(database)
            }
            try database.execute(sql: "PRAGMA user_version = \(schemaVersion)")
        }
    }

    private static let firstSchema = """
        CREATE TABLE entries (
            idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        CREATE TABLE batches (
            size INTEGER PRIMARY KEY, checkpoint BLOB NOT NULL);
        CREATE TABLE tiles (
            level INTEGER NOT NULL, idx INTEGER NOT NULL, hashes BLOB NOT NULL,
            PRIMARY KEY (level, idx)) WITHOUT ROWID;
        CREATE TABLE receipts (
            idx INTEGER PRIMARY KEY, tx TEXT NOT NULL, json BLOB NOT NULL);
        CREATE INDEX receipts_tx ON receipts (tx);
        CREATE TABLE contributions (
            job TEXT NOT NULL, round INTEGER NOT NULL, member TEXT NOT NULL,
            envelope BLOB NOT NULL, PRIMARY KEY (job, round, member)) WITHOUT ROWID;
        CREATE TABLE records (
            name TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
        """

    /// Which entries moved money on which account. No receipt of a ledger of version 1 tells of
    /// movements.
    private static let movementsSchema = """
        CREATE TABLE movements (
            holder TEXT NOT NULL, currency TEXT NOT NULL, idx INTEGER NOT NULL,
            PRIMARY KEY (holder, currency, idx)) WITHOUT ROWID;
        CREATE INDEX movements_idx ON movements (idx);
        """

    /// Ends the use of the file. It is then whole by itself, without what SQLite keeps beside it, so
    /// that a copy of it is a copy of the ledger.
    package func close() throws {
        // GRDB closes the connection that writes before those that read, and these cannot move what
        // is in the write-ahead log to its place.
        do {
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        } catch let error as DatabaseError {
            throw Self.unusable(path, error)
        }
        try pool.close()
    }

    /// How the connection that writes is set at this moment.
    package var durability: Durability {
        get throws(StorageError) {
            do {
                return try Self.durability(pool)
            } catch {
                throw Self.unusable(path, error)
            }
        }
    }

    // MARK: - Reading and writing

    /// What SQLite says is told with the file that it is about.
    private static func unusable(_ path: String, _ error: any Error) -> StorageError {
        guard let error = error as? DatabaseError else {
            return .unusable(path: path, problem: "\(error)")
        }
        return .unusable(
            path: path,
            problem:
                "\(error.message ?? "an error of SQLite") (SQLite \(error.resultCode.rawValue))")
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try pool.read(body)
        } catch let error as DatabaseError {
            throw Self.unusable(path, error)
        }
    }

    func writeAtOnce(_ body: (Database) throws -> Void) throws {
        do {
            try pool.write(body)
        } catch let error as DatabaseError {
            throw Self.unusable(path, error)
        }
    }

    func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        do {
            try await pool.write(body)
        } catch let error as DatabaseError {
            throw Self.unusable(path, error)
        }
    }

    // MARK: - The ledger

    /// Writes a batch behind those that are there.
    ///
    /// - Throws: ``StorageError/conflict(expected:found:)`` if the batch does not begin where the
    ///   ledger ends. After any other error the batch may have been written.
    package func append(_ batch: ExecutedBatch) async throws {
        try await write { database in
            let size = try Self.size(database)
            guard size == batch.batch.start else {
                throw StorageError.conflict(expected: size, found: batch.batch.start)
            }
            let insertEntry = try database.cachedStatement(
                sql: "INSERT INTO entries (idx, bytes) VALUES (?, ?)")
            for (offset, entry) in batch.batch.entries.enumerated() {
                insertEntry.setUncheckedArguments([
                    Int64(size) + Int64(offset), Data(entry),
                ])
                try insertEntry.execute()
            }
            let insertTile = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO tiles (level, idx, hashes) VALUES (?, ?, ?)")
            for tile in batch.tiles {
                insertTile.setUncheckedArguments([
                    tile.coordinate.level, Int64(tile.coordinate.index), Data(tile.content),
                ])
                try insertTile.execute()
            }
            let insertReceipt = try database.cachedStatement(
                sql: "INSERT INTO receipts (idx, tx, json) VALUES (?, ?, ?)")
            for receipt in batch.receipts {
                insertReceipt.setUncheckedArguments([
                    Int64(receipt.index), receipt.transaction.text,
                    Data(receipt.json.canonicalBytes),
                ])
                try insertReceipt.execute()
                try Self.insertMovements(of: receipt, database)
                try Self.insertChanges(of: receipt.json, at: receipt.index, database)
            }
            try database.execute(
                sql: "INSERT INTO batches (size, checkpoint) VALUES (?, ?)",
                arguments: [Int64(batch.size), Data(batch.batch.checkpoint.bytes)])
        }
    }

    /// How many entries the ledger has.
    package func size() throws -> UInt64 {
        try read(Self.size)
    }

    private static func size(_ database: Database) throws -> UInt64 {
        let last = try Int64.fetchOne(database, sql: "SELECT max(idx) FROM entries")
        return last.map { UInt64($0) + 1 } ?? 0
    }

    /// Entries from a place on, at most so many; none where the ledger does not reach.
    package func entries(from start: UInt64, count: Int) throws -> [[UInt8]] {
        // Whoever asks may name any place, also one beyond what a sum can hold.
        let (end, overflow) = start.addingReportingOverflow(UInt64(max(0, count)))
        return try read { database in
            try Self.entries(database, from: start, to: overflow ? .max : end)
        }
    }

    private static func entries(
        _ database: Database, from start: UInt64, to end: UInt64
    ) throws -> [[UInt8]] {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT idx, bytes FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx",
            arguments: [Int64(clamping: start), Int64(clamping: end)])
        var entries: [[UInt8]] = []
        while let row = try rows.next() {
            let index = start + UInt64(entries.count)
            guard row[0] as Int64 == Int64(clamping: index) else {
                throw MissingEntry(index: index)
            }
            entries.append(Array(row[1] as Data))
        }
        return entries
    }

    /// Passes each entry to `body`, in order, without holding them all.
    package func forEachEntry(
        from start: UInt64 = 0, _ body: (UInt64, [UInt8]) throws -> Void
    ) throws {
        var next = start
        while true {
            let page = try entries(from: next, count: 1_024)
            guard !page.isEmpty else { return }
            for entry in page {
                try body(next, entry)
                next += 1
            }
        }
    }

    /// The newest stored checkpoint.
    package func checkpoint() throws -> UnverifiedCheckpoint? {
        try read { database in
            try Data.fetchOne(
                database, sql: "SELECT checkpoint FROM batches ORDER BY size DESC LIMIT 1")
        }.map { try UnverifiedCheckpoint(parsing: Array($0)) }
    }

    /// The stored checkpoint of a size.
    package func checkpoint(at size: UInt64) throws -> UnverifiedCheckpoint? {
        try read { database in
            try Data.fetchOne(
                database, sql: "SELECT checkpoint FROM batches WHERE size = ?",
                arguments: [Int64(clamping: size)])
        }.map { try UnverifiedCheckpoint(parsing: Array($0)) }
    }

    /// Entries from a place on, up to the end of a batch: as many whole batches of one epoch as fit
    /// the limits, and at least one. Whoever has not executed the end of an epoch does not know the
    /// key of the next.
    ///
    /// - Returns: `nil` where there is nothing from that place on.
    package func batch(
        from start: UInt64, entriesMax: Int, bytesMax: Int
    ) throws -> LedgerBatch? {
        try read { database in
            let ends = try Row.fetchCursor(
                database,
                sql: "SELECT size, checkpoint FROM batches WHERE size > ? ORDER BY size",
                arguments: [Int64(clamping: start)])
            var entries: [[UInt8]] = []
            var bytes = 0
            var checkpoint: Data?
            while let row = try ends.next() {
                if let checkpoint, Self.origin(of: checkpoint) != Self.origin(of: row["checkpoint"])
                {
                    break
                }
                let size = UInt64(row["size"] as Int64)
                let more = try Self.entries(
                    database, from: start + UInt64(entries.count), to: size)
                bytes += more.reduce(0) { $0 + $1.count }
                if checkpoint != nil, entries.count + more.count > entriesMax || bytes > bytesMax {
                    break
                }
                entries += more
                checkpoint = row["checkpoint"]
            }
            return try checkpoint.map {
                LedgerBatch(
                    start: start, entries: entries,
                    checkpoint: try UnverifiedCheckpoint(parsing: Array($0)))
            }
        }
    }
}

extension LedgerDatabase {
    /// The first line of a checkpoint, which names the log.
    private static func origin(of checkpoint: Data) -> Data {
        checkpoint.prefix { $0 != UInt8(ascii: "\n") }
    }

    /// Copies everything into another file, as it is at this moment, but for what the keeper of this
    /// one has caught its coordinator at.
    ///
    /// - Throws: ``StorageError``, also where there is a file already.
    package func copy(to path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw StorageError.unusable(path: path, problem: "there is a ledger already")
        }
        do {
            let target = try DatabaseQueue(path: path)
            try pool.backup(to: target)
            try target.write { database in
                try database.execute(
                    sql: "DELETE FROM records WHERE name = ?",
                    arguments: [Record.evidence.rawValue])
            }
            try target.close()
        } catch let error as DatabaseError {
            throw Self.unusable(path, error)
        }
    }
}

/// A ledger that has an entry behind this one, and not this one.
struct MissingEntry: Error, Hashable, CustomStringConvertible {
    let index: UInt64

    var description: String { "entry \(index) is missing, and there are others behind it" }
}
