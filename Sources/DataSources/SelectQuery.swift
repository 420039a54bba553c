import Learning

/// The text of a query that reads, and does nothing else. The database has the last word on it; this
/// says no in plain words first.
struct SelectQuery: Hashable {
    /// Without the semicolon at its end.
    let text: String

    /// - Parameter source: For messages.
    /// - Throws: `DatasetError`: `queryRefused`.
    init(_ text: String, of source: String) throws(DatasetError) {
        var query = text[...]
        while let last = query.last, last.isWhitespace || last == ";" { query.removeLast() }
        self.text = String(query)
        let word = Self.firstWord(of: query)
        guard ["select", "with", "values"].contains(word) else {
            throw Self.refused(
                word.isEmpty ? "there is no query" : "the query begins with \(word.uppercased())",
                at: source)
        }
    }

    static func refused(_ problem: String, at source: String) -> DatasetError {
        DatasetError(
            .queryRefused, at: .init(file: source), problem,
            remedy: "ask for the rows with one SELECT; nothing is written here")
    }

    /// In lower case, behind comments and parentheses.
    private static func firstWord(of query: Substring) -> String {
        var rest = query
        while let first = rest.first {
            if first.isWhitespace || first == "(" {
                rest.removeFirst()
            } else if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                guard let end = rest.firstRange(of: "*/") else { return "" }
                rest = rest[end.upperBound...]
            } else {
                break
            }
        }
        return rest.prefix { $0.isLetter || $0 == "_" }.lowercased()
    }
}
