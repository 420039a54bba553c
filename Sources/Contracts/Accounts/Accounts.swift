package import Encodings

/// Whose money it is.
package enum AccountHolder: Hashable, Comparable, Sendable, CustomStringConvertible {
    case member(MemberID)
    /// What a contract holds in escrow.
    case contract(ContractID)
    /// What is set aside for the fees of a job's rounds.
    case job(JobID)
    /// What is held for a payee.
    case hold(HoldID)
    /// What a buyer has put aside for the place in a contract.
    case trade(TradeID)
    /// Where a currency's money comes from and goes back to. It has no balance of its own: what it
    /// has given is what was issued.
    case issuance(CurrencyCode)

    package var description: String {
        switch self {
        case .member(let member): member.text
        case .contract(let contract): "contract:\(contract)"
        case .job(let job): "job:\(job)"
        case .hold(let hold): "hold:\(hold)"
        case .trade(let trade): "trade:\(trade)"
        case .issuance(let currency): "currency:\(currency)"
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

/// The balance of an account, in minor units; below zero only as far as the issuer allows.
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
    /// The credit that the issuer has granted in all. What was issued and this together are at most
    /// 2^63 - 1, so that no balance can overflow.
    package internal(set) var credit: Int64 = 0
    package internal(set) var transferFee: TransferFee?

    package var json: JSONValue {
        [
            "currency": code.json, "title": .string(title), "scale": .integer(Int64(scale)),
            "issuer": issuer.json, "issued": .integer(issued),
            "credit": credit == 0 ? nil : .integer(credit), "transferFee": transferFee?.json,
        ]
    }
}

/// All money in the lab.
///
/// - Invariant: For each currency the balances sum to what was issued, and none is below its limit.
package struct Accounts: Sendable {
    package private(set) var currencies = Table<CurrencyCode, Currency>("currency") { $0.text }
    package private(set) var holds = Table<HoldID, Hold>("hold")
    package private(set) var transfers = Table<UInt64, Transfer>("transfer") { "\($0)" }
    private var balances = Table<AccountID, Balance>("account") { $0.description }
    private var limits = Table<AccountID, AccountLimit>("limit") { $0.description }
    private var moved: [Movement] = []

    init() {}

    package func balance(of account: AccountID) -> Int64 {
        balances[account]?.minorUnits ?? 0
    }

    package func limit(of account: AccountID) -> AccountLimit {
        limits[account] ?? .none
    }

    /// Accounts that are not empty, in the order of holder and currency.
    package var all: [(account: AccountID, minorUnits: Int64)] {
        balances.sorted.map { ($0.key, $0.row.minorUnits) }
    }

    mutating func register(_ currency: Currency) {
        currencies.set(currency.code, currency)
    }

    mutating func set(_ hold: Hold) {
        holds.set(hold.id, hold)
    }

    mutating func set(_ transfer: Transfer) {
        transfers.set(transfer.index, transfer)
    }

    /// - Throws: ``Refusal``: `unknown` or `account.overflow`.
    mutating func setLimit(_ limit: AccountLimit, of account: AccountID) throws(Refusal) {
        var currency = try existing(account.currency)
        let others = currency.credit - self.limit(of: account).credit
        let (credit, overflow) = others.addingReportingOverflow(limit.credit)
        guard !overflow, credit <= .max - currency.issued else {
            throw Refusal(
                .overflow, rule: "currency.issued + currency.credit <= 2^63 - 1",
                saw: [
                    "currency.issued": currency.issued, "currency.credit": currency.credit,
                    "credit": limit.credit,
                ])
        }
        if credit != currency.credit {
            currency.credit = credit
            register(currency)
        }
        if limit == .none {
            limits.remove(account)
        } else {
            limits.set(account, limit)
        }
    }

    private func existing(_ code: CurrencyCode) throws(Refusal) -> Currency {
        guard let currency = currencies[code] else {
            throw Refusal(.unknown, rule: "the currency is registered", saw: ["currency": code])
        }
        return currency
    }

    // MARK: - Movements

    /// Makes money.
    ///
    /// - Throws: ``Refusal``: `unknown` or `account.overflow`.
    mutating func issue(_ amount: Money, to holder: AccountHolder) throws(Refusal) {
        var currency = try existing(amount.currency)
        guard amount.minorUnits <= .max - currency.credit - currency.issued else {
            throw Refusal(
                .overflow,
                rule: currency.credit == 0
                    ? "currency.issued + amount <= 2^63 - 1"
                    : "currency.issued + currency.credit + amount <= 2^63 - 1",
                saw: ["currency.issued": currency.issued, "amount": amount])
        }
        currency.issued += amount.minorUnits
        register(currency)
        record(amount, from: .issuance(amount.currency), to: holder, .issue)
    }

    /// Takes money out of the world.
    ///
    /// - Throws: ``Refusal``: `unknown` or `account.overdrawn`.
    mutating func redeem(_ amount: Money, from holder: AccountHolder) throws(Refusal) {
        var currency = try existing(amount.currency)
        let available = balance(of: AccountID(holder: holder, currency: amount.currency))
        // Credit is not money that anybody issued, and nobody can ask for money for it.
        guard amount.minorUnits <= min(available, currency.issued) else {
            throw Refusal(
                .overdrawn, rule: "amount <= holder.balance, amount <= currency.issued",
                saw: [
                    "amount": amount, "holder": holder, "holder.balance": available,
                    "currency.issued": currency.issued,
                ])
        }
        currency.issued -= amount.minorUnits
        register(currency)
        record(amount, from: holder, to: .issuance(amount.currency), .redemption)
    }

    /// Moves money between two accounts, or moves nothing.
    ///
    /// - Parameter kind: Why; where it is left out, the two holders tell.
    /// - Throws: ``Refusal/Code/overdrawn``.
    mutating func move(
        _ amount: Money, from payer: AccountHolder, to payee: AccountHolder,
        as kind: Movement.Kind? = nil
    ) throws(Refusal) {
        precondition(amount.minorUnits >= 0, "an amount is not negative")
        guard amount.minorUnits > 0, payer != payee else { return }
        let source = AccountID(holder: payer, currency: amount.currency)
        let available = balance(of: source)
        let credit = limit(of: source).credit
        guard available + credit >= amount.minorUnits else {
            throw credit == 0
                ? Refusal(
                    .overdrawn, rule: "payer.balance >= amount",
                    saw: ["payer": payer, "payer.balance": available, "amount": amount])
                : Refusal(
                    .overdrawn, rule: "payer.balance + payer.credit >= amount",
                    saw: [
                        "payer": payer, "payer.balance": available, "payer.credit": credit,
                        "amount": amount,
                    ])
        }
        record(amount, from: payer, to: payee, kind ?? Movement.kind(from: payer, to: payee))
    }

    /// The one place where balances change.
    private mutating func record(
        _ amount: Money, from payer: AccountHolder, to payee: AccountHolder, _ kind: Movement.Kind
    ) {
        // Cannot overflow: see ``Currency/credit``.
        add(-amount.minorUnits, to: AccountID(holder: payer, currency: amount.currency))
        add(amount.minorUnits, to: AccountID(holder: payee, currency: amount.currency))
        moved.append(Movement(from: payer, to: payee, amount: amount, kind: kind))
    }

    private mutating func add(_ minorUnits: Int64, to account: AccountID) {
        if case .issuance = account.holder { return }
        let balance = balance(of: account) + minorUnits
        if balance == 0 {
            balances.remove(account)
        } else {
            balances.set(account, Balance(minorUnits: balance))
        }
    }

    // MARK: - What a transaction did

    /// The movements since the last call, in the order in which they were made.
    mutating func drainMovements() -> [Movement] {
        defer { moved = [] }
        return moved
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        currencies.drainWrites(into: &writes)
        balances.drainWrites(into: &writes)
        limits.drainWrites(into: &writes)
        holds.drainWrites(into: &writes)
        transfers.drainWrites(into: &writes)
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        switch table {
        case currencies.name: currencies.row(atKeyText: text)
        case balances.name: balances.row(atKeyText: text)
        case limits.name: limits.row(atKeyText: text)
        case holds.name: holds.row(atKeyText: text)
        case transfers.name: transfers.row(atKeyText: text)
        default: nil
        }
    }
}
