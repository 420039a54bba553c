import Encodings
import Foundation
import GRDB

// Which entries changed which contract: its history, without reading every receipt.
extension LedgerDatabase {
    static let changesSchema = """
        CREATE TABLE changes (
            key TEXT NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (key, idx)) WITHOUT ROWID;
        CREATE INDEX changes_idx ON changes (idx);
        """
    private static let pageSize: Int64 = 1_024

    static func insertChanges(of receipt: JSONValue, at index: UInt64, _ database: Database) throws
    {
        let insert = try database.cachedStatement(
            sql: "INSERT INTO changes (key, idx) VALUES (?, ?)")
        for key in receipt.changedContracts {
            insert.setUncheckedArguments([key, Int64(index)])
            try insert.execute()
        }
    }

    /// For a ledger that was written before changes were noted.
    static func insertChanges(_ database: Database) throws {
        var next: Int64 = 0
        while true {
            let page = try Row.fetchAll(
                database,
                sql: "SELECT idx, json FROM receipts WHERE idx >= ? ORDER BY idx LIMIT \(pageSize)",
                arguments: [next])
            for row in page {
                let receipt = try JSONValue(parsing: Array(row[1] as Data))
                try insertChanges(of: receipt, at: UInt64(row[0] as Int64), database)
                next = row[0] as Int64 + 1
            }
            guard !page.isEmpty else { return }
        }
    }

    /// The contracts that an entry changed, as they are stored.
    func storedChanges(at index: UInt64) throws -> Set<String> {
        try read { database in
            try String.fetchSet(
                database, sql: "SELECT key FROM changes WHERE idx = ?", arguments: [Int64(index)])
        }
    }
}

extension JSONValue {
    /// The keys of the contracts' rows that a receipt says were changed, each once.
    var changedContracts: Set<String> {
        Set(
            (self["outcome"]?["changed"]?.array ?? []).compactMap(\.string)
                .filter { $0.hasPrefix("contract/") })
    }
}
