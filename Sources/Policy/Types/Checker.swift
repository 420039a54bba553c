/// Resolves every name of an expression, and infers and checks its types.
///
/// - Note: An expression may also be resolved without checking it. Everything is then `dyn`, and what
///   would have been a mistake fails when it is reached.
struct Checker {
    private struct Local {
        let name: String
        let index: Int
        let type: ValueType
    }

    private static let diagnosticsMax = 20

    private let environment: Environment
    private let isChecking: Bool
    private var substitution = TypeSubstitution()
    private var variables = 0
    private var locals: [Local] = []
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

    private mutating func mistake(
        _ code: Diagnostic.Code, _ message: String, suggestion: String? = nil,
        at offset: Int, runtime: EvaluationError.Code, operands: [ResolvedExpression] = []
    ) -> ResolvedExpression {
        if isChecking, diagnostics.count < Self.diagnosticsMax {
            diagnostics.append(Diagnostic(code, message, suggestion: suggestion, at: offset))
        }
        return ResolvedExpression(
            kind: .failure(runtime, message, operands), type: .dyn, offset: offset)
    }

    private func shown(_ type: ValueType) -> String {
        substitution.applied(to: type, isFinal: true).description
    }

    private mutating func fresh() -> ValueType {
        defer { variables += 1 }
        return .variable(variables)
    }

    /// The type as far as it is known; an unchecked expression knows of none.
    private func known(_ type: ValueType) -> ValueType {
        isChecking ? substitution.applied(to: type) : .dyn
    }

    // MARK: - Expressions

