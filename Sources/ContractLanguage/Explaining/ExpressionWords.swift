import Policy

/// Puts expressions into words.
///
/// What has no good words stands as the expression itself; nothing is left out.
struct ExpressionWords: Sendable {
    let names: DocumentNames
    let values: ValueWords
    /// The types of the names that an expression here can use.
    private var types: [String: DataType] = [:]
    /// Of the variables of comprehensions.
    private var locals: [String: DataType?] = [:]

    var language: ReadingLanguage { names.language }

    init(_ names: DocumentNames, input: [ContractDocument.Field] = []) {
        self.names = names
        values = ValueWords(names: names)
        let document = names.document
        for field in document.terms { types["terms.\(field.name)"] = field.type }
        for variable in document.state { types["state.\(variable.name)"] = variable.type }
        for field in input { types["input.\(field.name)"] = field.type }
        for party in document.parties {
            types["parties.\(party.name)"] =
                switch party.kind {
                case .member: .member
                case .members(let count): .list(.member, countMax: count)
                }
        }
        types["now"] = .timestamp
        types["escrow"] = .money
        types["sender"] = .member
        types["offeredBy"] = .member
    }

    /// A condition as a clause of a sentence.
    func condition(_ text: ExpressionText) -> String { written(text) { claim($0) } }

    /// What must hold for something to be refused or left out.
    func opposite(_ text: ExpressionText) -> String { written(text) { claim($0, isDenied: true) } }

    /// A value as a noun.
    func value(_ text: ExpressionText) -> String { written(text) { noun($0) } }

    /// An amount of money as a noun.
    func amount(_ text: ExpressionText) -> String {
        written(text) { expression in
            if case .literal(.int(let units)) = expression.kind { return values.money(units) }
            return noun(expression)
        }
    }

    private func written(
        _ text: ExpressionText, _ words: (Expression) -> String
    ) -> String {
        guard let expression = try? Parser.parse(SourceText(text.text)) else {
            return "`\(text.text)`"
        }
        return words(expression)
    }

    func with(_ variable: String, _ type: DataType?) -> ExpressionWords {
        var inner = self
        inner.locals[variable] = .some(type)
        return inner
    }

    /// What type an expression has, as far as that decides how it reads.
    func type(of expression: Expression) -> DataType? {
        if let path = expression.path {
            if let local = locals[path] { return local }
            return types[path]
        }
        if let (symbol, left, right) = expression.binary {
            let sides = (type(of: left), type(of: right))
            switch symbol {
            case "+", "-":
                switch sides {
                case (.timestamp?, .timestamp?): return .duration
                case (.timestamp?, _), (_, .timestamp?): return .timestamp
                default: return sides.0 ?? sides.1
                }
            case "*", "/", "%": return sides.0 ?? sides.1
            default: return .bool
            }
        }
        if let (collection, _) = expression.indexed {
            switch type(of: collection) {
            case .list(let element, _)?, .map(_, let element, _)?: return element
            default: return nil
            }
        }
        switch expression.kind {
        case .literal(.int): return .int(.min ... .max)
        case .literal(.bool), .logic, .presence: return .bool
        case .literal(.string(let bytes)): return .string(bytesMax: bytes.count)
        case .call("duration", receiver: nil, _): return .duration
        case .call("timestamp", receiver: nil, _): return .timestamp
        case .call("size", _, _): return .int(0 ... .max)
        case .call("greatest", _, let arguments), .call("least", _, let arguments):
            return arguments.lazy.compactMap { type(of: $0) }.first
        case .list(let elements):
            return elements.lazy.compactMap { type(of: $0.value) }.first.map {
                .list($0, countMax: elements.count)
            }
        case .conditional(_, let yes, let no): return type(of: yes) ?? type(of: no)
        case .comprehension(let loop) where [.all, .exists, .existsOne].contains(loop.kind):
            return .bool
        case .comprehension(let loop) where loop.kind == .filter: return type(of: loop.range)
        default: return nil
        }
    }

    /// The types of the variables of a comprehension: the first and the second.
    func variables(of loop: Expression.Comprehension) -> ExpressionWords {
        let first: DataType?
        let second: DataType?
        switch type(of: loop.range) {
        case .list(let element, _)?:
            first = loop.second == nil ? element : .int(0 ... .max)
            second = element
        case .map(let key, let value, _)?: (first, second) = (key, value)
        default: (first, second) = (nil, nil)
        }
        let inner = with(loop.variable, first)
        return loop.second.map { inner.with($0, second) } ?? inner
    }
}
