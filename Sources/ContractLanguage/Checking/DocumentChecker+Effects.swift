import Policy

// What an action changes and pays.
extension DocumentChecker {
    mutating func check(
        _ effect: ActionText.Effect, in scope: Scope
    ) -> (index: Int, change: CompiledContract.Action.Change)? {
        guard let index = document.state.firstIndex(where: { $0.name == effect.variable }) else {
            problem(
                effect.path, "there is no state `\(effect.variable)`",
                suggestion: similar(effect.variable, in: document.state.map(\.name)))
            return nil
        }
        let type = document.state[index].type
        switch (effect.change, type) {
        case (.set(let text), _):
            return formula(text, type.valueType, in: scope).map { (index, .set($0)) }
        case (.add(let text), .int), (.add(let text), .money):
            return formula(text, .int, in: scope).map { (index, .add($0)) }
        case (.subtract(let text), .int), (.subtract(let text), .money):
            return formula(text, .int, in: scope).map { (index, .subtract($0)) }
        case (.append(let text), .list(let element, _)):
            return formula(text, element.valueType, in: scope).map { (index, .append($0)) }
        case (.remove(let text), .list(let element, _)):
            return formula(text, element.valueType, in: scope).map { (index, .remove($0)) }
        case (.remove(let text), .map(let key, _, _)):
            return formula(text, key.valueType, in: scope).map { (index, .remove($0)) }
        case (.put(let keyText, let valueText), .map(let key, let value, _)):
            guard let key = formula(keyText, key.valueType, in: scope),
                let value = formula(valueText, value.valueType, in: scope)
            else { return nil }
            return (index, .put(key: key, value: value))
        default:
            problem(
                effect.path,
                "does not fit \(type): add and subtract are for numbers, append for lists, put for maps, remove for lists and maps"
            )
            return nil
        }
    }

    mutating func check(
        _ payment: ActionText.Payment, of action: ActionText, in scope: Scope
    ) -> CompiledContract.Action.Payment? {
        check(payment.from, at: "\(payment.path).from", isPayer: true)
        let destination: CompiledContract.Action.Payment.Destination?
        switch payment.to {
        case .purse(let purse):
            check(purse, at: "\(payment.path).to", isPayer: false)
            if purse == payment.from {
                problem(
                    "\(payment.path).to",
                    "who pays gets nothing back by it: `from` and `to` are one")
            }
            destination = .purse(purse)
        case .split(let text):
            destination = formula(text, .map(key: .string, value: .int), in: scope)
                .map { .split($0) }
        case .member(let text):
            destination = formula(text, .string, in: scope).map { .member($0) }
        }
        let condition = payment.condition.flatMap { self.condition($0, in: scope) }
        var amount: Formula?
        switch payment.amount {
        case .rest:
            if payment.from != .escrow {
                problem("\(payment.path).amount", "`rest` is what is left in escrow")
            }
        case .units(let text):
            amount = formula(text, .int, in: scope)
            if amount == nil { return nil }
        }
        return destination.map {
            .init(text: payment, to: $0, amount: amount, condition: condition)
        }
    }

    private mutating func check(
        _ purse: ActionText.Payment.Purse, at path: String, isPayer: Bool
    ) {
        guard case .party(let name) = purse else { return }
        switch document.party(name) {
        case .member: break
        case .members:
            problem(
                path,
                isPayer
                    ? "`\(name)` are several members; each pays for itself, as `sender`"
                    : "`\(name)` are several members; use {split: …} or {member: …}")
        case nil:
            problem(
                path, "`\(name)` is no party",
                suggestion: similar(name, in: document.parties.map(\.name) + ["escrow", "sender"]))
        }
    }

    mutating func checkToken() {
        guard let token = document.token else { return }
        if document.party(token.holder) != .member {
            problem("token.holder", "should be a party of one member")
        }
        let transfer = condition(token.transfer, in: parts.standing)
        var unless: Formula?
        if let consent = token.consent {
            if document.party(consent.by) != .member || consent.by == token.holder {
                problem("token.consent.by", "should be another party of one member")
            }
            unless = consent.unless.flatMap { condition($0, in: parts.standing) }
        }
        for quota in token.quotas {
            let path = "token.divide.\(quota.used)"
            let used = document.state.first { $0.name == quota.used }?.type
            let limit = document.terms.first { $0.name == quota.limit }?.type
            guard let used, let limit, used.isCount, limit.isCount else {
                problem(
                    path, "should be a state of type int, and a term of type int that bounds it")
                continue
            }
        }
        if !token.ends.isEmpty, usesEscrow {
            problem(
                "token.ends",
                "ends the parts of a contract, too, and what those hold in escrow could never be paid out"
            )
        }
        for (index, stage) in token.ends.enumerated() {
            checkStage(stage, at: "token.ends[\(index)]")
        }
        let permille = token.share.flatMap { formula($0.permille, .int, in: parts.standing) }
        let beneficiaries = token.share.flatMap {
            formula($0.to, .map(key: .string, value: .int), in: parts.standing)
        }
        guard let transfer else { return }
        parts.token = .init(
            text: token, transfer: transfer, unless: unless, permille: permille,
            beneficiaries: beneficiaries)
    }
}

extension DataType {
    fileprivate var isCount: Bool {
        if case .int = self { true } else { false }
    }
}
