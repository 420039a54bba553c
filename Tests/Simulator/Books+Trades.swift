import Contracts
import Encodings

// Who holds which licence, what was divided off from it, and what was paid for it.
extension Books {
    struct Trade {
        let licence: LicenceID
        var seller: MemberID?
        var buyer: MemberID?
        let price: Money?
        let expires: Timestamp
        var isAgreed = false
        var isOver = false
    }

    /// Whether something that a licence was divided off from has ended, or it is part of that again.
    func isBound(_ id: LicenceID) -> Bool {
        guard let licence = licences[id], !licence.isMerged else { return true }
        var next = licence.parent
        while let id = next, let parent = licences[id] {
            if parent.end != nil { return true }
            next = parent.parent
        }
        return false
    }

    /// The licences that were divided off from one, and from these, with it.
    private func family(of root: LicenceID) -> [Licence] {
        let parts = licences.values.filter { $0.parent == root }.map(\.id)
        return [licences[root]].compactMap(\.self) + parts.flatMap { family(of: $0) }
    }

    /// Clauses 4.1 and 7: the parts together train as often as the whole was licensed, and no more.
    var overrun: String? {
        for root in licences.values where root.parent == nil {
            let family = family(of: root.id)
            guard family.count > 1 else { continue }
            let trained = family.reduce(0) { $0 + $1.trained }
            if trained > root.roundsMax {
                return
                    "\(trained) rounds under \(root.id) and its parts, and \(root.roundsMax) licensed"
            }
            for whole in family {
                let parts = family.filter { $0.parent == whole.id && !$0.isMerged }
                let divided = parts.reduce(0) { $0 + $1.roundsMax }
                if whole.trained + divided != whole.rounds || whole.rounds > whole.roundsMax {
                    return
                        "\(whole.id) counts \(whole.rounds) rounds, with \(whole.trained) trained and "
                        + "\(divided) divided off"
                }
            }
        }
        return nil
    }

    // MARK: - Dividing

    mutating func divide(_ action: DivideToken, by sender: MemberID) -> String? {
        guard var whole = licences[action.contract], whole.licensee == sender, whole.end == nil,
            whole.isConcluded, !isBound(whole.id), licences[action.part] == nil,
            let amount = action.limits["maxRounds"]?.integer, amount > 0,
            whole.rounds + amount <= whole.roundsMax, whole.givenBack + amount <= whole.roundsMax
        else { return "\(sender) may not divide \(action.contract)" }
        whole.rounds += amount
        whole.givenBack += amount
        licences[whole.id] = whole
        var part = Licence(
            id: action.part, licensor: whole.licensor, licensee: sender, dataset: whole.dataset,
            purposes: whole.purposes, roundsMax: amount, fee: whole.fee, expires: whole.expires,
            offeredBy: whole.offeredBy, isTransferable: whole.isTransferable, isFree: whole.isFree,
            permille: whole.permille)
        part.isConcluded = true
        part.parent = whole.id
        licences[part.id] = part
        return nil
    }

    mutating func merge(_ action: MergeToken, by sender: MemberID) -> String? {
        guard var part = licences[action.part], let parent = part.parent,
            var whole = licences[parent], part.licensee == sender, whole.licensee == sender,
            part.rounds == 0, part.givenBack == 0, part.end == nil, whole.end == nil,
            !isBound(part.id), !isBound(whole.id)
        else { return "\(sender) may not merge \(action.part)" }
        whole.rounds -= part.roundsMax
        whole.givenBack -= part.roundsMax
        whole.isExhausted = false
        part.isMerged = true
        licences[whole.id] = whole
        licences[part.id] = part
        return nil
    }

    // MARK: - Trading

    mutating func open(_ id: TradeID, _ trade: Trade, by sender: MemberID) -> String? {
        guard trades[id] == nil, let licence = licences[trade.licence],
            licence.licensee == sender, licence.isTransferable
        else { return "\(sender) may not trade \(trade.licence)" }
        trades[id] = trade
        return nil
    }

