package import Encodings
import Policy

extension NaiveContract {
    package struct Payment: Equatable, Sendable {
        /// A member's name; empty for what the contract holds.
        package let from: String
        package let to: String
        package let amount: Int64
    }

    package struct Outcome: Sendable {
        package let contract: NaiveContract
        package let payments: [Payment]
        package let events: [JSONValue]
    }

    /// Takes an action, or says why not.
    ///
    /// - Parameter sender: `nil` for the lab.
    /// - Throws: ``NaiveRefusal``.
    package func take(
        _ name: String, by sender: String?, input: JSONValue, now: Int128
    ) throws(NaiveRefusal) -> Outcome {
        guard let action = document["actions"]?[name] else { throw NaiveRefusal("stage") }
        guard action["from"].items.contains(.string(stage)) else { throw NaiveRefusal("stage") }
        let text = sender ?? "lab"
        let isRemedy = action["by"] == nil
        let overdue = obligations.filter { $0.value <= now }.map(\.key).sorted()
        if isRemedy {
            guard overdue.contains(where: { document["obligations"]?[$0]?["else"]?.string == name })
            else { throw NaiveRefusal("obligation") }
        } else {
            for due in overdue {
                guard let obligation = document["obligations"]?[due],
                    let remedy = obligation["else"]?.string, canTake(remedy, now: now)
                else { continue }
                throw NaiveRefusal("obligation", obligation["clause"].clauseNames)
            }
        }
        let joining = try isRemedy ? [] : signing(action, sender)
        let values = try read(input, for: action, isFromLab: sender == nil)
        return try apply(name, action, sender: text, joining, values, now: now)
    }

    private func canTake(_ remedy: String, now: Int128) -> Bool {
        guard let action = document["actions"]?[remedy],
            action["from"].items.contains(.string(stage))
        else { return false }
        do throws(NaiveRefusal) {
            let outcome = try apply(remedy, action, sender: "anyone", [], [:], now: now)
            let parties = members.values.flatMap(\.self)
            return outcome.payments.allSatisfy { $0.from.isEmpty && parties.contains($0.to) }
        } catch {
            return false
        }
    }

    private func signing(
        _ action: JSONValue, _ sender: String?
    ) throws(NaiveRefusal) -> Set<String> {
        let actors = action["by"].items.compactMap(\.string)
        guard let sender else {
            guard actors.contains("lab") else { throw NaiveRefusal("party") }
            guard signed.isSuperset(of: Self.singles(of: document)) else {
                throw NaiveRefusal("signature")
            }
            return []
        }
        var joining: Set<String> = []
        var isAllowed = actors.contains("anyone")
        for party in Self.singles(of: document) where members[party] == [sender] {
            let isCounterparty = actors.contains("counterparty") && sender != offeredBy
            if actors.contains(party) || isCounterparty {
                isAllowed = true
                joining.insert(party)
            }
        }
        for (party, kind) in document["parties"].members
        where kind != "member" && actors.contains(party) {
            if members[party]?.contains(sender) == true { isAllowed = true }
        }
        guard isAllowed else { throw NaiveRefusal("party") }
        return joining
    }

    private func read(
        _ input: JSONValue, for action: JSONValue, isFromLab: Bool
    ) throws(NaiveRefusal) -> [String: NaiveValue] {
        guard let given = input.object else { throw NaiveRefusal("input") }
        var values: [String: NaiveValue] = [:]
        for (field, type) in action["input"].members {
            guard let json = given[field], let value = NaiveType(type.string ?? "").read(json)
            else {
                throw NaiveRefusal("input")
            }
            values[field] = value
        }
        guard isFromLab || given.members.count == values.count else { throw NaiveRefusal("input") }
        return values
    }

