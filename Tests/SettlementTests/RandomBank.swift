import ContractLibrary
import Contracts
import Encodings
import Identity
import Randomness
import Settlement
import Testing

/// A lab of which only the money is used, and a second account of that money: from the movements
/// alone.
struct RandomBank {
    static let people = ["ada", "bo", "cy", "di", "ed", "flo"]
    static let codes = ["CNY", "EUR"]

    private var state: LabState
    private var random: SeededRandom
    private let members: [MemberID]
    private let currencies: [CurrencyCode]
    private var now = Timestamp(milliseconds: 1_767_225_600_000)
    private var index: UInt64 = 1
    private var holds = 0
    private var recent: [UInt64] = []
    private var movements: [PostedMovement] = []

    private var balances: [AccountID: Int64] = [:]
    private var sums: [CurrencyCode: Int64] = [:]
    private var issued: [CurrencyCode: Int64] = [:]
    private(set) var kinds: Set<Movement.Kind> = []
    private(set) var applied = 0
    private(set) var refused = 0

    init(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func key() -> PublicKey { SigningKey(from: &random).publicKey }
        let founders = try Self.people.map {
            MemberCard(
                member: try MemberID($0), title: $0, category: .data, roles: [.issuer],
                keys: MemberKeys(signing: key(), cosigner: key()))
        }
        let founding = try FoundLab(
            title: "Bank", origin: try #require(LabOrigin(base: "lab.example/bank")),
            coordinator: CoordinatorKeys(logKey: key(), serviceKey: key()), constitution: LibraryDocument.constitution.published(), rules: Rules(),
            founders: founders)
        state = try LabState(
            founding: founding, id: LabID(leafHash: [UInt8](repeating: 1, count: 32)), at: now)
        members = founders.map(\.member)
        currencies = try Self.codes.map { try #require(CurrencyCode($0)) }
        self.random = random
        for currency in currencies {
            _ = try perform(
                RegisterCurrency(currency: currency, title: "x", scale: 2), by: members[0])
        }
    }

    // MARK: - Doing

    /// Does one thing, and looks whether the money is right.
    ///
    /// - Returns: What is wrong with it.
    mutating func step() throws -> String? {
        if chance(8) { now = now.advanced(byMilliseconds: Int64(below(2_000))) }
        let (action, sender) = try action()
        defer { index += 1 }
        let moved: [Movement]
        do throws(Refusal) {
            moved = try perform(action, by: sender)
        } catch {
            refused += 1
            return nil
        }
        applied += 1
        if action is TransferMoney { recent.append(index) }
        return check(moved) ?? check(moved, of: action)
            ?? (applied.isMultiple(of: 32_768) ? differenceFromState() : nil)
    }

    private mutating func perform(
        _ action: any LabAction, by sender: MemberID
    ) throws(Refusal) -> [Movement] {
        var context = ActionContext(index: index, now: now, sender: .member(sender))
        let moved = try state.perform(action, in: &context).moved
        for (position, movement) in moved.enumerated() {
            movements.append(
                PostedMovement(
                    index: index, position: position, time: now, transaction: "",
                    action: type(of: action).name, movement))
        }
        return moved
    }

    private mutating func below(_ bound: Int) -> Int {
        Int(random.uniformInteger(below: UInt64(bound)))
    }

    private mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    private mutating func amount(_ most: Int = 400) -> Money {
        let currency = pick(currencies)
        return Money(chance(500) ? .max : Int64(below(most)), currency)
    }

    private mutating func action() throws -> (any LabAction, MemberID) {
        let sender = pick(members)
        let other = pick(members)
        let issuer = members[0]
        switch below(30) {
        case 0, 1:
            return (IssueMoney(amount: amount(), to: other), chance(9) ? sender : issuer)
        case 2, 3: return (RedeemMoney(amount: amount(300)), sender)
        case 4:
            let fee = TransferFee(
                flat: Int64(below(3)), basisPoints: Int64(below(2_000)), to: other)
            return (SetTransferFee(currency: pick(currencies), fee: chance(3) ? nil : fee), issuer)
        case 5:
            let limit = AccountLimit(
                credit: chance(50) ? .max : Int64(below(500)),
                paymentMax: chance(3) ? Int64(below(400)) : nil)
            return (
                SetAccountLimit(holder: other, currency: pick(currencies), limit: limit), issuer
            )
        case 6, 7:
            let transfer =
                recent.isEmpty || chance(9)
                ? index / 2 : recent[recent.count - 1 - below(min(recent.count, 64))]
            return (
                ReverseTransfer(transfer: transfer, reason: "x"),
                state.accounts.transfers[transfer].flatMap { chance(4) ? nil : $0.to } ?? sender
            )
        case 8...11:
            let first = below(members.count)
            let shares = (0...below(4)).map {
                SplitPayment.Share(
                    to: members[(first + $0) % members.count], weight: 1 + Int64(below(1_000)))
            }
            return (SplitPayment(amount: amount(), shares: shares), sender)
        case 12...15:
            holds += 1
            return (
                PlaceHold(
                    hold: try HoldID("h-\(holds)"), amount: amount(), to: other,
                    expires: now.advanced(byMilliseconds: Int64(below(20_000)))), sender
            )
        case 16...21:
            let hold = try HoldID("h-\(max(1, holds - below(30)))")
            let row = state.accounts.holds[hold]
            let payee = row.flatMap { chance(5) ? nil : $0.payee } ?? sender
            if chance(3) {
                return (ReleaseHold(hold: hold), chance(2) ? payee : row?.payer ?? sender)
            }
            let part = row.map {
                Money(Int64(below(Int(clamping: $0.amount.minorUnits) &+ 2)), $0.amount.currency)
            }
            return (CaptureHold(hold: hold, amount: chance(2) ? nil : part), payee)
        default: return (TransferMoney(amount: amount(), to: other), sender)
        }
    }

    // MARK: - Checking

    /// Enters the movements, and compares the accounts that they touch.
    private mutating func check(_ moved: [Movement]) -> String? {
        for movement in moved {
            kinds.insert(movement.kind)
            let currency = movement.amount.currency
            guard movement.amount.minorUnits > 0 else { return "an empty movement" }
            enter(-movement.amount.minorUnits, movement.from, currency)
            enter(movement.amount.minorUnits, movement.to, currency)
        }
        for currency in currencies {
            guard let row = state.accounts.currencies[currency] else { return "no \(currency)" }
            guard row.issued == issued[currency, default: 0], row.issued >= 0,
                sums[currency, default: 0] == row.issued
            else { return "\(row.issued) \(currency) issued, \(sums[currency, default: 0]) there" }
        }
        for movement in moved {
            for holder in [movement.from, movement.to] {
                let account = AccountID(holder: holder, currency: movement.amount.currency)
                if case .issuance = holder { continue }
                let balance = state.accounts.balance(of: account)
                guard balance == balances[account, default: 0] else {
                    return "\(account) has \(balance), and should have \(balances[account] ?? 0)"
                }
                guard balance >= -state.accounts.limit(of: account).credit else {
                    return "\(account) has \(balance), and that is below its limit"
                }
            }
        }
        return nil
    }

    /// What a movement by itself cannot tell.
    private func check(_ moved: [Movement], of action: any LabAction) -> String? {
        func sum(_ kind: Movement.Kind) -> Int64 {
            moved.filter { $0.kind == kind }.reduce(0) { $0 + $1.amount.minorUnits }
        }
        func isEmpty(_ id: HoldID) -> Bool {
            currencies.allSatisfy {
                state.accounts.balance(of: AccountID(holder: .hold(id), currency: $0)) == 0
            }
        }
        return switch action {
        case let split as SplitPayment where sum(.split) != split.amount.minorUnits:
            "the shares of \(split.amount) sum to \(sum(.split))"
        case let capture as CaptureHold where !isEmpty(capture.hold):
            "\(capture.hold) holds something after its end"
        case let release as ReleaseHold where !isEmpty(release.hold):
            "\(release.hold) holds something after its end"
        default: nil
        }
    }

    private mutating func enter(
        _ minorUnits: Int64, _ holder: AccountHolder, _ currency: CurrencyCode
    ) {
        if case .issuance = holder {
            issued[currency, default: 0] -= minorUnits
        } else {
            balances[AccountID(holder: holder, currency: currency), default: 0] += minorUnits
            sums[currency, default: 0] += minorUnits
        }
    }

    /// Every account, also those that nothing seemed to touch.
    func differenceFromState() -> String? {
        let all = Dictionary(
            uniqueKeysWithValues: state.accounts.all.map { ($0.account, $0.minorUnits) })
        guard all == balances.filter({ $0.value != 0 }) else {
            return "an account changed without a movement"
        }
        for (account, minorUnits) in all
        where minorUnits < -state.accounts.limit(of: account).credit {
            return "\(account) has \(minorUnits), and that is below its limit"
        }
        let credit = Dictionary(
            grouping: members.flatMap { member in
                currencies.map { AccountID(holder: .member(member), currency: $0) }
            }, by: \.currency
        ).mapValues { $0.reduce(Int64(0)) { $0 + state.accounts.limit(of: $1).credit } }
        for currency in currencies
        where state.accounts.currencies[currency]?.credit != credit[currency] {
            return "the credit of \(currency) is not the sum of the limits"
        }
        return nil
    }

    /// The statements of all members in three periods in a row, against the state's balances.
    func differenceOfStatements() throws -> String? {
        if let difference = differenceFromState() { return difference }
        let start = Timestamp(milliseconds: 1_767_225_600_000)
        let third = (now - start) / 3
        let marks = [
            start, start.advanced(byMilliseconds: third), start.advanced(byMilliseconds: 2 * third),
            now.advanced(byMilliseconds: 1),
        ]
        for member in members {
            for currency in currencies {
                var closing: Int64 = 0
                for (from, to) in zip(marks, marks.dropFirst()) {
                    let statement = try AccountStatement(
                        of: member.text, in: currency, scale: 2, period: from..<to,
                        movements: movements)
                    guard statement.opening == closing else {
                        return "\(member)'s statement of \(from) opens at another balance"
                    }
                    closing = statement.closing
                }
                let balance = state.accounts.balance(
                    of: AccountID(holder: .member(member), currency: currency))
                guard closing == balance else {
                    return "\(member)'s statement closes at \(closing), and it has \(balance)"
                }
            }
        }
        return nil
    }
}
