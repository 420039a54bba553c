/// What is wrong with an expression before it is run: where, and what would be right.
package struct Diagnostic: Error, Hashable, Sendable {
    package enum Code: String, Hashable, Sendable {
        case syntax = "policy.syntax"
        case limit = "policy.limit"
        case undeclared = "policy.undeclared"
        case type = "policy.type"
        case cost = "policy.cost"
    }

    package let code: Code
    package let message: String
    /// What the reader may have meant.
    package let suggestion: String?
    /// The byte of the expression that it is about.
    package let offset: Int

    package init(_ code: Code, _ message: String, suggestion: String? = nil, at offset: Int) {
        self.code = code
        self.message = message
        self.suggestion = suggestion
        self.offset = offset
    }

    /// For a person: line, column, the line itself with a caret, and the suggestion.
    package func rendered(in source: SourceText) -> String {
        let place = source.place(of: offset)
        let hint = suggestion.map { "\ndid you mean `\($0)`?" } ?? ""
        return "\(place.line):\(place.column): \(message)\n\(source.caret(at: offset))\(hint)"
    }
}

/// Everything that is wrong with an expression; never empty.
package struct Diagnostics: Error, Hashable, Sendable {
    package let all: [Diagnostic]

    package init?(_ all: [Diagnostic]) {
        guard !all.isEmpty else { return nil }
        self.all = all
    }

    package init(_ first: Diagnostic) {
        all = [first]
    }
}
