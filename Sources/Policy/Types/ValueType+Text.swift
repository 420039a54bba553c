/// Types as people write them: `int`, `list(string)`, `map(string, int)`, `timestamp`.
extension ValueType {
    private static let names: [String: ValueType] = [
        "null": .null, "null_type": .null, "bool": .bool, "int": .int, "uint": .uint,
        "double": .double, "string": .string, "bytes": .bytes, "timestamp": .timestamp,
        "duration": .duration, "dyn": .dyn,
    ]

    private static let nestingMax = 16

    /// - Throws: ``Diagnostic`` at the place in the text.
    package init(text: String) throws(Diagnostic) {
        let tokens = try Lexer.tokens(of: SourceText(text))
        var rest = tokens[...]
        self = try Self.read(&rest, nesting: 0)
        if let token = rest.first, token.kind != .end {
            throw Diagnostic(
                .syntax, "found \(token.description) behind the type", at: token.offset)
        }
    }

    private static func read(
        _ tokens: inout ArraySlice<Token>, nesting: Int
    ) throws(Diagnostic) -> ValueType {
        guard let token = tokens.popFirst(), case .identifier(let name) = token.kind,
            nesting <= nestingMax
        else {
            throw Diagnostic(.syntax, "a type's name should be here", at: tokens.first?.offset ?? 0)
        }
        if let simple = names[name] { return simple }
        let arguments: [ValueType]
        if tokens.first?.kind == .symbol(.openParenthesis) {
            tokens.removeFirst()
            var read = [try Self.read(&tokens, nesting: nesting + 1)]
            while tokens.first?.kind == .symbol(.comma) {
                tokens.removeFirst()
                read.append(try Self.read(&tokens, nesting: nesting + 1))
            }
            guard tokens.popFirst()?.kind == .symbol(.closeParenthesis) else {
                throw Diagnostic(.syntax, "`)` is missing", at: token.offset)
            }
            arguments = read
        } else {
            arguments = []
        }
        switch (name, arguments.count) {
        case ("list", 1): return .list(arguments[0])
        case ("map", 2): return .map(key: arguments[0], value: arguments[1])
        case ("optional", 1): return .optional(arguments[0])
        case ("list", _):
            throw Diagnostic(.type, "a list has one type, as in `list(int)`", at: token.offset)
        case ("map", _):
            throw Diagnostic(
                .type, "a map has two types, as in `map(string, int)`", at: token.offset)
        default:
            let known = (Array(names.keys) + ["list", "map", "optional"]).sorted()
            throw Diagnostic(
                .type, "there is no type `\(name)`; there are \(known.joined(separator: ", "))",
                at: token.offset)
        }
    }
}
