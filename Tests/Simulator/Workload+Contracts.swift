import ContractLanguage
import ContractLibrary
import Contracts
import Encodings

/// What is traded, decided about the lab itself, and agreed on under other documents than licences.
extension Workload {
    // MARK: - Tokens

    private func held(_ state: LabState) -> [(licence: Licence, holder: SimulatedNode)] {
        state.licences.compactMap { licence in
            guard licence.stage == "active", !licence.contract.isMerged,
                let holder = present(licence.licensee)
            else { return nil }
            return (licence, holder)
        }
    }

    func divide(_ state: LabState) throws -> Request? {
        guard let (licence, holder) = schedule.pick(held(state)) else { return nil }
        let left = licence.contract.compiled.quotasLeft(in: licence.contract.instance)
        let rounds = min(left["rounds"] ?? 0, left["abandoned"] ?? 0)
        // And now and then more than there is.
        let most = Int(max(1, rounds)) + (schedule.chance(0.1) ? 1 : 0)
        return request(
            DivideToken(
                contract: licence.id, part: try newName("part"),
                limits: ["maxRounds": Int64(schedule.pick(1...most)), "epsilonBudgetMicro": 0]),
            by: holder)
    }

    func merge(_ state: LabState) -> Request? {
        let parts = state.licences.filter { $0.contract.parent != nil && !$0.contract.isMerged }
        guard let part = schedule.pick(parts) else { return nil }
        return request(MergeToken(part: part.id), by: present(part.licensee))
    }

    /// Offers a place, gives it away, or bids for one.
    func trade(_ state: LabState) throws -> Request? {
        guard let currency = Self.currency, let (licence, holder) = schedule.pick(held(state)),
            let other = schedule.pick(active(state))
        else { return nil }
        let price = Money(Int64(schedule.pick(1...60)), currency)
        let expires = lab.coordinator.now.advanced(
            byMilliseconds: Int64(schedule.pick(500...20_000)))
        let name: TradeID = try newName("t")
        switch schedule.pick(0...3) {
        case 0:
            return request(
                TransferToken(trade: name, contract: licence.id, to: other.id, expires: expires),
                by: holder)
        case 1:
            return request(
                BidForToken(
                    trade: name, contract: licence.id, price: price, least: nil, expires: expires),
                by: other)
        default:
            return request(
                OfferToken(
                    trade: name, contract: licence.id, price: price,
                    to: schedule.chance(0.3) ? other.id : nil, least: nil, expires: expires),
                by: schedule.chance(0.9) ? holder : other)
        }
    }

    func settleTrade(_ state: LabState) -> Request? {
        guard let trade = schedule.pick(state.market.all.filter(\.isPending)) else { return nil }
        if schedule.chance(0.2) || lab.coordinator.now >= trade.expires {
            let by = [trade.seller, trade.buyer].compactMap(\.self)
            return request(
                WithdrawTrade(trade: trade.id),
                by: schedule.chance(0.8)
                    ? schedule.pick(by).flatMap { present($0) } : schedule.pick(active(state)))
        }
        if trade.status == .agreed {
            return request(
                ConsentToTrade(trade: trade.id, agrees: schedule.chance(0.8)),
                by: trade.awaits.flatMap { present($0) })
        }
        let holder = state.licence(trade.contract)?.licensee
        let taker = trade.kind == .bid ? holder : trade.buyer
        return request(
            AcceptTrade(trade: trade.id),
            by: taker.flatMap { present($0) } ?? schedule.pick(active(state)))
    }

    // MARK: - The lab itself

    private func isOpen(_ state: LabState, _ concerns: (Proposal.Change) -> Bool) -> Bool {
        state.members.proposals.sorted.contains {
            $0.row.status == .open && concerns($0.row.change)
        }
    }

    func stop(_ state: LabState) -> Request? {
        guard !isOpen(state, { if case .stop = $0 { true } else { false } }) else { return nil }
        return request(
            OpenProposal(change: .stop(reason: "a leak")), by: schedule.pick(active(state)))
    }

    func resume(_ state: LabState) -> Request? {
        guard state.agreements[.constitution]?.instance.stage == "stopped",
            !isOpen(state, { if case .resume = $0 { true } else { false } })
        else { return nil }
        return request(
            OpenProposal(change: .resume(reason: "mended")), by: schedule.pick(active(state)))
    }

