package import Encodings
package import Policy

// A constitution is a contract of the lab with itself: the lab is founded on it, and by its own rules
// it is amended.
extension CompiledContract {
    /// Makes the one instance of a constitution.
    ///
    /// - Parameter stage: Where things stand under the constitution before it.
    /// - Throws: ``ContractRefusal``.
    package func found(
        name: String, terms: JSONValue, now: Instant, keeping stage: String? = nil
    ) throws(ContractRefusal) -> ContractInstance {
        let missing = LabHook.constitution.first { hook in
            document.action(hook.name)?.by != [.lab]
        }
        guard document.isConstitution, missing == nil else {
            throw ContractRefusal(
                .input, rule: "a constitution has all actions that the lab takes, and no parties",
                saw: [ContractObservation(name: "missing", value: missing?.name ?? "none")])
        }
        var instance = ContractInstance(
            name: name, parties: [], terms: [], currency: nil,
            offeredBy: ContractCall.Sender.lab.text, stage: document.stages.first ?? "", state: [],
            signed: [], obligations: [:])
        do {
            instance.terms = try readTerms(terms)
        } catch {
            throw ContractRefusal(
                .input, rule: "the terms have the form that \(document.label) asks for",
                saw: [ContractObservation(name: error.path, value: error.problem)])
        }
        instance.state = try initialState(of: instance, now: now)
        for stage in document.stages {
            var there = instance
            there.stage = stage
            // Whatever comes, members who all agree can change it.
            _ = try take(
                ContractCall(
                    action: "amend", sender: .lab, input: ["yes": 1, "no": 0, "voters": 1],
                    now: now, escrow: 0), on: there)
        }
        if let stage, document.stages.contains(stage) { instance.stage = stage }
        try checkInvariants(of: instance, escrow: 0, now: now)
        return instance
    }

    /// Gives an instance other terms, which its invariants must allow; only a constitution changes so.
    ///
    /// - Throws: ``ContractRefusal``.
    package func amend(
        _ instance: inout ContractInstance, terms: JSONValue, now: Instant
    ) throws(ContractRefusal) {
        var next = instance
        do {
            next.terms = try readTerms(terms)
        } catch {
            throw ContractRefusal(
                .input, rule: "the terms have the form that \(document.label) asks for",
                saw: [ContractObservation(name: error.path, value: error.problem)])
        }
        try checkInvariants(of: next, escrow: 0, now: now)
        instance = next
    }
}