    private func apply(
        _ name: String, _ action: JSONValue, sender: String, _ joining: Set<String>,
        _ input: [String: NaiveValue], now: Int128
    ) throws(NaiveRefusal) -> Outcome {
        let evaluator = evaluator(now: now, sender: sender, input: input)
        for rule in action["require"].items {
            guard evaluator.holds(rule["cel"]?.expression ?? "") else {
                throw NaiveRefusal("rule", rule["clause"].clauseNames)
            }
        }
        var next = self
        next.signed.formUnion(joining)
        for (variable, effect) in action["effects"].members {
            let declaration = document["state"]?[variable]
            let type = NaiveType((declaration?["type"] ?? declaration)?.string ?? "")
            let value = try self.value(of: effect, on: state[variable], evaluator)
            guard type.holds(value) else { throw NaiveRefusal("bounds") }
            next.state[variable] = value
        }
        var payments: [Payment] = []
        for payment in action["pay"].items {
            payments += try next.pay(payment, sender: sender, evaluator)
        }
        var events: [JSONValue] = []
        for event in action["emit"].items {
            var data = JSONObject()
            for (field, expression) in event["data"].members {
                data[field] = try evaluate(expression, evaluator).json
            }
            events.append(["event": event["event"], "data": .object(data)])
        }
        next.stage = try nextStage(action["to"], evaluator)
        try next.turnObligations(name, action, now, old: self.evaluator(now: now))
        let isFinal = document["final"].items.contains(.string(next.stage))
        if isFinal, next.escrow != 0 { throw NaiveRefusal("payment") }
        try next.checkInvariants()
        return Outcome(contract: next, payments: payments.filter { $0.amount > 0 }, events: events)
    }

    private func evaluate(
        _ expression: JSONValue?, _ evaluator: NaiveEvaluator
    ) throws(NaiveRefusal) -> NaiveValue {
        do {
            return try evaluator.value(expression?.expression ?? "")
        } catch {
            throw NaiveRefusal("bounds")
        }
    }

    private func value(
        of effect: JSONValue, on old: NaiveValue?, _ evaluator: NaiveEvaluator
    ) throws(NaiveRefusal) -> NaiveValue {
        guard effect.object != nil else { return try evaluate(effect, evaluator) }
        if let operand = effect["add"] ?? effect["subtract"] {
            guard case .int(let one)? = old, case .int(let other) = try evaluate(operand, evaluator)
            else { throw NaiveRefusal("bounds") }
            let sum =
                effect["add"] == nil ? Int128(one) - Int128(other) : Int128(one) + Int128(other)
            guard let exact = Int64(exactly: sum) else { throw NaiveRefusal("bounds") }
            return .int(exact)
        }
        if let element = effect["append"], case .list(let elements)? = old {
            return .list(elements + [try evaluate(element, evaluator)])
        }
        if let put = effect["put"], case .map(let pairs)? = old {
            let key = try evaluate(put["key"], evaluator)
            return .ordered(pairs + [.init(key: key, value: try evaluate(put["value"], evaluator))])
        }
        let gone = try evaluate(effect["remove"], evaluator)
        switch old {
        case .list(let elements)?: return .list(elements.filter { $0 != gone })
        case .map(let pairs)?: return .map(pairs.filter { $0.key != gone })
        default: throw NaiveRefusal("bounds")
        }
    }

    private func nextStage(
        _ to: JSONValue?, _ evaluator: NaiveEvaluator
    ) throws(NaiveRefusal) -> String {
        guard let to else { return stage }
        if let target = to.string { return target }
        for turn in to.array ?? [] {
            let holds =
                try turn["when"].map { condition throws(NaiveRefusal) in
                    try evaluate(condition, evaluator) == .bool(true)
                } ?? true
            if holds { return turn["stage"]?.string ?? "" }
        }
        return stage
    }

    private mutating func turnObligations(
        _ name: String, _ action: JSONValue, _ now: Int128, old: NaiveEvaluator
    ) throws(NaiveRefusal) {
        for fulfilled in action["fulfil"].items.compactMap(\.string) {
            obligations[fulfilled] = nil
        }
        if action["by"] == nil {
            obligations = obligations.filter { obligation, due in
                due > now || document["obligations"]?[obligation]?["else"]?.string != name
            }
        }
        for opened in action["open"].items.compactMap(\.string) where obligations[opened] == nil {
            var within = document["obligations"]?[opened]?["within"]?.string ?? ""
            if within.first?.isNumber == true { within = "duration('\(within)')" }
            guard case .span(let span) = try evaluate(.string(within), old), span >= 0,
                NaiveTime.range.contains(now + Int128(span))
            else { throw NaiveRefusal("bounds") }
            obligations[opened] = now + Int128(span)
        }
    }

