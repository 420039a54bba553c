import Encodings
import HashTreeCollections

/// The transactions that stand on the ledger and could still be sent a second time.
///
/// A transaction says until when it is valid, and that may be only so far ahead; so what has to be
/// remembered is bounded by the traffic of that time and not by the ledger's length.
struct SeenTransactions: Sendable {
    private static let tableName = "seen"
    private static let bucketMilliseconds: Int64 = 60_000

    /// By the minute in which they run out.
    private var buckets: TreeDictionary<Int64, TreeDictionary<TransactionID, Timestamp>> = [:]

    /// - Throws: ``Refusal``: `transaction.expired`, `transaction.lifetime` or
    ///   `transaction.replayed`.
    func check(
        _ signed: SignedTransaction, now: Timestamp, rules: Rules
    ) throws(Refusal) {
        let validUntil = signed.transaction.validUntil
        guard now <= validUntil else {
            throw Refusal(
                .transactionExpired, rule: "now <= validUntil",
                saw: ["now": now, "validUntil": validUntil])
        }
        guard validUntil - now <= rules.transactionLifetimeMaxMilliseconds else {
            throw Refusal(
                .transactionLifetime, rule: "validUntil - now <= transactionLifetimeMax",
                saw: [
                    "validUntil": validUntil, "now": now,
                    "transactionLifetimeMax": "\(rules.transactionLifetimeMaxMilliseconds) ms",
                ])
        }
        guard buckets[bucket(of: validUntil)]?[signed.id] == nil else {
            throw Refusal(
                .transactionReplayed, rule: "each transaction is taken once",
                saw: ["transaction": signed.id])
        }
    }

    mutating func remember(_ signed: SignedTransaction, writes: inout [StateWrite]) {
        let validUntil = signed.transaction.validUntil
        buckets[bucket(of: validUntil), default: [:]][signed.id] = validUntil
        writes.append(
            StateWrite(key: "\(Self.tableName)/\(signed.id)", row: Self.row(validUntil)))
    }

    mutating func forget(before time: Timestamp, writes: inout [StateWrite]) {
        let current = bucket(of: time)
        // A bucket may only go when the last transaction in it has run out.
        for bucket in buckets.keys.filter({ $0 < current }).sorted() {
            let ids = buckets[bucket]?.keys.sorted() ?? []
            for id in ids {
                writes.append(StateWrite(key: "\(Self.tableName)/\(id)", row: nil))
            }
            buckets[bucket] = nil
        }
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        guard table == Self.tableName, let id = TransactionID(text) else { return nil }
        return buckets.values.lazy.compactMap { $0[id] }.first.map(Self.row)
    }

    private static func row(_ validUntil: Timestamp) -> JSONValue {
        ["validUntil": validUntil.json]
    }

    private func bucket(of time: Timestamp) -> Int64 {
        time.milliseconds / Self.bucketMilliseconds
    }
}
