import Policy

/// Keeps count of an action's payments.
struct Cashier {
    private(set) var escrow: Int64
    private(set) var payments: [ContractStep.Payment] = []
    let signed: Set<String>
    /// What the name of a payee must be.
    let payeeType: DataType

    init(escrow: Int64, signed: Set<String>, payeeType: DataType) {
        self.escrow = escrow
        self.signed = signed
        self.payeeType = payeeType
    }

    mutating func pay(
        _ amount: Int64, from: ContractStep.Payment.Purse, to: ContractStep.Payment.Purse
    ) throws(ContractRefusal) {
        guard amount >= 0 else {
            throw ContractRefusal(
                .payment, rule: "an amount is not below 0",
                saw: [ContractObservation(name: "amount", value: String(amount))])
        }
        guard amount > 0, from != to else { return }
        if from == .escrow {
            guard amount <= escrow else {
                throw ContractRefusal(
                    .payment, rule: "amount <= escrow",
                    saw: [
                        ContractObservation(name: "amount", value: String(amount)),
                        ContractObservation(name: "escrow", value: String(escrow)),
                    ])
            }
            escrow -= amount
        }
        if to == .escrow {
            let (sum, overflow) = escrow.addingReportingOverflow(amount)
            guard !overflow else {
                throw ContractRefusal(
                    .payment, rule: "escrow + amount fits 64 bits",
                    saw: [ContractObservation(name: "amount", value: String(amount))])
            }
            escrow = sum
        }
        payments.append(.init(from: from, to: to, amount: amount))
    }
}

extension CompiledContract {
    func pay(
        _ payment: Action.Payment, _ cashier: inout Cashier, _ instance: ContractInstance,
        _ inputs: Inputs, _ evaluator: inout Evaluator, _ moment: Moment
    ) throws(ContractRefusal) {
        do throws(ContractRefusal) {
            try move(payment, &cashier, instance, inputs, &evaluator, moment)
        } catch {
            throw error.naming(payment.text.clauses)
        }
    }

    private func move(
        _ payment: Action.Payment, _ cashier: inout Cashier, _ instance: ContractInstance,
        _ inputs: Inputs, _ evaluator: inout Evaluator, _ moment: Moment
    ) throws(ContractRefusal) {
        if let condition = payment.condition {
            guard try evaluate(condition, inputs, &evaluator, moment) == .bool(true) else { return }
        }
        let source = try purse(payment.text.from, instance, moment)
        if case .party(let name) = payment.text.from, !cashier.signed.contains(name) {
            throw ContractRefusal(
                .signature, rule: "the payer has signed",
                saw: [ContractObservation(name: "payer", value: name)])
        }
        var amount = cashier.escrow
        if let formula = payment.amount {
            guard case .int(let units) = try evaluate(formula, inputs, &evaluator, moment) else {
                return
            }
            amount = units
        }
        switch payment.to {
        case .purse(let purse):
            try cashier.pay(amount, from: source, to: try self.purse(purse, instance, moment))
        case .member(let formula):
            guard case .string(let name) = try evaluate(formula, inputs, &evaluator, moment) else {
                return
            }
            try check(.string(name), as: cashier.payeeType, named: "the payee", .payment)
            try cashier.pay(amount, from: source, to: .member(name))
        case .split(let formula):
            guard case .map(let entries) = try evaluate(formula, inputs, &evaluator, moment) else {
                return
            }
            try split(amount, entries, from: source, &cashier)
        }
    }

    private func split(
        _ amount: Int64, _ entries: [Value.MapEntry], from source: ContractStep.Payment.Purse,
        _ cashier: inout Cashier
    ) throws(ContractRefusal) {
        var weights: [(name: String, weight: Int64)] = []
        for entry in entries {
            guard case .string(let name) = entry.key, case .int(let weight) = entry.value else {
                return
            }
            try check(.string(name), as: cashier.payeeType, named: "a payee", .payment)
            weights.append((name, weight))
        }
        guard let shares = LargestRemainder.shares(of: amount, weights: weights.map(\.weight))
        else {
            throw ContractRefusal(
                .payment, rule: "the weights are not below 0, and not all 0",
                saw: weights.map { ContractObservation(name: $0.name, value: String($0.weight)) })
        }
        for (weight, share) in zip(weights, shares) {
            try cashier.pay(share, from: source, to: .member(weight.name))
        }
    }

    private func purse(
        _ purse: ActionText.Payment.Purse, _ instance: ContractInstance, _ moment: Moment
    ) throws(ContractRefusal) -> ContractStep.Payment.Purse {
        switch purse {
        case .escrow: return .escrow
        case .sender:
            guard let sender = moment.sender, sender != ContractCall.Sender.lab.text else {
                throw ContractRefusal(
                    .payment, rule: "the sender has a purse",
                    saw: [ContractObservation(name: "sender", value: moment.sender ?? "not known")],
                    isUnknown: moment.sender == nil)
            }
            return .member(sender)
        case .party(let name):
            guard let member = instance.members(name, in: self).first else {
                throw ContractRefusal(
                    .payment, rule: "the party is named",
                    saw: [ContractObservation(name: "party", value: name)])
            }
            return .member(member)
        }
    }
}
