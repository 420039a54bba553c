import Encodings

/// What a column holds, as far as others may know.
package enum ColumnKind: Hashable, Sendable {
    /// What a constant column holds in its rows.
    package enum ConstantValue: String, CaseIterable, Hashable, Sendable {
        case number, text
        /// It is missing in every row.
        case nothing
    }

    /// Numbers, or missing.
    case numeric
    /// One of a few texts, sorted by their UTF-8 bytes, or missing. A number is spelt in its
    /// shortest form.
    case categorical([String])
    /// Names a row: every value is another one. Not for learning.
    case identifier
    /// The same in every row, so that nothing can be learned from it here.
    case constant(ConstantValue)
    /// Too many different texts to learn from.
    case text
    /// What is to be predicted.
    case label

    /// The kind's name in a schema and for people.
    package var name: String {
        switch self {
        case .numeric: "numeric"
        case .categorical: "categorical"
        case .identifier: "identifier"
        case .constant: "constant"
        case .text: "text"
        case .label: "label"
        }
    }
}

extension ColumnKind {
    /// Members that say which kind it is, for the object of a column.
    var members: [JSONObject.Member] {
        var members = [JSONObject.Member(key: "kind", value: .string(name))]
        switch self {
        case .categorical(let categories):
            members.append(
                .init(key: "categories", value: .array(categories.map { .string($0) })))
        case .constant(let value):
            members.append(.init(key: "of", value: .string(value.rawValue)))
        case .numeric, .identifier, .text, .label:
            break
        }
        return members
    }

    init(from fields: inout JSONFields) throws(JSONShapeError) {
        let name = try fields.string("kind")
        switch name {
        case "numeric": self = .numeric
        case "categorical": self = .categorical(try fields.categories())
        case "identifier": self = .identifier
        case "constant":
            let value = try fields.string("of")
            guard let value = ConstantValue(rawValue: value) else {
                throw fields.wrong("of", "should be number, text or nothing")
            }
            self = .constant(value)
        case "text": self = .text
        case "label": self = .label
        default:
            throw fields.wrong(
                "kind",
                "should be numeric, categorical, identifier, constant, text or label")
        }
    }
}

extension JSONFields {
    /// Categories: at least one, sorted by their UTF-8 bytes, none twice.
    mutating func categories() throws(JSONShapeError) -> [String] {
        try sortedTexts("categories")
    }

    /// Texts: at least one, sorted by their UTF-8 bytes, none twice.
    mutating func sortedTexts(_ key: String) throws(JSONShapeError) -> [String] {
        let texts = try strings(key)
        guard !texts.isEmpty else { throw wrong(key, "should not be empty") }
        for (position, pair) in zip(texts, texts.dropFirst()).enumerated() {
            guard pair.0.utf8.lexicographicallyPrecedes(pair.1.utf8) else {
                throw wrong("\(key)[\(position + 1)]", "should come after the one before it")
            }
        }
        return texts
    }
}
