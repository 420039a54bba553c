/// Lists, maps, and the macros that go through them.
extension Checker {
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

    mutating func list(
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

    mutating func map(_ entries: [Expression.Entry], at offset: Int) -> ResolvedExpression {
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

    mutating func resolve(
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
