package import Contracts
package import Encodings

/// What happened on one account in one period.
///
/// - Invariant: The opening balance and the amounts of the entries sum to the closing balance.
package struct AccountStatement: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let movement: PostedMovement
        package let counterparty: String
        /// Negative where the holder paid.
        package let amount: Int64
        /// The balance after it.
        package let balance: Int64
    }

    /// A member's name, or the name of money put aside, such as `hold:h-1`.
    package let holder: String
    package let currency: CurrencyCode
    /// How many decimal places the currency has.
    package let scale: Int
    /// From the first time on, and before the second.
    package let period: Range<Timestamp>
    package let opening: Int64
    package let entries: [Entry]
    package let closing: Int64

    /// - Parameters:
    ///   - movements: All of the account's movements before the period's end, in the ledger's order;
    ///     those of other accounts and later ones do no harm.
    /// - Throws: ``StatementError``.
    package init(
        of holder: String, in currency: CurrencyCode, scale: Int, period: Range<Timestamp>,
        movements: some Sequence<PostedMovement>
    ) throws(StatementError) {
        var balance: Int64 = 0
        var opening: Int64 = 0
        var entries: [Entry] = []
        var last: PostedMovement?
        for movement in movements {
            if let last, !Self.follows(movement, last) { throw .order(index: movement.index) }
            last = movement
            guard movement.amount.currency == currency, movement.time < period.upperBound,
                (movement.from == holder) != (movement.to == holder)
            else { continue }
            let isPaid = movement.from == holder
            let amount = isPaid ? -movement.amount.minorUnits : movement.amount.minorUnits
            let (sum, overflow) = balance.addingReportingOverflow(amount)
            guard !overflow else { throw .overflow(index: movement.index) }
            balance = sum
            if movement.time < period.lowerBound {
                opening = balance
            } else {
                entries.append(
                    Entry(
                        movement: movement, counterparty: isPaid ? movement.to : movement.from,
                        amount: amount, balance: balance))
            }
        }
        self.holder = holder
        self.currency = currency
        self.scale = scale
        self.period = period
        self.opening = opening
        self.entries = entries
        closing = balance
    }

    private static func follows(_ movement: PostedMovement, _ last: PostedMovement) -> Bool {
        (last.index, last.position) < (movement.index, movement.position)
            && last.time <= movement.time
    }

    package var json: JSONValue {
        [
            "holder": .string(holder), "currency": currency.json, "scale": .integer(Int64(scale)),
            "from": period.lowerBound.json, "to": period.upperBound.json,
            "opening": .integer(opening), "closing": .integer(closing),
            "entries": .array(
                entries.map { entry in
                    [
                        "index": .integer(Int64(clamping: entry.movement.index)),
                        "position": .integer(Int64(entry.movement.position)),
                        "time": entry.movement.time.json,
                        "transaction": .string(entry.movement.transaction),
                        "action": .string(entry.movement.action),
                        "kind": .string(entry.movement.kind),
                        "counterparty": .string(entry.counterparty),
                        "minorUnits": .integer(entry.amount), "balance": .integer(entry.balance),
                    ]
                }),
        ]
    }
}

/// Movements that are not those of a ledger.
package enum StatementError: Error, Hashable, Sendable, CustomStringConvertible {
    case order(index: UInt64)
    case overflow(index: UInt64)

    package var description: String {
        switch self {
        case .order(let index):
            "the movements of entry \(index) are not in the ledger's order, or come twice"
        case .overflow(let index):
            "with entry \(index) the balance is more than can be counted"
        }
    }
}
