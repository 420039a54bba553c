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
                "the expression has \(text.text.utf8.count) bytes, and \(Self.expressionBytesMax) are allowed; split it into several"
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
                "can cost \(cost) steps, and \(CompiledContract.expressionCostMax) are allowed; lower the bounds of the lists, maps and texts that it goes through"
            )
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

    mutating func anything(_ text: ExpressionText, in scope: Scope) -> Formula? {
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
}
