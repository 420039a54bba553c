package import Encodings
package import Policy

/// What a member writes to make an offer.
package struct ContractOffer: Sendable {
    /// The name of the instance.
    package let name: String
    package let offeredBy: String
    /// A member's name for each party, or a list of names.
    package let parties: JSONValue
    package let terms: JSONValue
    package let currency: String?

    package init(
        name: String, offeredBy: String, parties: JSONValue, terms: JSONValue, currency: String?
    ) {
        self.name = name
        self.offeredBy = offeredBy
        self.parties = parties
        self.terms = terms
        self.currency = currency
    }
}

extension CompiledContract {
    /// Makes an instance: the parties and terms are of the form that the document asks for, and its
    /// invariants hold.
    ///
    /// - Throws: ``ContractRefusal``.
    package func conclude(
        _ offer: ContractOffer, now: Instant
    ) throws(ContractRefusal) -> ContractInstance {
        guard !document.isConstitution else {
            throw ContractRefusal(
                .party, rule: "nobody concludes a constitution; the members vote on it",
                saw: [ContractObservation(name: "document", value: document.label)])
        }
        let parties: [[String]]
        let terms: [Value]
        do {
            parties = try readParties(offer.parties)
            terms = try readTerms(offer.terms)
        } catch {
            throw ContractRefusal(
                .input, rule: "the offer has the form that \(document.label) asks for",
                saw: [ContractObservation(name: "problem", value: "\(error)")])
        }
        guard usesMoney == (offer.currency != nil) else {
            throw ContractRefusal(
                .input,
                rule: usesMoney
                    ? "the offer names the currency" : "\(document.label) has no money in it",
                saw: [ContractObservation(name: "currency", value: offer.currency ?? "none")])
        }
        let party = document.parties.indices.first { index in
            document.parties[index].kind == .member && parties[index] == [offer.offeredBy]
        }.map { document.parties[$0].name }
        guard let party, offerors.contains(party) else {
            throw ContractRefusal(
                .party, rule: "the offer is made by the \(offerors.joined(separator: " or the "))",
                saw: [ContractObservation(name: "offeredBy", value: offer.offeredBy)])
        }
        var instance = ContractInstance(
            name: offer.name, parties: parties, terms: terms, currency: offer.currency,
            offeredBy: offer.offeredBy, stage: document.stages.first ?? "", state: [],
            signed: [party], obligations: [:])
        instance.state = try initialState(of: instance, now: now)
        try checkInvariants(of: instance, escrow: 0, now: now)
        return instance
    }

    private func readParties(_ json: JSONValue) throws(JSONShapeError) -> [[String]] {
        var fields = try JSONFields(json, at: "parties")
        var parties: [[String]] = []
        for party in document.parties {
            let path = fields.path(to: party.name)
            let json = try fields.required(party.name)
            switch party.kind {
            case .member:
                _ = try DataType.member.value(of: json, at: path)
                parties.append([json.string ?? ""])
            case .members(let countMax):
                _ = try DataType.list(.member, countMax: countMax).value(of: json, at: path)
                let names = (json.array ?? []).compactMap(\.string)
                guard !names.isEmpty, Set(names).count == names.count else {
                    throw JSONShapeError(path: path, problem: "should name members, each once")
                }
                parties.append(names.sorted())
            }
        }
        try fields.finish()
        var taken: [String: String] = [:]
        for (party, names) in zip(document.parties, parties) where party.kind == .member {
            for name in names {
                if let other = taken.updateValue(party.name, forKey: name) {
                    throw JSONShapeError(
                        path: "parties.\(party.name)",
                        problem:
                            "is \(name), who is the \(other) already; parties are different members"
                    )
                }
            }
        }
        return parties
    }

    func readTerms(_ json: JSONValue) throws(JSONShapeError) -> [Value] {
        var fields = try JSONFields(json, at: "terms")
        var terms: [Value] = []
        for term in document.terms {
            terms.append(
                try term.type.value(
                    of: try fields.required(term.name), at: fields.path(to: term.name)))
        }
        try fields.finish()
        return terms
    }

    func initialState(
        of instance: ContractInstance, now: Instant
    ) throws(ContractRefusal) -> [Value] {
        var moment = self.moment(of: instance, escrow: 0, now: now)
        moment.state = []
        let inputs = conclusion.inputs(moment)
        var evaluator = Evaluator()
        var state: [Value] = []
        for (variable, formula) in zip(document.state, initial) {
            let value: Value
            if let formula {
                value = try evaluate(formula, inputs, &evaluator, moment)
            } else {
                value = variable.type.least ?? .timestamp(now)
            }
            try check(value, as: variable.type, named: "state.\(variable.name)", .bounds)
            state.append(value)
        }
        return state
    }

    func moment(of instance: ContractInstance, escrow: Int64, now: Instant) -> Moment {
        Moment(
            contract: instance.name, offeredBy: instance.offeredBy, stage: instance.stage,
            escrow: escrow,
            parties: zip(document.parties, instance.parties).map { party, names in
                party.kind == .member
                    ? names.first.map(Value.string) : .list(names.map(Value.string))
            },
            terms: instance.terms, state: instance.state, now: now)
    }

    func check(
        _ value: Value, as type: DataType, named name: String, _ kind: ContractRefusal.Kind
    ) throws(ContractRefusal) {
        if let problem = type.problem(with: value) {
            throw ContractRefusal(
                kind, rule: "\(name) is \(type)",
                saw: [ContractObservation(name: name, value: problem)])
        }
    }

    /// The value of a formula; one that errs refuses what it is part of.
    func evaluate(
        _ formula: Formula, _ inputs: Inputs, _ evaluator: inout Evaluator, _ moment: Moment
    ) throws(ContractRefusal) -> Value {
        do throws(EvaluationError) {
            return try evaluator.value(
                of: formula.compiled.program, inputs, budget: formula.costMax)
        } catch {
            throw ContractRefusal(
                .bounds, rule: formula.text.text,
                saw: formula.observed(in: moment)
                    + [ContractObservation(name: "error", value: error.message)],
                isUnknown: error.code == .noSuchVariable)
        }
    }

    func checkInvariants(
        of instance: ContractInstance, escrow: Int64, now: Instant
    ) throws(ContractRefusal) {
        var evaluator = Evaluator()
        try checkInvariants(
            at: moment(of: instance, escrow: escrow, now: now), &evaluator, as: .transaction)
    }

    func checkInvariants(
        at moment: Moment, _ evaluator: inout Evaluator, as purpose: Purpose
    ) throws(ContractRefusal) {
        guard !invariants.isEmpty else { return }
        let inputs = invariantScope.inputs(moment)
        for (text, formula) in invariants {
            let denial = evaluator.denial(
                of: formula.compiled.program, inputs, budget: formula.costMax)
            guard let denial else { continue }
            var saw = formula.observed(in: moment)
            if case .failed(let error) = denial {
                if purpose == .example(isRefusal: true), error.code == .noSuchVariable { continue }
                saw.append(ContractObservation(name: "error", value: error.message))
            }
            throw ContractRefusal(
                .invariant, rule: formula.text.text, clauses: text.clauses, says: text.says,
                saw: saw)
        }
    }
}
