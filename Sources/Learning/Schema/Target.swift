package import Encodings

/// What a model is to predict of a row.
///
/// As JSON a label is the object of its ``LabelRule``, as it always was; the others say their kind:
/// `{"classes": ["a", "b"], "column": "species", "kind": "classes"}`, `{"column": "price", "kind":
/// "number"}` and `{"kind": "nothing"}`.
package enum Target: Hashable, Sendable {
    /// Whether the row is of the positive class.
    case label(LabelRule)
    /// Which of several classes the row is of.
    case classes(ClassTarget)
    /// The number in a column.
    case number(column: String)
    /// The rows are grouped or counted, and nothing is predicted.
    case nothing

    /// The column that holds the answer, which is no feature.
    package var column: String? {
        switch self {
        case .label(let rule): rule.column
        case .classes(let classes): classes.column
        case .number(let column): column
        case .nothing: nil
        }
    }

    /// What the answer is, for messages: `the number in price`.
    package var text: String {
        switch self {
        case .label(let rule): "whether \(rule.positiveText)"
        case .classes(let classes):
            "which of \(counted(classes.names.count, "class")) \(shown(classes.column)) is"
        case .number(let column): "the number in \(shown(column))"
        case .nothing: "nothing"
        }
    }

    /// How many different answers there are, where they can be listed.
    package var classCount: Int? {
        switch self {
        case .label: 2
        case .classes(let classes): classes.names.count
        case .number, .nothing: nil
        }
    }

    package var json: JSONValue {
        switch self {
        case .label(let rule): rule.json
        case .classes(let classes):
            [
                "kind": "classes", "column": .string(classes.column),
                "classes": .array(classes.names.map { .string($0) }),
            ]
        case .number(let column): ["kind": "number", "column": .string(column)]
        case .nothing: ["kind": "nothing"]
        }
    }

    /// - Throws: ``JSONShapeError``.
    package init(json: JSONValue, at path: String = "") throws(JSONShapeError) {
        guard let kind = json["kind"] else {
            self = .label(try LabelRule(json: json, at: path))
            return
        }
        var fields = try JSONFields(json, at: path)
        _ = try fields.string("kind")
        switch kind {
        case "classes":
            let column = try fields.column()
            self = .classes(
                ClassTarget(sorted: try fields.sortedTexts("classes"), column: column))
        case "number": self = .number(column: try fields.column())
        case "nothing": self = .nothing
        default: throw fields.wrong("kind", "should be classes, number or nothing")
        }
        try fields.finish()
    }
}

/// A column and the classes that its values name.
package struct ClassTarget: Hashable, Sendable {
    package let column: String
    /// Sorted by their UTF-8 bytes, none twice, numbers in their shortest form; at least one. A
    /// class's place is its number in models and predictions.
    package let names: [String]

    /// - Returns: `nil` where there is no class.
    package init?(column: String, names: some Sequence<String>) {
        let sorted = sortedByBytes(names)
        guard !sorted.isEmpty else { return nil }
        self.init(sorted: sorted, column: column)
    }

    fileprivate init(sorted names: [String], column: String) {
        self.column = column
        self.names = names
    }

    /// The classes of all parts, as the members of a job agree on them: one owner may well lack a
    /// class that another has.
    ///
    /// - Returns: `nil` where there is no part, or they are of different columns.
    package init?(commonTo parts: [ClassTarget]) {
        guard let first = parts.first,
            parts.allSatisfy({ $0.column.utf8.elementsEqual(first.column.utf8) })
        else { return nil }
        self.init(column: first.column, names: parts.flatMap(\.names))
    }
}

extension JSONFields {
    fileprivate mutating func column() throws(JSONShapeError) -> String {
        let column = try string("column")
        guard !column.isEmpty else { throw wrong("column", "should not be empty") }
        return column
    }
}
