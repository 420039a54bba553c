package import Contracts
package import Encodings
import Foundation
import GRDB
package import MerkleLog

// What follows from the entries and is stored beside them.
extension LedgerDatabase {
    /// Everything that the stored tiles can tell: old roots and proofs.
    package var tree: StoredTree {
        StoredTree { [self] level, index in try tile(level: level, index: index) }
    }

    /// The hashes of a tile, as many as there are.
    package func tile(level: Int, index: UInt64) throws -> [TreeHash] {
        let bytes = try tileContent(level: level, index: index)
        return stride(from: 0, to: bytes.count, by: TreeHash.byteCount).compactMap {
            TreeHash(bytes: bytes[$0..<min($0 + TreeHash.byteCount, bytes.count)])
        }
    }

    /// A tile as it is stored; empty where there is none.
    func tileContent(level: Int, index: UInt64) throws -> [UInt8] {
        let content = try read { database in
            try Data.fetchOne(
                database, sql: "SELECT hashes FROM tiles WHERE level = ? AND idx = ?",
                arguments: [level, Int64(clamping: index)])
        }
        return Array(content ?? Data())
    }

    /// How many rows there are of what the entries make.
    func counts() throws -> (
        tiles: Int, batches: Int, receipts: Int, movements: Int, changes: Int
    ) {
        try read { database in
            func count(_ table: String) throws -> Int {
                try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
            }
            return (
                try count("tiles"), try count("batches"), try count("receipts"),
                try count("movements"), try count("changes")
            )
        }
    }

    package func receipt(at index: UInt64) throws -> JSONValue? {
        try json(
            "SELECT json FROM receipts WHERE idx = ?", arguments: [Int64(clamping: index)])
    }

    /// What became of a transaction where it first stood: a later place of the same one can only be
    /// a replay, and refused.
    package func receipt(of transaction: TransactionID) throws -> JSONValue? {
        try json(
            "SELECT json FROM receipts WHERE tx = ? ORDER BY idx LIMIT 1",
            arguments: [transaction.text])
    }

    /// The receipts of what changed a contract's row of the state, the oldest first.
    ///
    /// - Parameter key: The row's, such as `contract/l-1`.
    package func receipts(
        changing key: String, from first: UInt64, count: Int
    ) throws -> [JSONValue] {
        try read { database in
            try Data.fetchAll(
                database,
                sql: """
                    SELECT receipts.json FROM changes JOIN receipts ON receipts.idx = changes.idx
                    WHERE changes.key = ? AND changes.idx >= ? ORDER BY changes.idx LIMIT ?
                    """,
                arguments: [key, Int64(clamping: first), count])
        }.map { try JSONValue(parsing: Array($0)) }
    }

    /// A receipt as it is stored, and the name that it is stored under.
    func storedReceipt(at index: UInt64) throws -> (transaction: String, json: [UInt8])? {
        try read { database in
            try Row.fetchOne(
                database, sql: "SELECT tx, json FROM receipts WHERE idx = ?",
                arguments: [Int64(clamping: index)])
        }.map { (transaction: $0[0] as String, json: Array($0[1] as Data)) }
    }

    private func json(_ sql: String, arguments: StatementArguments) throws -> JSONValue? {
        try read { try Data.fetchOne($0, sql: sql, arguments: arguments) }
            .map { try JSONValue(parsing: Array($0)) }
    }
}
