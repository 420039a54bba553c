import Policy

/// Checks a document and compiles its expressions, and gathers everything that is wrong.
struct DocumentChecker {
    /// What the checker makes on its way.
    struct Parts {
        var conclusion: Scope
        var standing: Scope
        var invariantScope: Scope
        var initial: [Formula?] = []
        var actions: [String: CompiledContract.Action] = [:]
        var obligations: [String: CompiledContract.Obligation] = [:]
        var invariants: [(text: ContractDocument.Invariant, formula: Formula)] = []
        var token: CompiledContract.Token?
        var usesMoney = false
    }

    private static let expressionBytesMax = 4_000
    private static let problemsMax = 50

    let document: ContractDocument
    private(set) var problems: [DocumentProblem] = []
    var parts: Parts
    var offerors: [String] = []

    init(_ document: ContractDocument) {
        self.document = document
        parts = Parts(
            conclusion: .conclusion(of: document), standing: .standing(of: document),
            invariantScope: .invariants(of: document))
    }

    mutating func check() {
        parts.usesMoney =
            document.terms.contains { $0.type.holdsMoney }
            || document.state.contains { $0.type.holdsMoney }
            || document.actions.contains { action in
                !action.payments.isEmpty || action.input.contains { $0.type.holdsMoney }
            }
        checkState()
        checkStages()
        for action in document.actions { check(action) }
        checkObligations()
        checkInvariants()
        checkToken()
        checkCosts()
        checkSizes()
        checkReachability()
        checkSignatures()
        checkWords()
        checkClauses()
    }

    mutating func problem(_ path: String, _ message: String, suggestion: String? = nil) {
        guard problems.count < Self.problemsMax else { return }
        problems.append(DocumentProblem(path, message, suggestion: suggestion))
    }

    // MARK: - Expressions

    /// Compiles an expression that must give a value of some type.
    mutating func formula(
        _ text: ExpressionText, _ type: ValueType, in scope: Scope
    ) -> Formula? {
        guard text.text.utf8.count <= Self.expressionBytesMax else {
            problem(
                text.path,
                "the expression has \(text.text.utf8.count) bytes, and \(Self.expressionBytesMax) are allowed"
            )
            return nil
        }
        let compiled: CompiledExpression
        do {
            compiled = try CompiledExpression(
                SourceText(text.text), in: scope.environment, isRule: true)
        } catch {
            for diagnostic in error.all where problems.count < Self.problemsMax {
                problems.append(DocumentProblem(diagnostic, in: text))
            }
            return nil
        }
        guard compiled.type.fits(type) else {
            problem(text.path, "should be \(type.shown), and is \(compiled.type.shown)")
            return nil
        }
        guard let cost = compiled.costMax else {
            problem(text.path, "what it can cost has no bound")
            return nil
        }
        guard cost <= CompiledContract.expressionCostMax else {
            problem(
                text.path,
                "can cost \(cost) steps, and \(CompiledContract.expressionCostMax) are allowed")
            return nil
        }
        guard let weight = compiled.weightMax, weight <= CompiledContract.bytesMax else {
            problem(
                text.path,
                "its value can have \(compiled.weightMax.map(String.init) ?? "any number of") bytes and elements, and \(CompiledContract.bytesMax) are allowed"
            )
            return nil
        }
        return Formula(text: text, compiled: compiled, scope: scope)
    }

    mutating func condition(_ text: ExpressionText, in scope: Scope) -> Formula? {
        formula(text, .bool, in: scope)
    }

    // MARK: - State, obligations, invariants

    private mutating func checkState() {
        for variable in document.state {
            let path = "state.\(variable.name)"
            if let initial = variable.initial {
                parts.initial.append(
                    formula(initial, variable.type.valueType, in: parts.conclusion))
            } else {
                parts.initial.append(nil)
                if variable.type.least == nil, variable.type != .timestamp {
                    problem(
                        path,
                        "needs an initial value: {type: \(variable.type), initial: …}")
                }
            }
        }
    }