    // MARK: - Payments

    private mutating func pay(
        _ payment: JSONValue, sender: String, _ evaluator: NaiveEvaluator
    ) throws(NaiveRefusal) -> [Payment] {
        do throws(NaiveRefusal) {
            return try move(payment, sender: sender, evaluator)
        } catch {
            throw NaiveRefusal(error.kind, error.clauses + payment["clause"].clauseNames)
        }
    }

    /// Pays, and keeps count of what the contract holds.
    private mutating func move(
        _ payment: JSONValue, sender: String, _ evaluator: NaiveEvaluator
    ) throws(NaiveRefusal) -> [Payment] {
        if let condition = payment["when"] {
            guard try evaluate(condition, evaluator) == .bool(true) else { return [] }
        }
        let usesSender = payment["from"] == "sender" || payment["to"] == "sender"
        let from = purse(payment["from"]?.string ?? "", sender)
        if let party = payment["from"]?.string, party != "escrow", party != "sender",
            !signed.contains(party)
        {
            throw NaiveRefusal("signature")
        }
        var amount = escrow
        if payment["amount"] != "rest" {
            guard case .int(let units) = try evaluate(payment["amount"], evaluator) else {
                throw NaiveRefusal("bounds")
            }
            amount = units
        }
        let to = payment["to"]
        var shares: [(to: String, amount: Int64)] = []
        if usesSender, sender == "lab" { throw NaiveRefusal("payment") }
        if let name = to?.string {
            shares = [(purse(name, sender), amount)]
        } else if let expression = to?["member"] {
            let name = try evaluate(expression, evaluator).string
            guard NaiveType.isMember(Array(name.utf8)) else {
                throw NaiveRefusal("payment")
            }
            shares = [(name, amount)]
        } else if case .map(let weights) = try evaluate(to?["split"], evaluator) {
            shares = try Self.divide(amount, weights)
        }
        guard amount >= 0 else { throw NaiveRefusal("payment") }
        var payments: [Payment] = []
        for share in shares where share.to != from && share.amount > 0 {
            if from.isEmpty {
                guard share.amount <= escrow else { throw NaiveRefusal("payment") }
                escrow -= share.amount
            }
            if share.to.isEmpty {
                guard escrow <= .max - share.amount else { throw NaiveRefusal("payment") }
                escrow += share.amount
            }
            payments.append(Payment(from: from, to: share.to, amount: share.amount))
        }
        return payments
    }

    /// The name of a member; empty for what the contract holds.
    private func purse(_ name: String, _ sender: String) -> String {
        switch name {
        case "escrow": ""
        case "sender": sender
        default: members[name]?.first ?? ""
        }
    }

    /// Everybody gets the whole part of its share; the units that are left go to the largest
    /// remainders, and of equal ones to the first by name.
    private static func divide(
        _ amount: Int64, _ weights: [NaiveValue.Pair]
    ) throws(NaiveRefusal) -> [(to: String, amount: Int64)] {
        var parts: [(name: String, weight: Int128)] = []
        for pair in weights {
            guard case .int(let weight) = pair.value, weight >= 0,
                NaiveType.isMember(Array(pair.key.string.utf8))
            else { throw NaiveRefusal("payment") }
            parts.append((pair.key.string, Int128(weight)))
        }
        guard amount >= 0 else { throw NaiveRefusal("payment") }
        if amount == 0 { return [] }
        let total = parts.reduce(0) { $0 + $1.weight }
        guard total > 0 else { throw NaiveRefusal("payment") }
        var shares: [(to: String, amount: Int64)] = []
        var remainders: [(place: Int, rest: Int128)] = []
        for (place, part) in parts.enumerated() {
            let product = Int128(amount) * part.weight
            shares.append((part.name, Int64(product / total)))
            remainders.append((place, product % total))
        }
        var left = amount - shares.reduce(0) { $0 + $1.amount }
        for (place, _) in remainders.sorted(by: { ($1.rest, $0.place) < ($0.rest, $1.place) }) {
            guard left > 0 else { break }
            shares[place].amount += 1
            left -= 1
        }
        return shares
    }
}
