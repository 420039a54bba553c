import Encodings
import Policy

// Examples are executed when a document is checked.
extension CompiledContract {
    /// What is wrong with an example; `nil` where it holds.
    func failure(of example: ContractExample) -> DocumentProblem? {
        func problem(_ text: String) -> DocumentProblem { DocumentProblem(example.path, text) }
        guard let action = actions[example.action] else {
            return DocumentProblem(
                "\(example.path).when", "there is no action `\(example.action)`",
                suggestion: similar(example.action, in: document.actions.map(\.name)))
        }
        let given: Given
        do {
            given = try Given(example, action.text, self)
        } catch {
            return DocumentProblem(error)
        }
        let isRefusal = if case .refused = example.outcome { true } else { false }
        do throws(ContractRefusal) {
            let step = try play(action, given, isRefusal: isRefusal)
            switch example.outcome {
            case .refused(let expected):
                return problem("should be refused by \(expected), and nothing refuses it")
            case .applied(let expected):
                return difference(between: step, and: expected).map(problem)
            }
        } catch {
            guard case .refused(let expected) = example.outcome else {
                return problem("is refused: \(error)")
            }
            guard error.matches(expected) else {
                return problem(
                    "should be refused by \(expected), and is refused otherwise: \(error)")
            }
            return nil
        }
    }

    /// The invariants that do not hold when an instance is concluded, whatever its terms and parties.
    func failuresAtTheBeginning() -> [DocumentProblem] {
        var moment = Moment(
            stage: document.stages.first, escrow: 0, parties: document.parties.map { _ in nil },
            terms: document.terms.map { _ in nil }, state: [])
        var evaluator = Evaluator()
        let inputs = conclusion.inputs(moment)
        moment.state = zip(document.state, initial).map { variable, formula in
            guard let formula else { return variable.type.least }
            return try? evaluator.value(of: formula.compiled.program, inputs)
        }
        let standing = invariantScope.inputs(moment)
        return invariants.compactMap { text, formula in
            let denial = evaluator.denial(of: formula.compiled.program, standing)
            guard let denial else { return nil }
            if case .failed(let error) = denial, error.code == .noSuchVariable { return nil }
            return DocumentProblem(
                text.condition.path,
                "does not hold at the beginning: \(formula.observed(in: moment).map { "\($0.name) is \($0.value)" }.joined(separator: ", "))"
            )
        }
    }

    private func play(
        _ action: Action, _ given: Given, isRefusal: Bool
    ) throws(ContractRefusal) -> ContractStep {
        var evaluator = Evaluator()
        try checkStage(of: action.text, on: given.instance)
        let purpose = Purpose.example(isRefusal: isRefusal)
        if given.statesObligations || !action.text.isRemedy {
            try checkObligations(
                before: action.text, at: given.moment, on: given.instance, &evaluator, as: purpose)
        }
        let signing = try given.moment.sender.map { sender throws(ContractRefusal) in
            try checkSender(
                sender == ContractCall.Sender.lab.text ? .lab : .member(sender), of: action.text,
                on: given.instance)
        }
        return try run(
            action, at: given.moment, signing: signing ?? [], on: given.instance, &evaluator,
            as: purpose)
    }

    private func difference(
        between step: ContractStep, and expected: ContractExample.Expected
    ) -> String? {
        if let stage = expected.stage, stage != step.instance.stage {
            return "should come to stage \(stage), and comes to \(step.instance.stage)"
        }
        for (name, json) in expected.state {
            guard let index = document.state.firstIndex(where: { $0.name == name }) else {
                return "there is no state `\(name)`"
            }
            let found = DataType.json(step.instance.state[index])
            if found.canonicalBytes != json.canonicalBytes {
                return
                    "state.\(name) should be \(json.canonicalText), and is \(found.canonicalText)"
            }
        }
        if let paid = expected.paid {
            // As wide as it takes: amounts in an example have no bound.
            var totals: [String: Int128] = [:]
            for payment in step.payments {
                let name: String =
                    switch payment.to {
                    case .escrow: "escrow"
                    case .member(let member): member
                    }
                totals[name, default: 0] += Int128(payment.amount)
            }
            let names = Set(totals.keys).union(paid.map(\.to)).sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            for name in names {
                let expected = Int128(paid.first { $0.to == name }?.amount ?? 0)
                let found = totals[name] ?? 0
                if expected != found {
                    return "\(name) should be paid \(expected), and is paid \(found)"
                }
            }
        }
        if let emitted = expected.emitted, emitted != step.events.map(\.name) {
            return "should emit \(emitted), and emits \(step.events.map(\.name))"
        }
        return nil
    }
}

extension ContractRefusal {
    /// Whether an example or a scenario means this refusal: by its clause, its kind, or what it says.
    package func matches(_ expected: String) -> Bool {
        if clauses.contains(expected) || kind.rawValue == expected { return true }
        return says?.texts.contains { $0.text == expected } == true
    }
}

/// What an example states, as far as it does. The members are called as their parties.
private struct Given {
    var moment: Moment
    var instance: ContractInstance
    let statesObligations: Bool