    private mutating func checkObligations() {
        for obligation in document.obligations {
            let path = "obligations.\(obligation.name)"
            if document.party(obligation.by) == nil {
                problem(
                    "\(path).by", "`\(obligation.by)` is no party",
                    suggestion: similar(obligation.by, in: document.parties.map(\.name)))
            }
            if let within = formula(obligation.within, .duration, in: parts.standing) {
                parts.obligations[obligation.name] = .init(text: obligation, within: within)
            }
            if let remedy = obligation.remedy {
                if let action = document.action(remedy) {
                    if !action.isRemedy {
                        problem(
                            "\(path).else",
                            "`\(remedy)` has a `by`; what follows an overdue obligation is taken by anybody, and has none"
                        )
                    }
                } else {
                    problem(
                        "\(path).else", "there is no action `\(remedy)`",
                        suggestion: similar(remedy, in: document.actions.map(\.name)))
                }
            }
            if !document.actions.contains(where: { $0.opens.contains(obligation.name) }) {
                problem(path, "no action opens it")
            }
        }
    }

    private mutating func checkInvariants() {
        for invariant in document.invariants {
            if let formula = condition(invariant.condition, in: parts.invariantScope) {
                parts.invariants.append((invariant, formula))
            }
        }
    }

    // MARK: - Actions

    private mutating func check(_ action: ActionText) {
        let path = "actions.\(action.name)"
        let scope = Scope.action(action, of: document)
        checkActors(of: action, at: path)
        let rules = action.rules.compactMap { rule in
            condition(rule.condition, in: scope).map { (text: rule, formula: $0) }
        }
        let effects = action.effects.compactMap { effect in
            check(effect, in: scope).map { $0 }
        }
        let payments = action.payments.compactMap { check($0, of: action, in: scope) }
        let events = action.events.map { event in
            (
                name: event.name,
                data: event.data.compactMap { item in
                    anything(item.value, in: scope).map { (name: item.name, formula: $0) }
                }
            )
        }
        let turns = action.turns.map { turn in
            (condition: turn.condition.flatMap { condition($0, in: scope) }, stage: turn.stage)
        }
        for (names, field) in [(action.opens, "open"), (action.fulfils, "fulfil")] {
            for (index, name) in names.enumerated()
            where !document.obligations.contains(where: { $0.name == name }) {
                problem(
                    "\(path).\(field)[\(index)]", "there is no obligation `\(name)`",
                    suggestion: similar(name, in: document.obligations.map(\.name)))
            }
        }
        let formulas =
            rules.map(\.formula) + effects.flatMap(\.change.formulas)
            + payments.flatMap(\.formulas) + events.flatMap { $0.data.map(\.formula) }
            + turns.compactMap(\.condition)
        let weight = formulas.reduce(0) { $0 + $1.weightMax }
        if weight > CompiledContract.bytesMax {
            problem(
                path,
                "its effects, payments and events can have \(weight) bytes and elements in all, and \(CompiledContract.bytesMax) are allowed"
            )
        }
        let cost = formulas.reduce(0) { $0 + $1.costMax }
        parts.actions[action.name] = .init(
            text: action, scope: scope, rules: rules, effects: effects, payments: payments,
            events: events, turns: turns, costMax: cost)
    }

    private mutating func checkActors(of action: ActionText, at path: String) {
        for (index, actor) in action.by.enumerated() {
            switch actor {
            case .party(let name):
                if document.party(name) == nil {
                    problem(
                        "\(path).by[\(index)]", "`\(name)` is no party",
                        suggestion: similar(
                            name,
                            in: document.parties.map(\.name) + ["lab", "anyone", "counterparty"]))
                }
            case .counterparty:
                if document.parties.count(where: { $0.kind == .member }) != 2 {
                    problem(
                        "\(path).by", "a counterparty is one of exactly two parties of one member")
                }
            case .lab:
                check(hookOf: action, at: path)
            case .anyone: break
            }
        }
        if action.by.contains(.lab), action.by.count > 1 {
            problem("\(path).by", "the lab takes its actions alone")
        }
        if action.isRemedy {
            if !document.obligations.contains(where: { $0.remedy == action.name }) {
                problem(
                    path, "needs a `by`, or an obligation that names it in its `else`")
            }
            if !action.input.isEmpty {
                problem("\(path).input", "anybody may take this action, so that it has no input")
            }
        }
    }

