/// What inference has found out about type variables so far.
///
/// The rules are those of the reference checker: where two types agree, the more general one is
/// kept; `dyn` agrees with everything; `null` with what may be absent.
struct TypeSubstitution {
    private var bindings: [ValueType: ValueType] = [:]

    /// Whether both can be one type; what has to hold for it is then kept.
    mutating func unify(_ first: ValueType, _ second: ValueType) -> Bool {
        var trial = self
        guard trial.assign(first, second) else { return false }
        self = trial
        return true
    }

    mutating func unify(_ first: [ValueType], _ second: [ValueType]) -> Bool {
        guard first.count == second.count else { return false }
        var trial = self
        for (one, other) in zip(first, second) {
            guard trial.assign(one, other) else { return false }
        }
        self = trial
        return true
    }

    private mutating func assign(_ first: ValueType, _ second: ValueType) -> Bool {
        if case .variable = second {
            let (isValid, isBound) = substitute(first, for: second)
            if isValid { return true }
            if isBound { return false }
        }
        if case .variable = first { return substitute(second, for: first).isValid }
        switch (first, second) {
        case (.dyn, _), (_, .dyn): return true
        case (.null, let other), (let other, .null): return other.mayBeNull
        default: break
        }
        if case .type = first { return first.hasHead(of: second) }
        guard first.hasHead(of: second) else { return false }
        return zip(first.arguments, second.arguments).allSatisfy { assign($0, $1) }
    }

    private mutating func substitute(
        _ type: ValueType, for variable: ValueType
    ) -> (isValid: Bool, isBound: Bool) {
        if type == variable { return (true, true) }
        guard let bound = bindings[variable] else {
            guard !occurs(variable, in: type) else { return (false, false) }
            bindings[variable] = type
            return (true, false)
        }
        if type == bound { return (true, true) }
        guard assign(type, bound) else { return (false, true) }
        let general = Self.mostGeneral(type, bound)
        if !occurs(variable, in: general) { bindings[variable] = general }
        return (true, true)
    }

    private func occurs(_ variable: ValueType, in type: ValueType) -> Bool {
        if type == variable { return true }
        if case .variable = type { return bindings[type].map { occurs(variable, in: $0) } ?? false }
        return type.arguments.contains { occurs(variable, in: $0) }
    }

    /// Of two types that agree, the one that says less.
    static func mostGeneral(_ first: ValueType, _ second: ValueType) -> ValueType {
        isNotMoreSpecific(first, than: second) ? first : second
    }

    private static func isNotMoreSpecific(_ first: ValueType, than second: ValueType) -> Bool {
        if first == second { return true }
        switch (first, second) {
        case (.dyn, _), (.variable, _): return true
        case (_, .dyn), (_, .variable): return false
        case (let other, .null): return other.mayBeNull
        default:
            guard first.hasHead(of: second) else { return false }
            return zip(first.arguments, second.arguments).allSatisfy(isNotMoreSpecific)
        }
    }

    /// The type with everything put in that is known.
    ///
    /// - Parameter isFinal: Makes `dyn` of what nothing decided.
    func applied(to type: ValueType, isFinal: Bool = false) -> ValueType {
        guard case .variable = type else {
            return type.mapArguments { applied(to: $0, isFinal: isFinal) }
        }
        if let bound = bindings[type] { return applied(to: bound, isFinal: isFinal) }
        return isFinal ? .dyn : type
    }
}

extension ValueType {
    /// The types that `null` agrees with.
    fileprivate var mayBeNull: Bool {
        switch self {
        case .null, .timestamp, .duration, .optional, .named: true
        default: false
        }
    }
}
