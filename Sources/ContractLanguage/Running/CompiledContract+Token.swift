package import Policy

/// What a document says of the trade in the place of one of its parties.
///
/// Nothing here asks who acts: whoever calls has the agreement of the holder and of the buyer.
extension CompiledContract {
    /// The member in the place that can be traded; `nil` where there is no such place.
    package func tokenHolder(of instance: ContractInstance) -> String? {
        token.flatMap { instance.members($0.text.holder, in: self).first }
    }

    /// Whether its stage ends all that was divided off from it.
    package func endsParts(_ instance: ContractInstance) -> Bool {
        token?.text.ends.contains(instance.stage) ?? false
    }

    /// Whose consent it takes, beside the holder's and the buyer's, to pass the place on.
    ///
    /// - Returns: A member, or `nil` where it takes nobody's.
    /// - Throws: ``ContractRefusal`` where it cannot be passed on at all.
    package func consenter(
        toHandoverOf instance: ContractInstance, escrow: Int64, now: Instant
    ) throws(ContractRefusal) -> String? {
        let token = try tradedToken(of: instance)
        let moment = self.moment(of: instance, escrow: escrow, now: now)
        let inputs = standing.inputs(moment)
        var evaluator = Evaluator()
        guard try evaluate(token.transfer, inputs, &evaluator, moment) == .bool(true) else {
            throw ContractRefusal(
                .token, rule: "the place may be passed on: \(token.transfer.text.text)",
                saw: token.transfer.observed(in: moment))
        }
        guard let consent = token.text.consent else { return nil }
        if let unless = token.unless,
            try evaluate(unless, inputs, &evaluator, moment) == .bool(true)
        {
            return nil
        }
        return instance.members(consent.by, in: self).first
    }

    /// The instance with another member in the place.
    ///
    /// - Throws: ``ContractRefusal``.
    package func handedOver(
        _ instance: ContractInstance, to member: String, escrow: Int64, now: Instant
    ) throws(ContractRefusal) -> ContractInstance {
        let token = try tradedToken(of: instance)
        try requireNoParty(member, of: instance)
        guard let place = document.parties.firstIndex(where: { $0.name == token.text.holder })
        else { return instance }
        var next = instance
        if instance.parties[place] == [instance.offeredBy] { next.offeredBy = member }
        next.parties[place] = [member]
        try checkInvariants(of: next, escrow: escrow, now: now)
        return next
    }

    /// The parties of one member are different members.
    ///
    /// - Throws: ``ContractRefusal``.
    package func requireNoParty(
        _ member: String, of instance: ContractInstance
    ) throws(ContractRefusal) {
        for (party, names) in zip(document.parties, instance.parties)
        where party.kind == .member && names == [member] {
            throw ContractRefusal(
                .token, rule: "the buyer is no party yet",
                saw: [ContractObservation(name: party.name, value: member)])
        }
    }

    /// What others than the seller get of a price, in the order of their names.
    ///
    /// - Throws: ``ContractRefusal``.
    package func shares(
        of price: Int64, for instance: ContractInstance, escrow: Int64, now: Instant
    ) throws(ContractRefusal) -> [(member: String, amount: Int64)] {
        let token = try tradedToken(of: instance)
        guard let permilles = token.permille, let beneficiaries = token.beneficiaries else {
            return []
        }
        let moment = self.moment(of: instance, escrow: escrow, now: now)
        let inputs = standing.inputs(moment)
        var evaluator = Evaluator()
        guard case .int(let permille) = try evaluate(permilles, inputs, &evaluator, moment),
            (0...1_000).contains(permille)
        else {
            throw ContractRefusal(
                .payment, rule: "the share of a price is 0 to 1000 thousandths",
                saw: permilles.observed(in: moment))
        }
        // Never more than the price, which fits.
        let share = Int64(
            Int64(1_000).dividingFullWidth(price.multipliedFullWidth(by: permille)).quotient)
        guard share > 0 else { return [] }
        guard case .map(let entries) = try evaluate(beneficiaries, inputs, &evaluator, moment)
        else { return [] }
        var weights: [(member: String, weight: Int64)] = []
        for entry in entries {
            guard case .string(let name) = entry.key, case .int(let weight) = entry.value else {
                continue
            }
            weights.append((name, weight))
        }
        guard let amounts = LargestRemainder.shares(of: share, weights: weights.map(\.weight))
        else {
            throw ContractRefusal(
                .payment, rule: "the share of a price has somebody to go to",
                saw: beneficiaries.observed(in: moment))
        }
        return zip(weights, amounts).map { (member: $0.member, amount: $1) }
    }

    /// - Throws: ``ContractRefusal`` where nothing of it is traded: not ever, or not now.
    func tradedToken(of instance: ContractInstance) throws(ContractRefusal) -> Token {
        guard let token else {
            throw ContractRefusal(
                .token, rule: "\(document.label) has a token",
                saw: [ContractObservation(name: "token", value: "none")])
        }
        guard !document.final.contains(instance.stage), !endsParts(instance) else {
            throw ContractRefusal(
                .stage, rule: "the contract has not ended",
                saw: [ContractObservation(name: "stage", value: instance.stage)])
        }
        try requireEverybodySigned(instance)
        return token
    }
}