    private mutating func resolve(_ expression: Expression) -> ResolvedExpression {
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

    private mutating func condition(_ expression: Expression) -> ResolvedExpression {
        let value = resolve(expression)
        guard !isChecking || substitution.unify(.bool, value.type) else {
            return mistake(
                .type, "expected a bool, found \(shown(value.type))", at: expression.offset,
                runtime: .noSuchOverload)
        }
        return value
    }

    private mutating func enter(_ name: String, _ type: ValueType) -> Int {
        defer { localsCount += 1 }
        locals.append(Local(name: name, index: localsCount, type: type))
        return localsCount
    }

    // MARK: - Names

    private mutating func named(
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

    private mutating func unknown(_ name: String, at offset: Int) -> ResolvedExpression {
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

    // MARK: - Calls

    private mutating func call(
        _ name: String, _ receiver: Expression?, _ arguments: [Expression], at offset: Int
    ) -> ResolvedExpression {
        if let receiver, let qualified = receiver.qualifiedName,
            locals.last(where: { $0.name == qualified.name.prefix { $0 != "." } }) == nil,
            let (full, declaration) = declared(
                "\(qualified.name).\(name)", isAbsolute: qualified.isAbsolute)
        {
            return apply(
                full, declaration, isReceiver: false, arguments.map { resolve($0) }, at: offset)
        }
        let isReceiver = receiver != nil
        let operands = ((receiver.map { [$0] } ?? []) + arguments).map { resolve($0) }
        let isAbsolute = name.hasPrefix(".")
        let plain = isAbsolute ? String(name.dropFirst()) : name
        // A function that is called on something is found by its own name, in every container.
        guard let (full, declaration) = declared(plain, isAbsolute: isAbsolute || isReceiver) else {
            return mistake(
                .undeclared, "there is no function `\(Operators.display(plain))`",
                suggestion: environment.suggestion(for: plain), at: offset,
                runtime: .noSuchOverload, operands: operands)
        }
        return apply(full, declaration, isReceiver: isReceiver, operands, at: offset)
    }

    private func declared(
        _ name: String, isAbsolute: Bool
    ) -> (String, FunctionDeclaration)? {
        for candidate in environment.candidates(name, isAbsolute: isAbsolute) {
            if let declaration = environment.function(candidate) { return (candidate, declaration) }
        }
        return nil
    }

    private mutating func apply(
        _ name: String, _ declaration: FunctionDeclaration, isReceiver: Bool,
        _ arguments: [ResolvedExpression], at offset: Int
    ) -> ResolvedExpression {
        guard isChecking else {
            return unchecked(name, declaration, isReceiver, arguments, at: offset)
        }
        var result: ValueType?
        for overload in declaration.overloads
        where overload.isReceiver == isReceiver && overload.parameters.count == arguments.count {
            let instance = instantiate(overload)
            guard substitution.unify(arguments.map(\.type), instance.parameters) else { continue }
            let type = substitution.applied(to: instance.result)
            // Where several forms fit, and do not agree, only running it shows which one it is.
            result = result.map { $0 == type ? type : .dyn } ?? type
        }
        guard let result else {
            if let failed = arguments.first(where: \.isFailure) { return failed }
            return mistake(
                .type, Self.noOverload(name, isReceiver, arguments.map { shown($0.type) }),
                at: offset, runtime: .noSuchOverload, operands: arguments)
        }
        guard let function = declaration.function else {
            return ResolvedExpression(
                kind: .failure(
                    .noSuchOverload, "`\(name)` is declared, and cannot be run", arguments),
                type: result, offset: offset)
        }
        return ResolvedExpression(kind: .call(function, arguments), type: result, offset: offset)
    }

    private mutating func unchecked(
        _ name: String, _ declaration: FunctionDeclaration, _ isReceiver: Bool,
        _ arguments: [ResolvedExpression], at offset: Int
    ) -> ResolvedExpression {
        guard let function = declaration.function,
            declaration.overloads.contains(where: {
                $0.isReceiver == isReceiver && $0.parameters.count == arguments.count
            })
        else {
            return mistake(
                .type, Self.noOverload(name, isReceiver, arguments.map { _ in "dyn" }), at: offset,
                runtime: .noSuchOverload, operands: arguments)
        }
        return ResolvedExpression(kind: .call(function, arguments), type: .dyn, offset: offset)
    }

    private static func noOverload(
        _ name: String, _ isReceiver: Bool, _ types: [String]
    ) -> String {
        let shown = Operators.display(name)
        if !(name.first?.isLetter ?? false) {
            return "`\(shown)` does not take \(types.joined(separator: " and "))"
        }
        return isReceiver
            ? "`\(shown)` on \(types[0]) does not take (\(types.dropFirst().joined(separator: ", ")))"
            : "`\(shown)` does not take (\(types.joined(separator: ", ")))"
    }

    /// An overload with variables of its own in the place of its parameters' names.
    private mutating func instantiate(_ overload: Overload) -> Overload {
        var names: [String: ValueType] = [:]
        func instance(_ type: ValueType) -> ValueType {
            guard case .parameter(let name) = type else { return type.mapArguments(instance) }
            if let known = names[name] { return known }
            let new = fresh()
            names[name] = new
            return new
        }
        return Overload(
            isReceiver: overload.isReceiver, overload.parameters.map(instance),
            instance(overload.result))
    }

    // MARK: - Lists and maps

    private mutating func join(_ types: [ValueType]) -> ValueType {
        guard isChecking else { return .dyn }
        guard var joined = types.first else { return fresh() }
        for type in types.dropFirst() {
            if substitution.unify(joined, type) {
                joined = TypeSubstitution.mostGeneral(
                    substitution.applied(to: joined), substitution.applied(to: type))
            } else {
                joined = .dyn
            }
        }
        return joined
    }

    /// The type of what an optional element holds.
    private mutating func unwrapped(
        _ value: ResolvedExpression, isOptional: Bool
    ) -> (ResolvedExpression, ValueType) {
        guard isOptional, isChecking else { return (value, value.type) }
        let wrapped = fresh()
        guard substitution.unify(value.type, .optional(wrapped)) else {
            return (
                mistake(
                    .type, "`?` takes an optional, found \(shown(value.type))", at: value.offset,
                    runtime: .noSuchOverload), .dyn
            )
        }
        return (value, wrapped)
    }

    private mutating func list(
        _ elements: [Expression.Element], at offset: Int
    ) -> ResolvedExpression {
        let resolved = elements.map { element in
            let (value, type) = unwrapped(resolve(element.value), isOptional: element.isOptional)
            return (value: value, isOptional: element.isOptional, type: type)
        }
        let type = join(resolved.map(\.type))
        return ResolvedExpression(
            kind: .list(resolved.map { ($0.value, $0.isOptional) }),
            type: isChecking ? .list(type) : .dyn, offset: offset)
    }

    private mutating func map(_ entries: [Expression.Entry], at offset: Int) -> ResolvedExpression {
        let resolved = entries.map { entry in
            let key = resolve(entry.key)
            let (value, type) = unwrapped(resolve(entry.value), isOptional: entry.isOptional)
            return (key: key, value: value, isOptional: entry.isOptional, type: type)
        }
        for entry in resolved where isChecking && !known(entry.key.type).mayBeKey {
            return mistake(
                .type, "a map's keys are int, uint, bool or string, found \(shown(entry.key.type))",
                at: entry.key.offset, runtime: .unsupportedKey)
        }
        let key = join(resolved.map(\.key.type))
        let value = join(resolved.map(\.type))
        return ResolvedExpression(
            kind: .map(resolved.map { ($0.key, $0.value, $0.isOptional) }),
            type: isChecking ? .map(key: key, value: value) : .dyn, offset: offset)
    }

    // MARK: - Macros

    private mutating func resolve(
        _ comprehension: Expression.Comprehension, at offset: Int
    ) -> ResolvedExpression {
        let range = resolve(comprehension.range)
        guard let (first, second) = elementTypes(of: range, isPair: comprehension.second != nil)
        else {
            if range.isFailure { return range }
            return mistake(
                .type, "expected a list or a map, found \(shown(range.type))",
                at: comprehension.range.offset, runtime: .noSuchOverload, operands: [range])
        }
        let local = enter(comprehension.variable, first)
        let secondLocal = comprehension.second.map { enter($0, second) }
        defer { locals.removeLast(secondLocal == nil ? 1 : 2) }
        let filter = comprehension.filter.map { condition($0) }
        let body: ResolvedExpression
        let type: ValueType
        switch comprehension.kind {
        case .all, .exists, .existsOne:
            body = condition(comprehension.body)
            type = .bool
        case .filter:
            body = condition(comprehension.body)
            type = .list(first)
        case .map:
            body = resolve(comprehension.body)
            type = .list(body.type)
        case .transformMap:
            body = resolve(comprehension.body)
            type = .map(key: first, value: body.type)
        case .transformMapEntry:
            body = resolve(comprehension.body)
            let (key, value) = (fresh(), fresh())
            guard !isChecking || substitution.unify(body.type, .map(key: key, value: value)) else {
                return mistake(
                    .type, "`transformMapEntry` makes maps, found \(shown(body.type))",
                    at: comprehension.body.offset, runtime: .noSuchOverload)
            }
            type = .map(key: key, value: value)
        }
        return ResolvedExpression(
            kind: .comprehension(
                .init(
                    kind: comprehension.kind, range: range, local: local, second: secondLocal,
                    filter: filter, body: body)), type: isChecking ? type : .dyn, offset: offset)
    }

    private mutating func elementTypes(
        of range: ResolvedExpression, isPair: Bool
    ) -> (ValueType, ValueType)? {
        guard isChecking else { return (.dyn, .dyn) }
        switch known(range.type) {
        case .list(let element): return isPair ? (.int, element) : (element, element)
        case .map(let key, let value): return (key, value)
        case .dyn: return (.dyn, .dyn)
        case .variable:
            _ = substitution.unify(.dyn, range.type)
            return (.dyn, .dyn)
        default: return nil
        }
    }
}

extension ResolvedExpression {
    fileprivate var isFailure: Bool {
        if case .failure = kind { true } else { false }
    }
}

extension ValueType {
    fileprivate var mayBeKey: Bool {
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
