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
            let step = try play(action, given, example, isLenient: isRefusal)
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
                return problem("should be refused by \(expected), and is refused otherwise: \(error)")
            }
            return nil
        }
    }

    private func play(
        _ action: Action, _ given: Given, _ example: ContractExample, isLenient: Bool
    ) throws(ContractRefusal) -> ContractStep {
        if !action.text.from.contains(given.instance.stage) {
            throw ContractRefusal(
                .stage, rule: "stage is \(action.text.from.joined(separator: " or "))",
                saw: [ContractObservation(name: "stage", value: given.instance.stage)])
        }
        if let by = example.by, !action.text.isRemedy, !given.mayAct(by, action.text, self) {
            throw ContractRefusal(
                .party,
                rule: "the action is taken by \(action.text.by.map(\.description).joined(separator: " or "))",
                saw: [ContractObservation(name: "sender", value: by)])
        }
        return try run(
            action, at: given.moment, signing: [], on: given.instance, isExample: isLenient)
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
            if found != json {
                return "state.\(name) should be \(json.canonicalText), and is \(found.canonicalText)"
            }
        }
        if let paid = expected.paid {
            var totals: [String: Int64] = [:]
            for payment in step.payments {
                let name: String =
                    switch payment.to {
                    case .escrow: "escrow"
                    case .member(let member): member
                    }
                totals[name, default: 0] += payment.amount
            }
            let names = Set(totals.keys).union(paid.map(\.to)).sorted()
            for name in names {
                let expected = paid.first { $0.to == name }?.amount ?? 0
                let found = totals[name] ?? 0
                if expected != found { return "\(name) should be paid \(expected), and is paid \(found)" }
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
                let name = json?.string ?? party.name
                parties.append([name])
                partyValues.append(.string(name))
            case .members:
                let names = json?.array?.compactMap(\.string).sorted()
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
            throw fields.wrong("now", "should be a time such as 2027-01-31T00:00:00Z, and is “\(now)”")
        }
        let stage = try fields.optionalString("stage") ?? document.stages.first ?? ""
        guard document.stages.contains(stage) else {
            throw fields.wrong("stage", "is “\(stage)”, which is no stage")
        }
        let escrow = try fields.optionalInteger("escrow", in: 0 ... .max) ?? 0
        let offeredBy = try fields.optionalString("offeredBy") ?? contract.offerors.first ?? ""
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
            signed: Set(signed ?? singles), obligations: [:])
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

    func mayAct(_ member: String, _ action: ActionText, _ contract: CompiledContract) -> Bool {
        action.by.contains { actor in
            switch actor {
            case .anyone: true
            case .lab: member == "lab"
            case .party(let name): instance.members(name, in: contract).contains(member)
            case .counterparty:
                member != instance.offeredBy && instance.parties.contains([member])
            }
        }
    }
}

extension DataType {
    /// Examples call members as their parties are called, whatever letters those have.
    fileprivate func exampleValue(
        of json: JSONValue, at path: String
    ) throws(JSONShapeError) -> Value {
        switch (self, json) {
        case (.member, .string(let text)) where Name.isWord(text): .string(text)
        default: try value(of: json, at: path)
        }
    }
}