    private mutating func check(hookOf action: ActionText, at path: String) {
        guard let hook = LabHook.named(action.name) else {
            problem(
                "\(path).by",
                "the lab takes no action `\(action.name)`; it knows \(LabHook.all.map(\.name).joined(separator: " and "))"
            )
            return
        }
        checkKind(of: hook, at: path)
        for field in action.input {
            guard let given = hook.inputs.first(where: { $0.name == field.name }) else {
                problem(
                    "\(path).input.\(field.name)",
                    "the lab does not say this; it says \(hook.inputs.map(\.name).joined(separator: ", "))"
                )
                continue
            }
            if given.type.valueType != field.type.valueType {
                problem("\(path).input.\(field.name)", "the lab says this as \(given.type)")
            }
        }
        for payment in action.payments where payment.from == .escrow || payment.isIntoEscrow {
            problem(
                payment.path,
                "what the lab's action pays is set aside until the round closes, and goes from party to party"
            )
        }
        for payment in action.payments where payment.from == .sender || payment.isToSender {
            problem(payment.path, "the lab has no purse")
        }
    }

    private mutating func checkKind(of hook: LabHook, at path: String) {
        switch hook.kind {
        case .licence:
            let hasDataset = document.terms.contains { $0.name == "dataset" && $0.type == .dataset }
            if document.party("licensor") != .member || document.party("licensee") != .member
                || !hasDataset
            {
                problem(
                    "\(path).by",
                    "the lab takes `\(hook.name)` of licences: they have the parties licensor and licensee, and the term `dataset: dataset`"
                )
            }
        case .constitution:
            if !document.parties.isEmpty {
                problem(
                    "\(path).by",
                    "the lab takes `\(hook.name)` of its constitution, which has no parties")
            }
        }
    }

    private mutating func anything(_ text: ExpressionText, in scope: Scope) -> Formula? {
        let before = problems.count
        for type in [ValueType.string, .int, .bool, .timestamp, .duration, .list(.string)] {
            if let formula = formula(text, type, in: scope) {
                problems.removeSubrange(before...)
                return formula
            }
            // What is wrong with the expression itself is wrong for every type.
            if problems.count > before, problems[before].expression != nil { return nil }
            if type != .list(.string) { problems.removeSubrange(before...) }
        }
        return nil
    }
}

extension ValueType {
    /// Whether a value of this type is one of another; what an empty list holds says nothing.
    func fits(_ other: ValueType) -> Bool {
        switch (self, other) {
        case (.dyn, _): true
        case (.list(let one), .list(let other)): one.fits(other)
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            key.fits(otherKey) && value.fits(otherValue)
        default: self == other
        }
    }

    /// As documents write it.
    var shown: String {
        switch self {
        case .timestamp: "a timestamp"
        case .duration: "a duration"
        case .int: "an int"
        default: "a \(self)"
        }
    }
}

extension ActionText.Payment {
    var isIntoEscrow: Bool {
        if case .purse(.escrow) = to { true } else { false }
    }

    var isToSender: Bool {
        if case .purse(.sender) = to { true } else { false }
    }
}

extension CompiledContract.Action.Change {
    var formulas: [Formula] {
        switch self {
        case .set(let formula), .add(let formula), .subtract(let formula), .append(let formula),
            .remove(let formula):
            [formula]
        case .put(let key, let value): [key, value]
        }
    }
}

extension CompiledContract.Action.Payment {
    var formulas: [Formula] {
        let destination: Formula? =
            switch to {
            case .purse: nil
            case .split(let formula), .member(let formula): formula
            }
        return [amount, condition, destination].compactMap(\.self)
    }
}
