package import Encodings
import Policy

/// Something that is wrong with a document, and where.
package struct DocumentProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place in the document, as in `actions.train.require[2].cel`; empty for the whole of it.
    package let path: String
    package let message: String
    package let suggestion: String?
    /// For a mistake in an expression: the expression, and the byte of it that is wrong.
    package let expression: (text: String, offset: Int)?

    init(_ path: String, _ message: String, suggestion: String? = nil) {
        self.path = path
        self.message = message
        self.suggestion = suggestion
        expression = nil
    }

    init(_ diagnostic: Diagnostic, in text: ExpressionText) {
        path = text.path
        message = diagnostic.message
        suggestion = diagnostic.suggestion
        expression = (text.text, diagnostic.offset)
    }

    package init(_ error: JSONShapeError) {
        self.init(error.path, error.problem)
    }

    /// Whether it is the name there that is wrong, and not what it stands for.
    package var isUnknownName: Bool { message == JSONShapeError.unknownField }

    package var description: String {
        let place = path.isEmpty ? "the document" : path
        let hint = suggestion.map { " (did you mean `\($0)`?)" } ?? ""
        guard let expression else { return "\(place): \(message)\(hint)" }
        let source = SourceText(expression.text)
        return "\(place): \(message)\(hint)\n\(source.caret(at: expression.offset))"
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.description == right.description
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

/// Everything that is wrong with a document; never empty.
package struct DocumentProblems: Error, Hashable, Sendable, CustomStringConvertible {
    package let all: [DocumentProblem]

    init?(_ all: [DocumentProblem]) {
        guard !all.isEmpty else { return nil }
        self.all = all
    }

    package init(_ first: DocumentProblem) {
        all = [first]
    }

    package var description: String { all.map(\.description).joined(separator: "\n") }
}
