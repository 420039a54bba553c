import Encodings
import Policy

// Who may take an action, and when, before anything is computed.
extension CompiledContract {
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
        // What an abandoned round gives back does not wait for anybody's obligation.
        guard let now = moment.now,
            action.by != [.lab] || action.name != LabHook.abandon.name
        else { return }
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
}