    init(
        _ example: ContractExample, _ action: ActionText, _ contract: CompiledContract
    ) throws(JSONShapeError) {
        let document = contract.document
        let path = "\(example.path).given"
        var fields = try JSONFields(example.given, at: path)

        var parties: [[String]] = []
        var partyValues: [Value?] = []
        var givenParties = try Self.fields(&fields, "parties")
        for party in document.parties {
            let json = givenParties?.optional(party.name)
            switch party.kind {
            case .member:
                let name =
                    try json.map { json throws(JSONShapeError) in
                        guard let name = json.string else {
                            throw JSONShapeError(
                                path: "\(path).parties.\(party.name)", problem: "should be a member"
                            )
                        }
                        return name
                    } ?? party.name
                parties.append([name])
                partyValues.append(.string(name))
            case .members:
                let names = try json.map { json throws(JSONShapeError) in
                    guard let array = json.array, array.allSatisfy({ $0.string != nil }) else {
                        throw JSONShapeError(
                            path: "\(path).parties.\(party.name)",
                            problem: "should be a list of members")
                    }
                    return array.compactMap(\.string).sorted()
                }
                parties.append(names ?? [])
                partyValues.append(names.map { .list($0.map(Value.string)) })
            }
        }
        try givenParties?.finish()

        var givenTerms = try Self.fields(&fields, "terms")
        var terms: [Value?] = []
        for term in document.terms {
            terms.append(
                try givenTerms?.optional(term.name).map { json throws(JSONShapeError) in
                    try term.type.exampleValue(of: json, at: "\(path).terms.\(term.name)")
                })
        }
        try givenTerms?.finish()

        let now = try fields.optionalString("now")
        let instant = now.flatMap { Instant(rfc3339: $0) }
        if let now, instant == nil {
            throw fields.wrong(
                "now", "should be a time such as 2027-01-31T00:00:00Z, and is “\(now)”")
        }
        let stage = try fields.optionalString("stage") ?? document.stages.first ?? ""
        guard document.stages.contains(stage) else {
            throw fields.wrong("stage", "is “\(stage)”, which is no stage")
        }
        let escrow = try fields.optionalInteger("escrow", in: 0 ... .max) ?? 0
        let offeror = document.parties.firstIndex { $0.name == contract.offerors.first }
        let offeredBy =
            try fields.optionalString("offeredBy") ?? offeror.flatMap { parties[$0].first } ?? ""
        let sender = try fields.optionalString("sender")
        let signed = fields.optional("signed") == nil ? nil : try fields.strings("signed")

        let by = example.by ?? sender ?? Self.sender(of: action, document, parties, offeredBy)
        moment = Moment(
            contract: "example", offeredBy: offeredBy, stage: stage, escrow: escrow,
            parties: partyValues, terms: terms, state: [], now: instant, sender: by)

        var givenState = try Self.fields(&fields, "state")
        var state: [Value?] = []
        let inputs = contract.conclusion.inputs(moment)
        var evaluator = Evaluator()
        for (variable, formula) in zip(document.state, contract.initial) {
            if let json = givenState?.optional(variable.name) {
                state.append(
                    try variable.type.exampleValue(of: json, at: "\(path).state.\(variable.name)"))
            } else if let formula {
                state.append(try? evaluator.value(of: formula.compiled.program, inputs))
            } else {
                state.append(variable.type.least ?? instant.map(Value.timestamp))
            }
        }
        try givenState?.finish()
        var givenObligations = try Self.fields(&fields, "obligations")
        var obligations: [String: Instant] = [:]
        for obligation in document.obligations {
            guard let due = try givenObligations?.optionalString(obligation.name) else { continue }
            guard let instant = Instant(rfc3339: due) else {
                throw JSONShapeError(
                    path: "\(path).obligations.\(obligation.name)",
                    problem: "should be when it is due, such as 2027-01-31T00:00:00Z")
            }
            obligations[obligation.name] = instant
        }
        try givenObligations?.finish()
        statesObligations = givenObligations != nil
        if statesObligations, instant == nil {
            throw fields.wrong("now", "is missing: obligations are due at a time")
        }
        try fields.finish()
        moment.state = state

        let inputPath = "\(example.path).when.input"
        var givenInput = try example.input.map { json throws(JSONShapeError) in
            try JSONFields(json, at: inputPath)
        }
        for field in action.input {
            moment.input.append(
                try givenInput?.optional(field.name).map { json throws(JSONShapeError) in
                    try field.type.exampleValue(of: json, at: "\(inputPath).\(field.name)")
                })
        }
        try givenInput?.finish()

        let singles = document.parties.filter { $0.kind == .member }.map(\.name)
        instance = ContractInstance(
            name: "example", parties: parties,
            terms: zip(document.terms, terms).map { $1 ?? $0.type.least ?? .string("") },
            currency: contract.usesMoney ? "XXX" : nil, offeredBy: offeredBy, stage: stage,
            state: zip(document.state, state).map { $1 ?? $0.type.least ?? .string("") },
            signed: Set(signed ?? singles), obligations: obligations)
    }

    private static func fields(
        _ fields: inout JSONFields, _ key: String
    ) throws(JSONShapeError) -> JSONFields? {
        fields.optional(key) == nil ? nil : try fields.fields(key)
    }

    /// Who takes an action where the example does not say: the first who may.
    private static func sender(
        of action: ActionText, _ document: ContractDocument, _ parties: [[String]],
        _ offeredBy: String
    ) -> String? {
        switch action.by.first {
        case .lab: return "lab"
        case .party(let name):
            let index = document.parties.firstIndex { $0.name == name }
            return index.flatMap { parties[$0].first }
        case .counterparty:
            return zip(document.parties, parties).first {
                $0.kind == .member && $1 != [offeredBy]
            }?.1.first
        case .anyone, nil: return nil
        }
    }
}

extension DataType {
    fileprivate func exampleValue(
        of json: JSONValue, at path: String
    ) throws(JSONShapeError) -> Value {
        try inExamples.value(of: json, at: path)
    }
}
