/// Resolves every name of an expression, and infers and checks its types.
///
/// - Note: An expression may also be resolved without checking it. Everything is then `dyn`, and what
///   would have been a mistake fails when it is reached.
struct Checker {
    struct Local {
        let name: String
        let index: Int
        let type: ValueType
    }

    private static let diagnosticsMax = 20

    let environment: Environment
    let isChecking: Bool
    var substitution = TypeSubstitution()
    private var variables = 0
    var locals: [Local] = []
    private(set) var localsCount = 0
    private var diagnostics: [Diagnostic] = []

    init(_ environment: Environment, isChecking: Bool) {
        self.environment = environment
        self.isChecking = isChecking
    }

    /// - Returns: The expression, and its type with everything decided.
    /// - Throws: ``Diagnostics``.
    mutating func check(
        _ expression: Expression
    ) throws(Diagnostics) -> (ResolvedExpression, ValueType) {
        let resolved = resolve(expression)
        if let diagnostics = Diagnostics(diagnostics) { throw diagnostics }
        return (resolved, substitution.applied(to: resolved.type, isFinal: true))
    }

    // MARK: - Mistakes

    mutating func mistake(
        _ code: Diagnostic.Code, _ message: String, suggestion: String? = nil,
        at offset: Int, runtime: EvaluationError.Code, operands: [ResolvedExpression] = []
    ) -> ResolvedExpression {
        if isChecking, diagnostics.count < Self.diagnosticsMax {
            diagnostics.append(Diagnostic(code, message, suggestion: suggestion, at: offset))
        }
        return ResolvedExpression(
            kind: .failure(runtime, message, operands), type: .dyn, offset: offset)
    }

    func shown(_ type: ValueType) -> String {
        substitution.applied(to: type, isFinal: true).description
    }

    mutating func fresh() -> ValueType {
        defer { variables += 1 }
        return .variable(variables)
    }

    /// The type as far as it is known; an unchecked expression knows of none.
    func known(_ type: ValueType) -> ValueType {
        isChecking ? substitution.applied(to: type) : .dyn
    }

    // MARK: - Expressions

    mutating func resolve(_ expression: Expression) -> ResolvedExpression {
        let offset = expression.offset
        func resolved(_ kind: ResolvedExpression.Kind, _ type: ValueType) -> ResolvedExpression {
            ResolvedExpression(kind: kind, type: isChecking ? type : .dyn, offset: offset)
        }
        switch expression.kind {
        case .literal(let literal): return resolved(.literal(literal), literal.type)
        case .identifier(let name, let isAbsolute):
            return named(name, isAbsolute: isAbsolute, at: offset)
                ?? unknown(name, at: offset)
        case .select(let operand, let field, let isOptional):
            if let qualified = expression.qualifiedName,
                let found = named(
                    qualified.name, isAbsolute: qualified.isAbsolute, at: offset)
            {
                return found
            }
            if let missing = missingName(of: expression) { return missing }
            let value = resolve(operand)
            guard let type = fieldType(of: value, isOptional: isOptional) else {
                return noField(field, of: value, at: offset)
            }
            return resolved(.select(value, field: field, isOptional: isOptional), type)
        case .presence(let operand, let field):
            let value = resolve(operand)
            guard fieldType(of: value, isOptional: false) != nil else {
                return noField(field, of: value, at: offset)
            }
            return resolved(.presence(value, field: field), .bool)
        case .call(let name, let receiver, let arguments):
            return call(name, receiver, arguments, at: offset)
        case .logic(let isAnd, let terms):
            return resolved(.logic(isAnd: isAnd, terms.map { condition($0) }), .bool)
        case .conditional(let test, let yes, let no):
            let (test, yes, no) = (condition(test), resolve(yes), resolve(no))
            guard !isChecking || substitution.unify(yes.type, no.type) else {
                return mistake(
                    .type,
                    "the two results of `?:` are \(shown(yes.type)) and \(shown(no.type)), and must be of one type",
                    at: offset, runtime: .noSuchOverload)
            }
            let type = TypeSubstitution.mostGeneral(known(yes.type), known(no.type))
            return resolved(.conditional(test, yes, no), type)
        case .list(let elements): return list(elements, at: offset)
        case .map(let entries): return map(entries, at: offset)
        case .comprehension(let comprehension): return resolve(comprehension, at: offset)
        case .bind(let name, let value, let body):
            let value = resolve(value)
            let local = enter(name, value.type)
            let body = resolve(body)
            locals.removeLast()
            return resolved(.bind(local: local, value, body), body.type)
        }
    }

