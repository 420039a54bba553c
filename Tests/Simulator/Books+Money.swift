import Contracts
import Encodings

// Payments, and what becomes of them.
extension Books {
    mutating func reverse(
        _ action: ReverseTransfer, by sender: MemberID, _ state: LabState
    ) -> String? {
        guard let transfer = transfers[action.transfer], !transfer.isReversed,
            sender == transfer.to
                || sender == state.accounts.currencies[transfer.amount.currency]?.issuer
        else { return "transfer \(action.transfer) may not be reversed by \(sender)" }
        transfers[action.transfer]?.isReversed = true
        return move(transfer.amount, from: .member(transfer.to), to: .member(transfer.from))
    }

    mutating func limit(_ action: SetAccountLimit) -> String? {
        let holder = AccountHolder.member(action.holder)
        limits[holder] = action.limit
        let balance = balances[holder]?[action.currency] ?? 0
        return balance < -action.limit.credit
            ? "\(holder) has \(balance), and its credit becomes \(action.limit.credit)" : nil
    }

    private func fee(_ fee: TransferFee?, of payment: Money, by payer: MemberID) -> Money? {
        guard let fee, fee.to != payer else { return nil }
        let proportional = UInt128(payment.minorUnits) * UInt128(fee.basisPoints) / 10_000
        return Money(fee.flat + Int64(proportional), payment.currency)
    }

    mutating func payFee(of payment: Money, by payer: MemberID) -> String? {
        let rule = fees[payment.currency]
        guard let rule, let fee = fee(rule, of: payment, by: payer) else { return nil }
        return move(fee, from: .member(payer), to: .member(rule.to))
    }

    mutating func place(_ action: PlaceHold, by sender: MemberID) -> String? {
        guard holds[action.hold] == nil else { return "\(action.hold) is held twice" }
        let rule = fees[action.amount.currency]
        holds[action.hold] = Hold(
            payer: sender, payee: action.to, amount: action.amount, fee: rule,
            expires: action.expires)
        let fee = fee(rule, of: action.amount, by: sender)
        return move(action.amount, from: .member(sender), to: .hold(action.hold))
            ?? fee.flatMap { move($0, from: .member(sender), to: .hold(action.hold)) }
    }

    /// One unit after the other, to whoever is furthest behind its quota.
    mutating func split(_ action: SplitPayment, by sender: MemberID) -> String? {
        let shares = action.shares.sorted { $0.to < $1.to }
        let total = shares.reduce(0) { $0 + $1.weight }
        let products = shares.map { UInt128($0.weight) * UInt128(action.amount.minorUnits) }
        var parts = products.map { Int64($0 / UInt128(total)) }
        var behind = products.map { $0 % UInt128(total) }
        for _ in 0..<(action.amount.minorUnits - parts.reduce(0, +)) {
            guard let most = behind.max(), let next = behind.firstIndex(of: most) else { break }
            parts[next] += 1
            behind[next] = 0
        }
        for (share, part) in zip(shares, parts) {
            let problem = move(
                Money(part, action.amount.currency), from: .member(sender), to: .member(share.to))
            if let problem { return problem }
        }
        return nil
    }

    /// Ends a hold: all of it, or what is named, goes to the payee, or nothing where it is released.
    mutating func endHold(
        _ id: HoldID, paying amount: Money?, _ time: Timestamp, by sender: MemberID
    ) -> String? {
        guard let hold = holds[id], hold.isOpen, sender == hold.payee, time < hold.expires else {
            return "\(sender) may not take hold \(id)"
        }
        let paid = amount ?? hold.amount
        if let problem = move(paid, from: .hold(id), to: .member(hold.payee)) { return problem }
        if let rule = hold.fee, let fee = fee(rule, of: paid, by: hold.payer),
            let problem = move(fee, from: .hold(id), to: .member(rule.to))
        {
            return problem
        }
        return close(id, hold)
    }

    mutating func endHold(_ id: HoldID, _ time: Timestamp, by sender: MemberID) -> String? {
        guard let hold = holds[id], hold.isOpen,
            sender == hold.payee || sender == hold.payer && time >= hold.expires
        else { return "\(sender) may not release hold \(id)" }
        return close(id, hold)
    }

    mutating func close(_ id: HoldID, _ hold: Hold) -> String? {
        holds[id]?.isOpen = false
        let left = balances[.hold(id)]?[hold.amount.currency] ?? 0
        return move(
            Money(left, hold.amount.currency), from: .hold(id), to: .member(hold.payer))
    }

    mutating func move(
        _ amount: Money, from payer: AccountHolder?, to payee: AccountHolder?
    ) -> String? {
        guard amount.minorUnits > 0, payer != payee else { return nil }
        if let payer {
            let left =
                balances[payer, default: [:]][amount.currency, default: 0] - amount.minorUnits
            guard left >= -(limits[payer]?.credit ?? 0) else {
                return "\(payer) pays \(amount) that it does not have"
            }
            balances[payer]?[amount.currency] = left
        }
        if let payee {
            balances[payee, default: [:]][amount.currency, default: 0] += amount.minorUnits
        }
        let names = [payer, payee].map { $0?.description ?? "currency:\(amount.currency)" }
        moved.append(
            Moved(
                text: "\(names[0]) \(names[1]) \(amount.currency)",
                minorUnits: amount.minorUnits))
        return nil
    }
}
