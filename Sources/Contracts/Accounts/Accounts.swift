package import Encodings

/// Whose money it is.
package enum AccountHolder: Hashable, Comparable, Sendable, CustomStringConvertible {
    case member(MemberID)
    /// What a contract holds in escrow.
    case contract(ContractID)
    /// What is set aside for the fees of a job's rounds.
    case job(JobID)

    package var description: String {
        switch self {
        case .member(let member): member.text
        case .contract(let contract): "contract:\(contract)"
        case .job(let job): "job:\(job)"
        }
    }
}

package struct AccountID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let holder: AccountHolder
    package let currency: CurrencyCode

    package init(holder: AccountHolder, currency: CurrencyCode) {
        self.holder = holder
        self.currency = currency
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.holder, left.currency) < (right.holder, right.currency)
    }

    package var description: String { "\(holder)/\(currency)" }
}

/// The balance of an account, in minor units; never below zero.
package struct Balance: StateRow, Hashable {
    package let minorUnits: Int64

    package var json: JSONValue { ["minorUnits": .integer(minorUnits)] }
}

/// A currency, and how much of it there is.
package struct Currency: StateRow, Hashable {
    package let code: CurrencyCode
    package let title: String
    /// How many decimal places the major unit has over the minor one.
    package let scale: Int
    package let issuer: MemberID
    package var issued: Int64

    package var json: JSONValue {
        [
            "currency": code.json, "title": .string(title), "scale": .integer(Int64(scale)),
            "issuer": issuer.json, "issued": .integer(issued),
        ]
    }
}

/// All money in the lab.
///
/// - Invariant: For each currency the balances sum to what was issued, and none is negative.
package struct Accounts: Sendable {
    package private(set) var currencies = Table<CurrencyCode, Currency>("currency") { $0.text }
    private var balances = Table<AccountID, Balance>("account") { $0.description }

    init() {}

    package func balance(of account: AccountID) -> Int64 {
        balances[account]?.minorUnits ?? 0
    }

    /// Accounts that are not empty, in the order of holder and currency.
    package var all: [(account: AccountID, minorUnits: Int64)] {
        balances.sorted.map { ($0.key, $0.row.minorUnits) }
    }

    mutating func register(_ currency: Currency) {
        currencies.set(currency.code, currency)
    }

    /// Makes money.
    ///
    /// - Throws: ``Refusal``: `unknown` or `account.overflow`.
    mutating func issue(_ amount: Money, to holder: AccountHolder) throws(Refusal) {
        guard var currency = currencies[amount.currency] else {
            throw Refusal(
                .unknown, rule: "the currency is registered", saw: ["currency": amount.currency])
        }
        let (issued, overflow) = currency.issued.addingReportingOverflow(amount.minorUnits)
        guard !overflow else {
            throw Refusal(
                .overflow, rule: "currency.issued + amount <= 2^63 - 1",
                saw: ["currency.issued": currency.issued, "amount": amount])
        }
        currency.issued = issued
        currencies.set(currency.code, currency)
        let account = AccountID(holder: holder, currency: amount.currency)
        set(account, to: balance(of: account) + amount.minorUnits)
    }

    /// Moves money between two accounts, or moves nothing.
    ///
    /// - Throws: ``Refusal/Code/overdrawn``.
    mutating func move(
        _ amount: Money, from payer: AccountHolder, to payee: AccountHolder
    ) throws(Refusal) {
        precondition(amount.minorUnits >= 0, "an amount is not negative")
        guard amount.minorUnits > 0, payer != payee else { return }
        let source = AccountID(holder: payer, currency: amount.currency)
        let target = AccountID(holder: payee, currency: amount.currency)
        let available = balance(of: source)
        guard available >= amount.minorUnits else {
            throw Refusal(
                .overdrawn, rule: "payer.balance >= amount",
                saw: ["payer": payer, "payer.balance": available, "amount": amount])
        }
        set(source, to: available - amount.minorUnits)
        // Cannot overflow: both balances are part of what was issued, which fits.
        set(target, to: balance(of: target) + amount.minorUnits)
    }

    private mutating func set(_ account: AccountID, to minorUnits: Int64) {
        if minorUnits == 0 {
            balances.remove(account)
        } else {
            balances.set(account, Balance(minorUnits: minorUnits))
        }
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        currencies.drainWrites(into: &writes)
        balances.drainWrites(into: &writes)
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        switch table {
        case currencies.name: currencies.row(atKeyText: text)
        case balances.name: balances.row(atKeyText: text)
        default: nil
        }
    }
}