    mutating func condition(_ expression: Expression) -> ResolvedExpression {
        let value = resolve(expression)
        guard !isChecking || substitution.unify(.bool, value.type) else {
            return mistake(
                .type, "expected a bool, found \(shown(value.type))", at: expression.offset,
                runtime: .noSuchOverload)
        }
        return value
    }

    mutating func enter(_ name: String, _ type: ValueType) -> Int {
        defer { localsCount += 1 }
        locals.append(Local(name: name, index: localsCount, type: type))
        return localsCount
    }

    // MARK: - Names

    mutating func named(
        _ name: String, isAbsolute: Bool, at offset: Int
    ) -> ResolvedExpression? {
        if !isAbsolute {
            let first = name.prefix { $0 != "." }
            if let local = locals.last(where: { $0.name == first }) {
                // A macro's variable hides whatever begins with its name.
                guard first.utf8.count == name.utf8.count else { return nil }
                return ResolvedExpression(
                    kind: .local(local.index), type: local.type, offset: offset)
            }
        }
        for candidate in environment.candidates(name, isAbsolute: isAbsolute) {
            if let slot = environment.slot(candidate) {
                return ResolvedExpression(
                    kind: .slot(slot), type: environment.variables[slot].type, offset: offset)
            }
            if let type = ValueType.denotations[candidate] {
                return ResolvedExpression(
                    kind: .typeName(type), type: .type(type), offset: offset)
            }
        }
        return nil
    }

    /// Where not even the first part of a name is known, the whole of it is what is missing.
    private mutating func missingName(of expression: Expression) -> ResolvedExpression? {
        guard let qualified = expression.qualifiedName else { return nil }
        let parts = qualified.name.split(separator: ".")
        let isKnown = (1..<parts.count).contains { count in
            let prefix = parts.prefix(count).joined(separator: ".")
            return named(prefix, isAbsolute: qualified.isAbsolute, at: 0) != nil
        }
        guard !isKnown, !locals.contains(where: { $0.name == parts[0] }) else { return nil }
        return unknown(qualified.name, at: expression.start)
    }

    mutating func unknown(_ name: String, at offset: Int) -> ResolvedExpression {
        mistake(
            .undeclared, "`\(name)` is not declared here",
            suggestion: environment.suggestion(for: name, among: locals.map(\.name)), at: offset,
            runtime: .noSuchVariable)
    }

    // MARK: - Fields

    /// The type of any field of a value; `nil` where it has none.
    private mutating func fieldType(
        of value: ResolvedExpression, isOptional: Bool
    ) -> ValueType? {
        guard isChecking else { return .dyn }
        var type = known(value.type)
        var isWrapped = isOptional
        if case .optional(let wrapped) = type {
            type = known(wrapped)
            isWrapped = true
        }
        let result: ValueType
        switch type {
        case .map(_, let element): result = element
        case .dyn: result = .dyn
        case .variable:
            guard substitution.unify(.dyn, type) else { return nil }
            result = .dyn
        default: return nil
        }
        return isWrapped ? .optional(result) : result
    }

    private mutating func noField(
        _ field: String, of value: ResolvedExpression, at offset: Int
    ) -> ResolvedExpression {
        if case .failure = value.kind { return value }
        return mistake(
            .type, "a value of type \(shown(value.type)) has no field `\(field)`", at: offset,
            runtime: .noSuchOverload, operands: [value])
    }
}

extension ResolvedExpression {
    var isFailure: Bool {
        if case .failure = kind { true } else { false }
    }
}

extension ValueType {
    var mayBeKey: Bool {
        switch self {
        case .int, .uint, .bool, .string, .dyn, .variable, .parameter: true
        default: false
        }
    }
}

extension Expression.Literal {
    var type: ValueType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        }
    }
}
