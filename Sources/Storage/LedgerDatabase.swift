package import Contracts
package import Encodings
import Foundation
import GRDB
package import Identity
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
    private static let schemaVersion = 1
    private let pool: DatabasePool

    /// Opens the file, or makes it.
    ///
    /// - Throws: ``StorageError``.
    package init(path: String) throws(StorageError) {
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            configuration.label = "ledger"
            pool = try DatabasePool(path: path, configuration: configuration)
            // Opening in WAL mode sets NORMAL on the writer, after any preparation of ours; with
            // that a commit would not wait for the disk.
            let level = try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                return try Int.fetchOne(database, sql: "PRAGMA synchronous")
            }
            guard level == 2 else {
                throw StorageError.unusable(
                    path: path, problem: "synchronous is \(level ?? -1), and not FULL")
            }
            try Self.migrate(pool)
        } catch let error as StorageError {
            throw error
        } catch {
            throw .unusable(path: path, problem: "\(error)")
        }
    }

    private static func migrate(_ pool: DatabasePool) throws {
        try pool.write { database in
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version <= schemaVersion else {
                throw StorageError.newer(found: version, known: schemaVersion)
            }
            guard version == 0 else { return }
            try database.execute(
                sql: """
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
                    PRAGMA user_version = \(schemaVersion);
                    """)
        }
    }

    package func close() throws {
        try pool.close()
    }

    // MARK: - The ledger

    /// Writes a batch behind those that are there.
    ///
    /// - Throws: ``StorageError/conflict(expected:found:)`` if the batch does not begin where the
    ///   ledger ends. After any other error the batch may have been written.
    package func append(_ batch: ExecutedBatch) async throws {
        try await pool.write { database in
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
            }
            try database.execute(
                sql: "INSERT INTO batches (size, checkpoint) VALUES (?, ?)",
                arguments: [Int64(batch.size), Data(batch.batch.checkpoint.bytes)])
        }
    }

    /// How many entries the ledger has.
    package func size() throws -> UInt64 {
        try pool.read(Self.size)
    }

    private static func size(_ database: Database) throws -> UInt64 {
        let last = try Int64.fetchOne(database, sql: "SELECT max(idx) FROM entries")
        return last.map { UInt64($0) + 1 } ?? 0
    }

    /// Entries from a place on, at most so many.
    package func entries(from start: UInt64, count: Int) throws -> [[UInt8]] {
        let (end, isBeyond) = start.addingReportingOverflow(UInt64(count))
        return try pool.read { database in
            try Self.entries(database, from: start, to: isBeyond ? .max : end)
        }
    }

    private static func entries(
        _ database: Database, from start: UInt64, to end: UInt64
    ) throws -> [[UInt8]] {
        let rows = try Data.fetchCursor(
            database, sql: "SELECT bytes FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx",
            arguments: [Int64(clamping: start), Int64(clamping: end)])
        var entries: [[UInt8]] = []
        while let row = try rows.next() {
            entries.append(Array(row))
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
        try pool.read { database in
            try Data.fetchOne(
                database, sql: "SELECT checkpoint FROM batches ORDER BY size DESC LIMIT 1")
        }.map { try UnverifiedCheckpoint(parsing: Array($0)) }
    }

    package func checkpointCount() throws -> Int {
        try pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM batches") ?? 0 }
    }

    /// The stored checkpoint of a size.
    package func checkpoint(at size: UInt64) throws -> UnverifiedCheckpoint? {
        try pool.read { database in
            try Data.fetchOne(
                database, sql: "SELECT checkpoint FROM batches WHERE size = ?",
                arguments: [Int64(clamping: size)])
        }.map { try UnverifiedCheckpoint(parsing: Array($0)) }
    }

    /// Entries from a place on, up to the end of a batch: as many whole batches as fit the limits,
    /// and at least one.
    ///
    /// - Returns: `nil` where there is nothing from that place on.
    package func batch(
        from start: UInt64, entriesMax: Int, bytesMax: Int
    ) throws -> LedgerBatch? {
        try pool.read { database in
            let ends = try Row.fetchCursor(
                database,
                sql: "SELECT size, checkpoint FROM batches WHERE size > ? ORDER BY size",
                arguments: [Int64(clamping: start)])
            var entries: [[UInt8]] = []
            var bytes = 0
            var checkpoint: Data?
            while let row = try ends.next() {
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

    // MARK: - The tree

    /// Everything that the stored tiles can tell: old roots and proofs.
    package var tree: StoredTree {
        StoredTree { [self] level, index in try tile(level: level, index: index) }
    }

    /// The hashes of a tile, as many as there are.
    package func tile(level: Int, index: UInt64) throws -> [TreeHash] {
        let content = try pool.read { database in
            try Data.fetchOne(
                database, sql: "SELECT hashes FROM tiles WHERE level = ? AND idx = ?",
                arguments: [level, Int64(clamping: index)])
        }
        guard let content else { return [] }
        let bytes = Array(content)
        return stride(from: 0, to: bytes.count, by: TreeHash.byteCount).compactMap {
            TreeHash(bytes: bytes[$0..<min($0 + TreeHash.byteCount, bytes.count)])
        }
    }

    // MARK: - Receipts

    package func receipt(at index: UInt64) throws -> JSONValue? {
        try json(
            "SELECT json FROM receipts WHERE idx = ?", arguments: [Int64(clamping: index)])
    }

    package func receipt(of transaction: TransactionID) throws -> JSONValue? {
        try json("SELECT json FROM receipts WHERE tx = ?", arguments: [transaction.text])
    }

    private func json(_ sql: String, arguments: StatementArguments) throws -> JSONValue? {
        try pool.read { try Data.fetchOne($0, sql: sql, arguments: arguments) }
            .map { try JSONValue(parsing: Array($0)) }
    }

    // MARK: - Contributions

    /// Keeps a contribution; the first one of a member to a round stays.
    package func keep(_ signed: SignedContribution) async throws {
        let contribution = signed.contribution
        let envelope = Data(signed.envelope.json.canonicalBytes)
        try await pool.write { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO contributions (job, round, member, envelope)
                    VALUES (?, ?, ?, ?)
                    """,
                arguments: [
                    contribution.round.job.text, contribution.round.number,
                    contribution.member.text, envelope,
                ])
        }
    }

    /// The contributions to a round that have been kept.
    package func contributions(to round: RoundID) throws -> [Envelope] {
        try pool.read { database in
            try Data.fetchAll(
                database,
                sql: """
                    SELECT envelope FROM contributions WHERE job = ? AND round = ? ORDER BY member
                    """,
                arguments: [round.job.text, round.number])
        }.map { try Envelope(JSONValue(parsing: Array($0))) }
    }

    // MARK: - Records

    /// One value that is replaced as a whole.
    package enum Record: String, Sendable {
        /// The newest certificate.
        case certificate
        /// What the coordinator was caught at.
        case evidence
    }

    package func set(_ record: Record, to bytes: [UInt8]?) async throws {
        try await pool.write { database in
            if let bytes {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO records (name, bytes) VALUES (?, ?)",
                    arguments: [record.rawValue, Data(bytes)])
            } else {
                try database.execute(
                    sql: "DELETE FROM records WHERE name = ?", arguments: [record.rawValue])
            }
        }
    }

    /// Writes evidence before anything else happens.
    package func keepEvidence(_ bytes: [UInt8]) throws {
        try pool.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO records (name, bytes) VALUES (?, ?)",
                arguments: [Record.evidence.rawValue, Data(bytes)])
        }
    }

    package func get(_ record: Record) throws -> [UInt8]? {
        try pool.read { database in
            try Data.fetchOne(
                database, sql: "SELECT bytes FROM records WHERE name = ?",
                arguments: [record.rawValue])
        }.map { Array($0) }
    }

    package func certificate() throws -> UnverifiedCheckpoint? {
        try get(.certificate).map { try UnverifiedCheckpoint(parsing: $0) }
    }
}

/// Why something on disk could not be read or written.
package enum StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    case unusable(path: String, problem: String)
    case newer(found: Int, known: Int)
    case conflict(expected: UInt64, found: UInt64)
    case readableByOthers(path: String, mode: String)
    case inUse(path: String)
    case wrongDigest(expected: String, found: String)

    package var description: String {
        switch self {
        case .unusable(let path, let problem): "\(path): \(problem)"
        case .newer(let found, let known):
            "the database was written by a newer version (schema \(found), and this program knows "
                + "\(known))"
        case .conflict(let expected, let found):
            "a batch begins at \(found), and the ledger has \(expected) entries"
        case .readableByOthers(let path, let mode):
            "\(path) holds a private key and others may read it (mode \(mode)): chmod 600 it"
        case .inUse(let path):
            "another process is using \(path); stop it first"
        case .wrongDigest(let expected, let found):
            "the content has the SHA-256 \(found), and \(expected) was announced"
        }
    }
}
