/// A piece of an expression's text.
struct Token: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case identifier(String)
        /// An identifier in back quotes, which may hold characters that no other can.
        case quotedIdentifier(String)
        /// The magnitude of a signed integer; its sign is a token of its own.
        case int(UInt64)
        case uint(UInt64)
        case double(Double)
        case string([UInt8])
        case bytes([UInt8])
        case symbol(Symbol)
        case end
    }

    enum Symbol: String, Hashable, Sendable, CaseIterable {
        case or = "||"
        case and = "&&"
        case equal = "=="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case less = "<"
        case greater = ">"
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divide = "/"
        case modulo = "%"
        case not = "!"
        case question = "?"
        case colon = ":"
        case comma = ","
        case dot = "."
        case openParenthesis = "("
        case closeParenthesis = ")"
        case openBracket = "["
        case closeBracket = "]"
        case openBrace = "{"
        case closeBrace = "}"
    }

    let kind: Kind
    let offset: Int

    /// How a message names it.
    var description: String {
        switch kind {
        case .identifier(let name): "`\(name)`"
        case .quotedIdentifier(let name): "`\(name)` in back quotes"
        case .int, .uint, .double: "a number"
        case .string: "a string"
        case .bytes: "a bytes literal"
        case .symbol(let symbol): "`\(symbol.rawValue)`"
        case .end: "the end"
        }
    }
}
