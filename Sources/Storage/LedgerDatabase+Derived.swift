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
    func counts() throws -> (tiles: Int, batches: Int, receipts: Int, movements: Int) {
        try read { database in
            func count(_ table: String) throws -> Int {
                try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
            }
            return (
                try count("tiles"), try count("batches"), try count("receipts"),
                try count("movements")
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

    /// The receipts of what changed a row of the state, the oldest first.
    ///
    /// - Note: It reads through all receipts from the first on.
    package func receipts(
        changing key: String, from first: UInt64, count: Int
    ) throws -> [JSONValue] {
        // As it stands in a receipt's list of changes; what members write can look the same.
        let mark = Data(JSONValue.string(key).canonicalBytes)
        return try read { database in
            let candidates = try Data.fetchCursor(
                database,
                sql: """
                    SELECT json FROM receipts WHERE idx >= ? AND instr(json, ?) > 0 ORDER BY idx
                    """,
                arguments: [Int64(clamping: first), mark])
            var found: [JSONValue] = []
            while found.count < count, let bytes = try candidates.next() {
                let receipt = try JSONValue(parsing: Array(bytes))
                let changed = receipt["outcome"]?["changed"]?.array ?? []
                if changed.contains(.string(key)) { found.append(receipt) }
            }
            return found
        }
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
