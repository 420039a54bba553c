import ContractLanguage
import Encodings

extension LabState {
    /// A contract whose place may change hands as far as the lab can tell.
    ///
    /// - Throws: ``Refusal``.
    func tradable(_ id: ContractID) throws(Refusal) -> Contract {
        let contract = try agreements.existing(id)
        if let refusal = bindingRefusal(on: contract) { throw refusal }
        return contract
    }

    /// The contract, if the sender holds the place in it.
    ///
    /// - Throws: ``Refusal``.
    func held(
        _ id: ContractID, by sender: MemberID, in context: inout ActionContext
    ) throws(Refusal) -> Contract {
        let contract = try tradable(id)
        let holder = contract.compiled.tokenHolder(of: contract.instance)
        try context.require(
            holder == sender.text, .wrongSender, rule: "the sender holds the place",
            saw: ["sender": sender, "contract": id, "holder": holder ?? "none"])
        return contract
    }

    func escrow(of contract: Contract) -> Int64 {
        contract.currency.map {
            accounts.balance(of: AccountID(holder: .contract(contract.id), currency: $0))
        } ?? 0
    }

    /// What a document says of a token, as the lab's refusal where it says no.
    func asked<Answer>(
        _ contract: Contract, _ action: String,
        _ question: (CompiledContract, ContractInstance, Int64) throws(ContractRefusal) -> Answer
    ) throws(Refusal) -> Answer {
        do throws(ContractRefusal) {
            return try question(contract.compiled, contract.instance, escrow(of: contract))
        } catch {
            throw Refusal(error, contract.id, under: contract.compiled, action: action)
        }
    }

    /// Whose consent a handover takes, if anybody's.
    ///
    /// - Throws: ``Refusal`` where the terms allow none.
    func consenter(
        toHandoverOf contract: Contract, at time: Timestamp
    ) throws(Refusal) -> MemberID? {
        let name = try asked(contract, "handover") {
            document, instance, escrow throws(ContractRefusal) in
            try document.consenter(toHandoverOf: instance, escrow: escrow, now: time.instant)
        }
        guard let name else { return nil }
        return try memberID(name)
    }

    /// - Throws: ``Refusal`` where a member is a party of the contract already.
    func requireNoParty(_ member: MemberID, of contract: Contract) throws(Refusal) {
        try asked(contract, "handover") { document, instance, _ throws(ContractRefusal) in
            try document.requireNoParty(member.text, of: instance)
        }
    }

    /// Notes a new trade.
    ///
    /// - Throws: ``Refusal``.
    mutating func open(_ trade: Trade, in context: inout ActionContext) throws(Refusal) {
        try context.require(
            market[trade.id] == nil, .alreadyExists, rule: "the trade's name is new",
            saw: ["trade": trade.id])
        try context.require(
            context.now < trade.expires, .wrongValue, rule: "now < expires",
            saw: ["now": context.now, "expires": trade.expires])
        if let price = trade.price {
            try context.require(
                accounts.currencies[price.currency] != nil, .unknown,
                rule: "the currency is registered", saw: ["currency": price.currency])
            try context.require(
                price.minorUnits > 0, .wrongValue, rule: "price > 0", saw: ["price": price])
        }
        try requireLeft(trade.least, in: agreements.existing(trade.contract))
        market.set(trade)
    }

    /// Puts the price aside that the buyer has agreed to.
    ///
    /// - Throws: ``Refusal``.
    mutating func putAside(
        _ trade: Trade, by buyer: MemberID, in context: inout ActionContext
    ) throws(Refusal) {
        guard let price = trade.price else { return }
        try accounts.requireWithinLimit(price, of: buyer, in: &context)
        try accounts.move(price, from: .member(buyer), to: .trade(trade.id))
    }

