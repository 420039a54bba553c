extension Expression {
    /// The expression in one spelling: two that differ only in blanks, needless brackets or quotes have the
    /// same text. Macros stay expanded.
    ///
    /// - Note: As deep as the parser lets expressions nest.
    package var text: String { Self.text(of: self, in: 0) }

    /// `a.b.c` where the expression is such a name.
    package var path: String? {
        switch kind {
        case .identifier(let name, _): name
        case .select(let operand, let field, isOptional: false):
            operand.path.map { "\($0).\(field)" }
        default: nil
        }
    }

    /// The two sides of an operator between two values, and how it is written.
    package var binary: (symbol: String, left: Expression, right: Expression)? {
        guard case .call(let name, receiver: nil, let sides) = kind, sides.count == 2,
            let symbol = Self.symbols[name]
        else { return nil }
        return (symbol, sides[0], sides[1])
    }

    /// What stands behind a `!`.
    package var negated: Expression? {
        guard case .call(Operators.not, receiver: nil, let sides) = kind else { return nil }
        return sides.first
    }

    /// What stands behind a `-`.
    package var opposite: Expression? {
        guard case .call(Operators.negate, receiver: nil, let sides) = kind else { return nil }
        return sides.first
    }

    /// The collection and the key of `a[k]`.
    package var indexed: (collection: Expression, key: Expression)? {
        guard case .call(let name, receiver: nil, let sides) = kind, sides.count == 2,
            name == Operators.index || name == Operators.optionalIndex
        else { return nil }
        return (sides[0], sides[1])
    }

    private static let symbols = [
        "_==_": "==", "_!=_": "!=", "_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">=", "@in": "in",
        "_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%",
    ]

    private static func tightness(_ symbol: String) -> Int {
        switch symbol {
        case "+", "-": 5
        case "*", "/", "%": 6
        default: 4
        }
    }

    /// - Parameter tightness: How tightly what stands around it binds: 1 conditional, 2 or, 3 and,
    ///   4 comparison, 5 sum, 6 product, 7 sign, 8 what a dot can follow.
    private static func text(of expression: Expression, in tightness: Int) -> String {
        let (text, own) = parts(of: expression)
        return own < tightness ? "(\(text))" : text
    }

    private static func parts(of expression: Expression) -> (text: String, tightness: Int) {
        if let (symbol, left, right) = expression.binary {
            let own = Self.tightness(symbol)
            return ("\(text(of: left, in: own)) \(symbol) \(text(of: right, in: own + 1))", own)
        }
        if let operand = expression.negated { return ("!\(text(of: operand, in: 7))", 7) }
        if let operand = expression.opposite { return ("-\(text(of: operand, in: 8))", 7) }
        switch expression.kind {
        case .literal(let literal): return (text(of: literal), 8)
        case .identifier(let name, let isAbsolute): return ((isAbsolute ? "." : "") + name, 8)
        case .select(let operand, let field, let isOptional):
            return ("\(text(of: operand, in: 8)).\(isOptional ? "?" : "")\(field)", 8)
        case .presence(let operand, let field):
            return ("has(\(text(of: operand, in: 8)).\(field))", 8)
        case .call(Operators.index, receiver: nil, let sides) where sides.count == 2:
            return ("\(text(of: sides[0], in: 8))[\(sides[1].text)]", 8)
        case .call(Operators.optionalIndex, receiver: nil, let sides) where sides.count == 2:
            return ("\(text(of: sides[0], in: 8))[?\(sides[1].text)]", 8)
        case .call(let name, let receiver, let arguments):
            let list = arguments.map(\.text).joined(separator: ", ")
            return ((receiver.map { "\(text(of: $0, in: 8))." } ?? "") + "\(name)(\(list))", 8)
        case .logic(let isAnd, let terms):
            let own = isAnd ? 3 : 2
            return (
                terms.map { text(of: $0, in: own + 1) }.joined(separator: isAnd ? " && " : " || "),
                own
            )
        case .conditional(let condition, let yes, let no):
            return (
                "\(text(of: condition, in: 2)) ? \(text(of: yes, in: 2)) : \(text(of: no, in: 1))",
                1
            )
        case .list(let elements):
            let list = elements.map { ($0.isOptional ? "?" : "") + $0.value.text }
            return ("[\(list.joined(separator: ", "))]", 8)
        case .map(let entries):
            let list = entries.map {
                ($0.isOptional ? "?" : "") + "\($0.key.text): \($0.value.text)"
            }
            return ("{\(list.joined(separator: ", "))}", 8)
        case .comprehension(let loop): return (text(of: loop), 8)
        case .bind(let name, let value, let body):
            return ("cel.bind(\(name), \(value.text), \(body.text))", 8)
        }
    }

    private static func text(of loop: Comprehension) -> String {
        let macro =
            switch loop.kind {
            case .all: "all"
            case .exists: "exists"
            case .existsOne: "exists_one"
            case .filter: "filter"
            case .map: loop.second == nil ? "map" : "transformList"
            case .transformMap: "transformMap"
            case .transformMapEntry: "transformMapEntry"
            }
        let arguments =
            [loop.variable] + [loop.second].compactMap(\.self)
            + [loop.filter, loop.body].compactMap { $0?.text }
        return "\(text(of: loop.range, in: 8)).\(macro)(\(arguments.joined(separator: ", ")))"
    }

    private static func text(of literal: Literal) -> String {
        switch literal {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .uint(let value): "\(value)u"
        case .double(let value): Value.double(value).literal
        case .string(let bytes): Machine.quoted(bytes)
        case .bytes(let bytes): Value.bytes(bytes).literal
        }
    }
}