    func freeze(_ state: LabState) -> Request? {
        guard let licence = schedule.pick(state.licences.filter { $0.contract.frozen == nil })
        else { return nil }
        return request(
            OpenProposal(change: .freeze(licence.id, reason: "an order")),
            by: schedule.pick(active(state)))
    }

    func unfreeze(_ state: LabState) -> Request? {
        let frozen = state.licences.filter { $0.contract.frozen != nil }.filter { licence in
            !isOpen(state) { if case .unfreeze(licence.id, _) = $0 { true } else { false } }
        }
        guard let licence = schedule.pick(frozen) else { return nil }
        return request(
            OpenProposal(change: .unfreeze(licence.id, reason: "lifted")),
            by: schedule.pick(active(state)))
    }

    /// Another constitution: the library's, in which half of the members can stop the lab.
    func constitute(_ state: LabState) throws -> Request? {
        guard !isOpen(state, { if case .replaceConstitution = $0 { true } else { false } }) else {
            return nil
        }
        let document = try Self.otherConstitution.get()
        return request(
            OpenProposal(change: .replaceConstitution(document, state.lab.rules)),
            by: schedule.pick(active(state)))
    }

    private static let otherConstitution = Result {
        let source = try LibraryDocument.constitution.published().source.canonicalText
            .replacing("input.yes * 3 > input.voters", with: "input.yes * 2 >= input.voters")
        return try ContractDocument(JSONValue(parsing: source))
    }

    // MARK: - Grants

    func grant(contract state: LabState) throws -> Request? {
        guard let currency = Self.currency, state.accounts.currencies[currency] != nil else {
            return nil
        }
        let document = try LibraryDocument.named("staged-grant")?.published()
        guard let document, let parties = three(state) else { return nil }
        let digest = PublishDocument.digest(of: document)
        guard state.agreements[document: digest] != nil else {
            return request(PublishDocument(document: document), by: parties[0])
        }
        let milestones = schedule.pick(1...3)
        return request(
            OfferContract(
                contract: try newName("g"), document: digest,
                parties: [
                    "funder": parties[0].id.json, "grantee": parties[1].id.json,
                    "reviewer": parties[2].id.json,
                ],
                terms: [
                    "plan": .string(String(repeating: "7", count: 64)),
                    "amounts": .array(
                        (0..<milestones).map { _ in .integer(Int64(schedule.pick(1...40))) }),
                    "durations": .array((0..<milestones).map { _ in "24h" }),
                    "reviewWithin": "24h", "reworks": 1, "reworkWithin": "24h",
                ], currency: currency), by: parties[0])
    }

    private func three(_ state: LabState) -> [SimulatedNode]? {
        var left = active(state)
        guard left.count >= 3 else { return nil }
        return (0..<3).map { _ in left.remove(at: schedule.pick(0...left.count - 1)) }
    }

    /// Somebody does something under a contract that is no licence.
    func act(_ state: LabState) -> Request? {
        let running = state.agreements.all.filter { contract in
            !contract.hasEnded && contract.id != .constitution && state.licence(contract.id) == nil
        }
        guard let contract = schedule.pick(running) else { return nil }
        let isAgreed = contract.instance.signed.count == contract.instance.parties.count
        let possible = contract.compiled.document.actions.filter { action in
            action.from.contains(contract.instance.stage) && action.by != [.lab]
                && (action.name != (isAgreed ? "agree" : "fund") || schedule.chance(0.05))
                && (!["decline", "give-up", "reject"].contains(action.name) || schedule.chance(0.1))
        }
        guard let action = schedule.pick(possible) else { return nil }
        let parties = action.by.flatMap {
            contract.instance.members($0.description, in: contract.compiled)
        }
        let others = parties.filter {
            action.name != "agree" || !contract.instance.signed.contains($0)
        }
        let names = others.isEmpty ? contract.instance.parties.flatMap { $0 } : others
        var input = JSONObject()
        for field in action.input { input[field.name] = value(of: field.type) }
        return request(
            TakeContractAction(
                contract: contract.id, action: action.name, parameters: .object(input)),
            by: schedule.pick(names).flatMap { try? MemberID($0) }.flatMap { present($0) })
    }

    private func value(of type: DataType) -> JSONValue {
        switch type {
        case .bool: .bool(schedule.chance(0.5))
        case .int(let range): .integer(min(range.upperBound, max(range.lowerBound, 1)))
        case .money: .integer(Int64(schedule.pick(0...20)))
        case .string: "a note"
        case .digest: .string(String(repeating: "8", count: 64))
        case .choice(let words): .string(words.first ?? "")
        default: .null
        }
    }
}