    /// Both sides have agreed: the place changes hands, or waits for the consent that the terms ask for.
    ///
    /// - Throws: ``Refusal``.
    mutating func agree(_ trade: Trade, in context: inout ActionContext) throws(Refusal) {
        let contract = try tradable(trade.contract)
        var next = trade
        next.handovers = trade.handovers ?? contract.handovers
        guard let consenter = try consenter(toHandoverOf: contract, at: context.now) else {
            context.decided(
                rule: "the handover takes nobody's consent", saw: ["contract": contract.id])
            try deliver(next, in: &context)
            return
        }
        // What cannot be delivered is not agreed on.
        var trial = self
        var trialContext = context
        try trial.deliver(next, in: &trialContext)
        next.status = .agreed
        next.awaits = consenter
        market.set(next)
    }

    /// The place against the price, at once.
    ///
    /// - Throws: ``Refusal``.
    mutating func deliver(_ trade: Trade, in context: inout ActionContext) throws(Refusal) {
        var contract = try tradable(trade.contract)
        guard let seller = trade.seller, let buyer = trade.buyer else {
            throw Refusal(
                .wrongStage, rule: "both sides have agreed", saw: ["trade": trade.id])
        }
        _ = try members.active(seller)
        _ = try members.active(buyer)
        try context.require(
            contract.compiled.tokenHolder(of: contract.instance) == seller.text
                && contract.handovers == trade.handovers, .wrongStage,
            rule: "the seller has held the place since it agreed",
            saw: [
                "seller": seller, "trade.handovers": trade.handovers ?? 0,
                "contract.handovers": contract.handovers,
            ])
        _ = try consenter(toHandoverOf: contract, at: context.now)
        try requireLeft(trade.least, in: contract)
        if let price = trade.price { try pay(price, of: trade, for: contract, at: context.now) }
        contract.instance = try asked(contract, "handover") {
            document, instance, escrow throws(ContractRefusal) in
            try document.handedOver(
                instance, to: buyer.text, escrow: escrow, now: context.now.instant)
        }
        contract.handovers += 1
        agreements.set(contract)
        var next = trade
        next.status = .delivered
        next.awaits = nil
        market.set(next)
    }

    /// What was put aside goes to the seller, less the share that the terms name.
    private mutating func pay(
        _ price: Money, of trade: Trade, for contract: Contract, at time: Timestamp
    ) throws(Refusal) {
        guard let seller = trade.seller else { return }
        let shares = try asked(contract, "sale") {
            document, instance, escrow throws(ContractRefusal) in
            try document.shares(
                of: price.minorUnits, for: instance, escrow: escrow, now: time.instant)
        }
        var left = price.minorUnits
        for share in shares {
            try accounts.move(
                Money(share.amount, price.currency), from: .trade(trade.id),
                to: try holder(.member(share.member), of: contract))
            left -= share.amount
        }
        try accounts.move(
            Money(left, price.currency), from: .trade(trade.id), to: .member(seller))
    }

    /// Nobody gets less than was traded: what others used up in the meantime counts.
    private func requireLeft(
        _ least: [String: Int64], in contract: Contract
    ) throws(Refusal) {
        let left = contract.compiled.quotasLeft(in: contract.instance)
        for (quota, amount) in least.sorted(by: { $0.key < $1.key }) {
            guard let available = left[quota] else {
                throw Refusal(
                    .unknown, rule: "the contract has the quota",
                    saw: ["contract": contract.id, "quota": quota])
            }
            guard available >= amount else {
                throw Refusal(
                    .contractToken, rule: "what is left of \(quota) >= trade.least.\(quota)",
                    saw: [
                        "contract": contract.id, "left": available,
                        "trade.least.\(quota)": amount,
                    ])
            }
        }
    }

    /// Ends a trade that comes to nothing, and returns what was put aside for it.
    mutating func close(_ trade: Trade, as status: Trade.Status) throws(Refusal) {
        if let price = trade.price, let buyer = trade.buyer {
            let held = accounts.balance(
                of: AccountID(holder: .trade(trade.id), currency: price.currency))
            try accounts.move(
                Money(held, price.currency), from: .trade(trade.id), to: .member(buyer),
                as: .release)
        }
        var next = trade
        next.status = status
        next.awaits = nil
        market.set(next)
    }
}
