package import Contracts
package import Encodings
import Foundation
import GRDB

// Which entries moved money on which account: what a statement is made of, without reading every
// receipt.
extension LedgerDatabase {
    static func insertMovements(of receipt: Receipt, _ database: Database) throws {
        guard !receipt.moved.isEmpty else { return }
        let insert = try database.cachedStatement(
            sql: "INSERT INTO movements (holder, currency, idx) VALUES (?, ?, ?)")
        for account in receipt.accounts {
            insert.setUncheckedArguments([
                account.holder.description, account.currency.text, Int64(receipt.index),
            ])
            try insert.execute()
        }
    }

    /// The receipts of the entries that moved money on an account, from a place on, at most so many.
    ///
    /// - Parameter holder: As it stands in receipts, such as `cy` or `hold:h-1`.
    package func receipts(
        movingMoneyOf holder: String, in currency: CurrencyCode, from start: UInt64, count: Int
    ) throws -> [JSONValue] {
        try read { database in
            try Data.fetchAll(
                database,
                sql: """
                    SELECT receipts.json FROM movements JOIN receipts ON receipts.idx = movements.idx
                    WHERE movements.holder = ? AND movements.currency = ? AND movements.idx >= ?
                    ORDER BY movements.idx LIMIT ?
                    """,
                arguments: [holder, currency.text, Int64(clamping: start), count])
        }.map { try JSONValue(parsing: Array($0)) }
    }

    /// The accounts on which an entry moved money, as they are stored.
    func storedAccounts(at index: UInt64) throws -> Set<String> {
        try read { database in
            try String.fetchSet(
                database, sql: "SELECT holder || '/' || currency FROM movements WHERE idx = ?",
                arguments: [Int64(clamping: index)])
        }
    }
}

extension Receipt {
    /// The accounts on which the entry moved money.
    var accounts: Set<AccountID> {
        Set(
            moved.flatMap { movement in
                [movement.from, movement.to].map {
                    AccountID(holder: $0, currency: movement.amount.currency)
                }
            })
    }
}