    mutating func bid(_ action: BidForToken, by sender: MemberID) -> String? {
        guard trades[action.trade] == nil, let licence = licences[action.contract],
            licence.licensee != sender, licence.licensor != sender, licence.isTransferable
        else { return "\(sender) may not bid for \(action.contract)" }
        trades[action.trade] = Trade(
            licence: action.contract, seller: nil, buyer: sender, price: action.price,
            expires: action.expires)
        return move(action.price, from: .member(sender), to: .trade(action.trade))
    }

    mutating func accept(
        _ id: TradeID, _ time: Timestamp, by sender: MemberID
    ) -> String? {
        guard var trade = trades[id], !trade.isAgreed, !trade.isOver, time < trade.expires,
            let licence = licences[trade.licence]
        else { return "trade \(id) may not be accepted" }
        if trade.seller == nil {
            guard licence.licensee == sender else { return "\(sender) does not hold \(licence.id)" }
            trade.seller = sender
        } else {
            guard trade.buyer == nil || trade.buyer == sender else {
                return "trade \(id) is for somebody else than \(sender)"
            }
            trade.buyer = sender
            if let price = trade.price,
                let problem = move(price, from: .member(sender), to: .trade(id))
            {
                return problem
            }
        }
        trade.isAgreed = true
        trades[id] = trade
        return licence.isFree ? deliver(id, time) : nil
    }

    mutating func consent(
        _ action: ConsentToTrade, _ time: Timestamp, by sender: MemberID
    ) -> String? {
        guard let trade = trades[action.trade], trade.isAgreed, !trade.isOver,
            licences[trade.licence]?.licensor == sender
        else { return "trade \(action.trade) does not wait for \(sender)" }
        return action.agrees ? deliver(action.trade, time) : withdraw(action.trade)
    }

    /// The place against the price.
    private mutating func deliver(_ id: TradeID, _ time: Timestamp) -> String? {
        guard let trade = trades[id], let seller = trade.seller, let buyer = trade.buyer,
            let licence = licences[trade.licence], licence.licensee == seller,
            licence.isTransferable, licence.end == nil, !isBound(licence.id),
            time < licence.expires, time < trade.expires
        else { return "trade \(id) may not be delivered" }
        licences[licence.id]?.licensee = buyer
        trades[id]?.isOver = true
        guard let price = trade.price else { return nil }
        let share = Money(
            Int64(UInt128(price.minorUnits) * UInt128(licence.permille) / 1_000), price.currency)
        let rest = Money(price.minorUnits - share.minorUnits, price.currency)
        return move(share, from: .trade(id), to: .member(licence.licensor))
            ?? move(rest, from: .trade(id), to: .member(seller))
    }

    /// What was put aside goes back.
    mutating func withdraw(_ id: TradeID) -> String? {
        guard let trade = trades[id], !trade.isOver else { return "trade \(id) ends twice" }
        trades[id]?.isOver = true
        guard let buyer = trade.buyer, let price = trade.price else { return nil }
        let held = balances[.trade(id)]?[price.currency] ?? 0
        return move(Money(held, price.currency), from: .trade(id), to: .member(buyer))
    }

    // MARK: - Other documents

    /// What an action of a contract pays lies with its parties or in its escrow, before and after.
    mutating func take(
        _ action: TakeContractAction, moving movements: [Movement], between parties: Set<MemberID>
    ) -> String? {
        let places = Set(parties.map { AccountHolder.member($0) } + [.contract(action.contract)])
        for movement in movements {
            guard places.contains(movement.from), places.contains(movement.to) else {
                return "\(action.contract) moves money of \(movement.from) to \(movement.to)"
            }
            if let problem = move(movement.amount, from: movement.from, to: movement.to) {
                return problem
            }
        }
        return nil
    }
}
