/// Which function a call means, and which of its forms.
extension Checker {
    mutating func call(
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
}
