import Encodings
import Policy

extension CompiledContract {
    /// Takes an action: all of it, or nothing.
    ///
    /// Everything is computed from the old state; then the new state must be within its types' bounds
    /// and the invariants must hold.
    ///
    /// - Throws: ``ContractRefusal``.
    package func take(
        _ call: ContractCall, on instance: ContractInstance
    ) throws(ContractRefusal) -> ContractStep {
        guard let action = actions[call.action] else {
            throw ContractRefusal(
                .stage, rule: "\(document.label) has the action",
                saw: [
                    ContractObservation(name: "action", value: call.action),
                    ContractObservation(
                        name: "actions",
                        value: document.actions.map(\.name).joined(separator: ", ")),
                ])
        }
        var evaluator = Evaluator()
        try checkStage(of: action.text, on: instance)
        var moment = moment(of: instance, escrow: call.escrow, now: call.now)
        moment.sender = call.sender.text
        try checkObligations(
            before: action.text, at: moment, on: instance, &evaluator, as: .transaction)
        let joining = try checkSender(call.sender, of: action.text, on: instance)
        moment.input = try readInput(of: action.text, call)
        return try run(
            action, at: moment, signing: joining, on: instance, &evaluator, as: .transaction)
    }

    /// What an action is run for.
    enum Purpose: Hashable, Sendable {
        case transaction
        /// Members are called as their parties. What an example of a refusal leaves open counts as kept.
        case example(isRefusal: Bool)

        func type(_ type: DataType) -> DataType { self == .transaction ? type : type.inExamples }

        /// - Returns: `nil` for what an example of a refusal leaves open.
        func known<Result>(
            _ body: () throws(ContractRefusal) -> Result
        ) throws(ContractRefusal) -> Result? {
            do throws(ContractRefusal) {
                return try body()
            } catch {
                if error.isUnknown, self == .example(isRefusal: true) { return nil }
                throw error
            }
        }
    }

    /// The rules, effects and payments of an action, with the sender and the stage checked.
    func run(
        _ action: Action, at moment: Moment, signing: Set<String>, on instance: ContractInstance,
        _ evaluator: inout Evaluator, as purpose: Purpose
    ) throws(ContractRefusal) -> ContractStep {
        let inputs = action.scope.inputs(moment)
        let decisions = try checkRules(of: action, at: moment, inputs, &evaluator, as: purpose)

        var after = moment
        for (index, change) in action.effects {
            let variable = document.state[index]
            after.state[index] = try purpose.known { () throws(ContractRefusal) in
                let value = try self.value(
                    after: change, variable, moment.state[index], inputs, &evaluator, moment)
                try check(
                    value, as: purpose.type(variable.type), named: "state.\(variable.name)", .bounds
                )
                return value
            }
        }
        var next = instance
        next.signed.formUnion(signing)
        next.state = zip(after.state, instance.state).map { $0 ?? $1 }
        var cashier = Cashier(
            escrow: moment.escrow ?? 0, signed: next.signed,
            payeeType: purpose.type(.member))
        for payment in action.payments {
            _ = try purpose.known { () throws(ContractRefusal) in
                try pay(payment, &cashier, instance, inputs, &evaluator, moment)
            }
        }
        let events = try events(of: action, inputs, &evaluator, moment, as: purpose)
        next.stage = try nextStage(of: action, inputs, &evaluator, moment, as: purpose)
        try turnObligations(of: action.text, &next, &evaluator, moment, as: purpose)
        if document.final.contains(next.stage), cashier.escrow != 0 {
            throw ContractRefusal(
                .payment, rule: "nothing is left in escrow when a contract ends",
                saw: [ContractObservation(name: "escrow", value: String(cashier.escrow))])
        }
        after.stage = next.stage
        after.escrow = cashier.escrow
        try checkInvariants(at: after, &evaluator, as: purpose)
        return ContractStep(
            instance: next, payments: cashier.payments, events: events, decisions: decisions,
            escrow: cashier.escrow, cost: evaluator.spentInAll)
    }

    private func events(
        of action: Action, _ inputs: Inputs, _ evaluator: inout Evaluator, _ moment: Moment,
        as purpose: Purpose
    ) throws(ContractRefusal) -> [ContractStep.Event] {
        var events: [ContractStep.Event] = []
        for event in action.events {
            var data = JSONObject()
            for (name, formula) in event.data {
                data[name] = try purpose.known { () throws(ContractRefusal) in
                    DataType.json(try evaluate(formula, inputs, &evaluator, moment))
                }
            }
            events.append(.init(name: event.name, data: .object(data)))
        }
        return events
    }

    private func nextStage(
        of action: Action, _ inputs: Inputs, _ evaluator: inout Evaluator, _ moment: Moment,
        as purpose: Purpose
    ) throws(ContractRefusal) -> String {
        let stage = moment.stage ?? ""
        for (condition, target) in action.turns {
            guard let condition else { return target }
            let holds = try purpose.known { () throws(ContractRefusal) in
                try evaluate(condition, inputs, &evaluator, moment) == .bool(true)
            }
            guard let holds else { return stage }
            if holds { return target }
        }
        return stage
    }
}
