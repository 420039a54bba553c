/// Parses an expression by recursive descent, and expands macros on the way.
package struct Parser {
    /// What an expression may be at most; what is larger is refused, whoever sends it.
    package struct Limits: Sendable {
        package var bytes = 100_000
        /// How deep brackets, calls and conditionals may be nested.
        package var nesting = 150
        /// How deep the tree may become, also by long chains of operators.
        package var height = 300

        package init() {}
    }

    private let tokens: [Token]
    private let limits: Limits
    private let expandsMacros: Bool
    private var index = 0
    private var nesting = 0

    /// - Parameter expandsMacros: Whether `has`, `all` and the others are macros; they are calls of
    ///   functions otherwise.
    /// - Throws: ``Diagnostic``.
    package static func parse(
        _ source: SourceText, expandsMacros: Bool = true, limits: Limits = Limits()
    ) throws(Diagnostic) -> Expression {
        guard source.utf8.count <= limits.bytes else {
            throw Diagnostic(
                .limit,
                "the expression has \(source.utf8.count) bytes, and \(limits.bytes) are allowed; split it",
                at: 0)
        }
        var parser = Parser(
            tokens: try Lexer.tokens(of: source), limits: limits, expandsMacros: expandsMacros)
        let expression = try parser.expression()
        guard parser.token.kind == .end else { throw parser.unexpected("an operator, or the end") }
        return expression
    }

    private init(tokens: [Token], limits: Limits, expandsMacros: Bool) {
        self.tokens = tokens
        self.limits = limits
        self.expandsMacros = expandsMacros
    }

    // MARK: - Tokens

    private var token: Token { tokens[index] }

    private mutating func advance() {
        if index < tokens.count - 1 { index += 1 }
    }

    private func isAt(_ symbol: Token.Symbol) -> Bool { token.kind == .symbol(symbol) }

    private mutating func take(_ symbol: Token.Symbol) -> Bool {
        guard isAt(symbol) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ symbol: Token.Symbol, _ why: String) throws(Diagnostic) {
        guard take(symbol) else { throw unexpected("`\(symbol.rawValue)` \(why)") }
    }

    private func unexpected(_ wanted: String) -> Diagnostic {
        Diagnostic(
            .syntax, "found \(token.description) where \(wanted) should be", at: token.offset)
    }

    private func node(_ kind: Expression.Kind, at offset: Int) throws(Diagnostic) -> Expression {
        let expression = Expression(kind, at: offset)
        guard expression.height <= limits.height else {
            throw Diagnostic(
                .limit, "the expression is nested more than \(limits.height) deep; split it",
                at: offset)
        }
        return expression
    }

    // MARK: - Operators

    private mutating func expression() throws(Diagnostic) -> Expression {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= limits.nesting else {
            throw Diagnostic(
                .limit,
                "brackets are nested more than \(limits.nesting) deep; take some away, or split the expression",
                at: token.offset)
        }
        let condition = try logic(isAnd: false)
        let offset = token.offset
        guard take(.question) else { return condition }
        let yes = try logic(isAnd: false)
        try expect(.colon, "and what holds otherwise")
        let no = try expression()
        return try node(.conditional(condition, yes, no), at: offset)
    }

    private mutating func logic(isAnd: Bool) throws(Diagnostic) -> Expression {
        let symbol: Token.Symbol = isAnd ? .and : .or
        var terms = [isAnd ? try binary(1) : try logic(isAnd: true)]
        let offset = token.offset
        while take(symbol) {
            terms.append(isAnd ? try binary(1) : try logic(isAnd: true))
        }
        return terms.count == 1 ? terms[0] : try node(.logic(isAnd: isAnd, terms), at: offset)
    }

    private mutating func binary(_ precedence: Int) throws(Diagnostic) -> Expression {
        var left = try precedence == Operators.tightest ? unary() : binary(precedence + 1)
        while let operation = Operators.binary(token.kind), operation.precedence == precedence {
            let offset = token.offset
            advance()
            let right = try precedence == Operators.tightest ? unary() : binary(precedence + 1)
            left = try node(.call(operation.name, receiver: nil, [left, right]), at: offset)
        }
        return left
    }

    private mutating func unary() throws(Diagnostic) -> Expression {
        let first = token
        guard isAt(.not) || isAt(.minus) else { return try member() }
        var offsets: [Int] = []
        let symbol: Token.Symbol = isAt(.not) ? .not : .minus
        while isAt(symbol) {
            offsets.append(token.offset)
            advance()
        }
        var operand: Expression
        if symbol == .minus, let number = negativeNumber() {
            offsets.removeLast()
            operand = try members(of: try node(.literal(number), at: first.offset))
        } else {
            operand = try member()
        }
        for offset in offsets.reversed() {
            operand = try node(
                .call(symbol == .not ? Operators.not : Operators.negate, receiver: nil, [operand]),
                at: offset)
        }
        return operand
    }

    /// A number behind a minus is one literal: the smallest integer has no positive counterpart.
    private mutating func negativeNumber() -> Expression.Literal? {
        let literal: Expression.Literal
        switch token.kind {
        case .int(let magnitude) where magnitude <= UInt64(Int64.max) + 1:
            literal = .int(Int64(truncatingIfNeeded: 0 &- magnitude))
        case .double(let value): literal = .double(-value)
        default: return nil
        }
        advance()
        return literal
    }

    // MARK: - Members

    private mutating func member() throws(Diagnostic) -> Expression {
        try members(of: try primary())
    }

    private mutating func members(of first: Expression) throws(Diagnostic) -> Expression {
        var operand = first
        while true {
            let offset = token.offset
            if take(.dot) {
                let isOptional = take(.question)
                let name = try fieldName()
                if isAt(.openParenthesis), !isOptional, !name.isQuoted {
                    operand = try call(name.text, receiver: operand, at: offset)
                } else {
                    operand = try node(
                        .select(operand, field: name.text, isOptional: isOptional), at: offset)
                }
            } else if take(.openBracket) {
                let isOptional = take(.question)
                let position = try expression()
                try expect(.closeBracket, "to end the index")
                operand = try node(
                    .call(
                        isOptional ? Operators.optionalIndex : Operators.index, receiver: nil,
                        [operand, position]), at: offset)
            } else if isAt(.openBrace), operand.qualifiedName != nil {
                throw Diagnostic(
                    .syntax, "messages are not part of this language; a map begins with `{`",
                    at: offset)
            } else {
                return operand
            }
        }
    }

    private mutating func fieldName() throws(Diagnostic) -> (text: String, isQuoted: Bool) {
        switch token.kind {
        case .identifier(let name) where !Words.literals.contains(name):
            advance()
            return (name, false)
        case .quotedIdentifier(let name):
            advance()
            return (name, true)
        default: throw unexpected("the name of a field")
        }
    }

    // MARK: - Primaries

    private mutating func primary() throws(Diagnostic) -> Expression {
        let first = token
        let literal: Expression.Literal
        switch first.kind {
        case .int(let magnitude):
            guard let value = Int64(exactly: magnitude) else {
                throw Diagnostic(.syntax, "the number is too large for an int", at: first.offset)
            }
            literal = .int(value)
        case .uint(let value): literal = .uint(value)
        case .double(let value): literal = .double(value)
        case .string(let text): literal = .string(text)
        case .bytes(let bytes): literal = .bytes(bytes)
        case .identifier("true"): literal = .bool(true)
        case .identifier("false"): literal = .bool(false)
        case .identifier("null"): literal = .null
        case .identifier(let name):
            return try named(name, isAbsolute: false)
        case .symbol(.dot):
            advance()
            guard case .identifier(let name) = token.kind else { throw unexpected("a name") }
            return try named(name, isAbsolute: true)
        case .symbol(.openParenthesis):
            advance()
            let inner = try expression()
            try expect(.closeParenthesis, "to match the one that opens")
            return inner
        case .symbol(.openBracket): return try list()
        case .symbol(.openBrace): return try map()
        default: throw unexpected("an expression")
        }
        advance()
        return try node(.literal(literal), at: first.offset)
    }

    private mutating func named(_ name: String, isAbsolute: Bool) throws(Diagnostic) -> Expression {
        let offset = token.offset
        guard !Words.reserved.contains(name), !Words.literals.contains(name) else {
            throw Diagnostic(.syntax, "`\(name)` is a reserved word", at: offset)
        }
        advance()
        if isAt(.openParenthesis) {
            return try call(isAbsolute ? ".\(name)" : name, receiver: nil, at: offset)
        }
        return try node(.identifier(name, isAbsolute: isAbsolute), at: offset)
    }

    private mutating func call(
        _ name: String, receiver: Expression?, at offset: Int
    ) throws(Diagnostic) -> Expression {
        advance()
        var arguments: [Expression] = []
        while !isAt(.closeParenthesis) {
            arguments.append(try expression())
            guard take(.comma) else { break }
        }
        try expect(.closeParenthesis, "to end the arguments")
        if expandsMacros,
            let expanded = try Macros.expand(name, receiver: receiver, arguments, at: offset)
        {
            return try node(expanded, at: offset)
        }
        return try node(.call(name, receiver: receiver, arguments), at: offset)
    }

    private mutating func list() throws(Diagnostic) -> Expression {
        let offset = token.offset
        advance()
        var elements: [Expression.Element] = []
        while !isAt(.closeBracket) {
            let isOptional = take(.question)
            elements.append(.init(value: try expression(), isOptional: isOptional))
            guard take(.comma) else { break }
        }
        try expect(.closeBracket, "to end the list")
        return try node(.list(elements), at: offset)
    }

    private mutating func map() throws(Diagnostic) -> Expression {
        let offset = token.offset
        advance()
        var entries: [Expression.Entry] = []
        while !isAt(.closeBrace) {
            let isOptional = take(.question)
            let key = try expression()
            try expect(.colon, "between a key and its value")
            entries.append(.init(key: key, value: try expression(), isOptional: isOptional))
            guard take(.comma) else { break }
        }
        try expect(.closeBrace, "to end the map")
        return try node(.map(entries), at: offset)
    }
}

/// Words that are no names.
enum Words {
    static let literals: Set = ["true", "false", "null", "in"]
    static let reserved: Set = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
        "loop", "package", "namespace", "return", "var", "void", "while",
    ]
}

extension Expression {
    /// Where its text begins, for what is nothing but names.
    var start: Int {
        if case .select(let operand, _, _) = kind { operand.start } else { offset }
    }

    /// `a.b.c` where it is nothing but names.
    var qualifiedName: (name: String, isAbsolute: Bool)? {
        switch kind {
        case .identifier(let name, let isAbsolute): (name, isAbsolute)
        case .select(let operand, let field, false):
            operand.qualifiedName.map { ("\($0.name).\(field)", $0.isAbsolute) }
        default: nil
        }
    }
}
