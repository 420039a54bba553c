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
                saw: [ContractObservation(name: "action", value: call.action)])
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

    // MARK: - Before anything is computed

    func checkStage(
        of action: ActionText, on instance: ContractInstance
    ) throws(ContractRefusal) {
        guard action.from.contains(instance.stage) else {
            throw ContractRefusal(
                .stage, rule: "stage is \(action.from.joined(separator: " or "))",
                saw: [ContractObservation(name: "stage", value: instance.stage)])
        }
    }

    func checkObligations(
        before action: ActionText, at moment: Moment, on instance: ContractInstance,
        _ evaluator: inout Evaluator, as purpose: Purpose
    ) throws(ContractRefusal) {
        guard let now = moment.now else { return }
        let overdue = instance.obligations.filter { $0.value <= now }.map(\.key).sorted()
        let remedies = overdue.compactMap { name in
            obligations[name]?.text.remedy.map { (obligation: name, remedy: $0) }
        }
        if action.isRemedy {
            guard remedies.contains(where: { $0.remedy == action.name }) else {
                throw ContractRefusal(
                    .obligation, rule: "the obligation that asks for this is overdue",
                    saw: [ContractObservation(name: "action", value: action.name)])
            }
            return
        }
        let pending = remedies.first {
            canTake($0.remedy, at: moment, on: instance, &evaluator, as: purpose)
        }
        if let pending, let due = instance.obligations[pending.obligation] {
            let text = obligations[pending.obligation]?.text
            throw ContractRefusal(
                .obligation,
                rule: "no obligation is overdue; anybody may take `\(pending.remedy)` now",
                clauses: text?.clauses ?? [], says: text?.says,
                saw: [
                    ContractObservation(name: "obligation", value: pending.obligation),
                    ContractObservation(name: "due", value: due.rfc3339),
                ])
        }
    }

    /// Whether a remedy would be applied now. One that its rules, its bounds or an empty purse refuse
    /// holds up nothing: with it every other action would be refused for ever, and what is in escrow
    /// lost.
    private func canTake(
        _ remedy: String, at moment: Moment, on instance: ContractInstance,
        _ evaluator: inout Evaluator, as purpose: Purpose
    ) -> Bool {
        guard let action = actions[remedy], action.text.from.contains(instance.stage) else {
            return false
        }
        var moment = moment
        moment.sender = "anyone"
        do throws(ContractRefusal) {
            let step = try run(
                action, at: moment, signing: [], on: instance, &evaluator, as: purpose)
            return step.payments.allSatisfy { isCertain($0, in: instance) }
        } catch {
            return false
        }
    }

    /// Whether a payment can be relied on: a purse elsewhere may be empty, and a payee unknown.
    private func isCertain(_ payment: ContractStep.Payment, in instance: ContractInstance) -> Bool {
        guard payment.from == .escrow, case .member(let payee) = payment.to else { return false }
        return instance.parties.contains { $0.contains(payee) }
    }

    /// - Returns: The parties that sign by taking the action.
    func checkSender(
        _ sender: ContractCall.Sender, of action: ActionText, on instance: ContractInstance
    ) throws(ContractRefusal) -> Set<String> {
        if sender != .lab, sender.text == ContractCall.Sender.lab.text {
            throw ContractRefusal(
                .party, rule: "nobody but the lab is called `lab`",
                saw: [ContractObservation(name: "sender", value: "a member")])
        }
        if action.isRemedy { return [] }
        var joining: Set<String> = []
        var isAllowed = false
        for actor in action.by {
            switch (actor, sender) {
            case (.lab, .lab):
                isAllowed = true
                try requireEverybodySigned(instance)
            case (.anyone, .member): isAllowed = true
            case (.party(let name), .member(let member)):
                guard instance.members(name, in: self).contains(member) else { continue }
                isAllowed = true
                if document.party(name) == .member { joining.insert(name) }
            case (.counterparty, .member(let member)):
                for (party, names) in zip(document.parties, instance.parties)
                where party.kind == .member && names == [member] && member != instance.offeredBy {
                    isAllowed = true
                    joining.insert(party.name)
                }
            default: break
            }
        }
        guard isAllowed else {
            throw ContractRefusal(
                .party, rule: "the action is taken by \(who(of: action, instance))",
                saw: [ContractObservation(name: "sender", value: sender.text)])
        }
        return joining
    }

    private func who(of action: ActionText, _ instance: ContractInstance) -> String {
        func named(_ party: String) -> String {
            "the \(party) (\(instance.members(party, in: self).joined(separator: ", ")))"
        }
        return action.by.flatMap { actor in
            switch actor {
            case .party(let name): [named(name)]
            case .counterparty:
                zip(document.parties, instance.parties).filter { party, names in
                    party.kind == .member && names != [instance.offeredBy]
                }.map { named($0.0.name) }
            case .anyone: ["a member of the lab"]
            case .lab: ["the lab"]
            }
        }.joined(separator: " or ")
    }

    func requireEverybodySigned(
        _ instance: ContractInstance
    ) throws(ContractRefusal) {
        let missing = document.parties.first {
            $0.kind == .member && !instance.signed.contains($0.name)
        }
        if let missing {
            throw ContractRefusal(
                .signature, rule: "every party has signed",
                saw: [ContractObservation(name: "not signed", value: missing.name)])
        }
    }

    func readInput(
        of action: ActionText, _ call: ContractCall
    ) throws(ContractRefusal) -> [Value?] {
        do throws(JSONShapeError) {
            var fields = try JSONFields(call.input, at: "input")
            var values: [Value?] = []
            for field in action.input {
                values.append(
                    try field.type.value(
                        of: try fields.required(field.name), at: fields.path(to: field.name)))
            }
            // The lab says more than a document may ask for.
            if call.sender != .lab { try fields.finish() }
            return values
        } catch {
            throw ContractRefusal(
                .input, rule: "the input has the form that the action asks for",
                saw: [ContractObservation(name: "problem", value: "\(error)")])
        }
    }

    // MARK: - Rules, effects, obligations

    private func checkRules(
        of action: Action, at moment: Moment, _ inputs: Inputs, _ evaluator: inout Evaluator,
        as purpose: Purpose
    ) throws(ContractRefusal) -> [ContractDecision] {
        var decisions: [ContractDecision] = []
        for (rule, formula) in action.rules {
            let denial = evaluator.denial(
                of: formula.compiled.program, inputs, budget: formula.costMax)
            var saw = formula.observed(in: moment)
            if case .failed(let error) = denial {
                if purpose == .example(isRefusal: true), error.code == .noSuchVariable { continue }
                saw.append(ContractObservation(name: "error", value: error.message))
            }
            if denial != nil {
                throw ContractRefusal(
                    .rule, rule: formula.text.text, clauses: rule.clauses, says: rule.says,
                    saw: saw)
            }
            decisions.append(
                ContractDecision(rule: formula.text.text, clauses: rule.clauses, saw: saw))
        }
        return decisions
    }

    private func value(
        after change: Action.Change, _ variable: ContractDocument.Variable, _ old: Value?,
        _ inputs: Inputs, _ evaluator: inout Evaluator, _ moment: Moment
    ) throws(ContractRefusal) -> Value {
        if case .set(let formula) = change {
            return try evaluate(formula, inputs, &evaluator, moment)
        }
        guard let old else {
            throw ContractRefusal(
                .bounds, rule: "`state.\(variable.name)` has no value", isUnknown: true)
        }
        switch change {
        case .set(let formula): return try evaluate(formula, inputs, &evaluator, moment)
        case .add(let formula), .subtract(let formula):
            let operand = try evaluate(formula, inputs, &evaluator, moment)
            let isAdding = if case .add = change { true } else { false }
            guard case .int(let one) = old, case .int(let other) = operand else { return old }
            let (sum, overflow) =
                isAdding
                ? one.addingReportingOverflow(other) : one.subtractingReportingOverflow(other)
            guard !overflow else {
                throw ContractRefusal(
                    .bounds, rule: "state.\(variable.name) is \(variable.type)",
                    saw: [
                        ContractObservation(name: "state.\(variable.name)", value: String(one)),
                        ContractObservation(
                            name: isAdding ? "added" : "subtracted", value: String(other)),
                    ])
            }
            return .int(sum)
        case .append(let formula):
            guard case .list(let elements) = old else { return old }
            return .list(elements + [try evaluate(formula, inputs, &evaluator, moment)])
        case .put(let key, let value):
            let key = try evaluate(key, inputs, &evaluator, moment)
            let value = try evaluate(value, inputs, &evaluator, moment)
            guard case .map(let entries) = old else { return old }
            return .map(
                DataType.inOrder(
                    entries.filter { !$0.key.isSame(as: key) } + [.init(key: key, value: value)]))
        case .remove(let formula):
            let gone = try evaluate(formula, inputs, &evaluator, moment)
            switch old {
            case .list(let elements): return .list(elements.filter { !$0.isSame(as: gone) })
            case .map(let entries): return .map(entries.filter { !$0.key.isSame(as: gone) })
            default: return old
            }
        }
    }

    private func turnObligations(
        of action: ActionText, _ next: inout ContractInstance, _ evaluator: inout Evaluator,
        _ moment: Moment, as purpose: Purpose
    ) throws(ContractRefusal) {
        for name in action.fulfils { next.obligations[name] = nil }
        if action.isRemedy {
            for obligation in document.obligations where obligation.remedy == action.name {
                if let due = next.obligations[obligation.name], let now = moment.now, due <= now {
                    next.obligations[obligation.name] = nil
                }
            }
        }
        guard !action.opens.isEmpty else { return }
        let inputs = standing.inputs(moment)
        for name in action.opens where next.obligations[name] == nil {
            guard let obligation = obligations[name], let now = moment.now else { continue }
            let span = try purpose.known { () throws(ContractRefusal) in
                try evaluate(obligation.within, inputs, &evaluator, moment)
            }
            guard case .duration(let within) = span else { continue }
            guard within.nanoseconds >= 0, let due = now.advanced(by: within) else {
                throw ContractRefusal(
                    .bounds, rule: "the deadline of `\(name)` lies ahead, before the year 10000",
                    saw: [ContractObservation(name: "within", value: within.secondsText)])
            }
            next.obligations[name] = due
        }
    }
}

extension Value {
    /// Compared byte by byte: which texts are equivalent to Unicode changes with its version.
    func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.string(let one), .string(let other)): one.utf8.elementsEqual(other.utf8)
        case (.list(let ours), .list(let theirs)):
            ours.count == theirs.count && zip(ours, theirs).allSatisfy { $0.isSame(as: $1) }
        case (.map(let ours), .map(let theirs)):
            ours.count == theirs.count
                && zip(ours, theirs).allSatisfy {
                    $0.key.isSame(as: $1.key) && $0.value.isSame(as: $1.value)
                }
        default: self == other
        }
    }
}
