/// Calls that are not functions: they see their arguments as they are written (CEL language
/// definition, "Macros"; cel-go's extensions for bindings, two variables and optionals).
enum Macros {
    typealias Kind = Expression.Comprehension.Kind

    /// What a call stands for; `nil` where it is a call.
    ///
    /// - Throws: ``Diagnostic`` where a macro's arguments are not of its form.
    static func expand(
        _ name: String, receiver: Expression?, _ arguments: [Expression], at offset: Int
    ) throws(Diagnostic) -> Expression.Kind? {
        guard let receiver else {
            guard name == "has", arguments.count == 1 else { return nil }
            guard case .select(let operand, let field, false) = arguments[0].kind else {
                throw Diagnostic(
                    .syntax, "`has` takes a field, as in `has(a.b)`", at: arguments[0].offset)
            }
            return .presence(operand, field: field)
        }
        if receiver.qualifiedName?.name == "cel", name == "bind", arguments.count == 3 {
            return .bind(try variable(arguments[0]), arguments[1], arguments[2])
        }
        if let comprehension = try comprehension(name, receiver, arguments) { return comprehension }
        return try optional(name, receiver, arguments, at: offset)
    }

    private static func comprehension(
        _ name: String, _ range: Expression, _ arguments: [Expression]
    ) throws(Diagnostic) -> Expression.Kind? {
        func build(
            _ kind: Kind, _ variables: Int, filter: Int? = nil
        ) throws(Diagnostic) -> Expression.Kind {
            let first = try variable(arguments[0])
            let second = variables == 2 ? try variable(arguments[1]) : nil
            guard first != second else {
                throw Diagnostic(
                    .syntax, "the two variables have one name, `\(first)`", at: arguments[1].offset)
            }
            return .comprehension(
                .init(
                    kind: kind, range: range, variable: first, second: second,
                    filter: filter.map { arguments[$0] }, body: arguments[arguments.count - 1]))
        }
        switch (name, arguments.count) {
        case ("all", 2): return try build(.all, 1)
        case ("exists", 2): return try build(.exists, 1)
        case ("exists_one", 2), ("existsOne", 2): return try build(.existsOne, 1)
        case ("filter", 2): return try build(.filter, 1)
        case ("map", 2): return try build(.map, 1)
        case ("map", 3): return try build(.map, 1, filter: 1)
        case ("all", 3): return try build(.all, 2)
        case ("exists", 3): return try build(.exists, 2)
        case ("exists_one", 3), ("existsOne", 3): return try build(.existsOne, 2)
        case ("transformList", 3): return try build(.map, 2)
        case ("transformList", 4): return try build(.map, 2, filter: 2)
        case ("transformMap", 3): return try build(.transformMap, 2)
        case ("transformMap", 4): return try build(.transformMap, 2, filter: 2)
        case ("transformMapEntry", 3): return try build(.transformMapEntry, 2)
        case ("transformMapEntry", 4): return try build(.transformMapEntry, 2, filter: 2)
        default: return nil
        }
    }

    /// `o.optMap(x, e)` is `o.hasValue() ? optional.of(e with x = o.value()) : optional.none()`.
    private static func optional(
        _ name: String, _ receiver: Expression, _ arguments: [Expression], at offset: Int
    ) throws(Diagnostic) -> Expression.Kind? {
        guard name == "optMap" || name == "optFlatMap", arguments.count == 2 else { return nil }
        func expression(_ kind: Expression.Kind) -> Expression { Expression(kind, at: offset) }
        func function(_ name: String, _ arguments: [Expression]) -> Expression {
            expression(
                .call(
                    name, receiver: expression(.identifier("optional", isAbsolute: false)),
                    arguments))
        }
        // No source can spell this name.
        let held = expression(.identifier("@optional", isAbsolute: false))
        let bound = expression(
            .bind(
                try variable(arguments[0]), expression(.call("value", receiver: held, [])),
                arguments[1]))
        return .bind(
            "@optional", receiver,
            expression(
                .conditional(
                    expression(.call("hasValue", receiver: held, [])),
                    name == "optMap" ? function("of", [bound]) : bound, function("none", []))))
    }

    private static func variable(_ expression: Expression) throws(Diagnostic) -> String {
        guard case .identifier(let name, isAbsolute: false) = expression.kind else {
            throw Diagnostic(
                .syntax, "a macro's variable is a plain name", at: expression.offset)
        }
        return name
    }
}
