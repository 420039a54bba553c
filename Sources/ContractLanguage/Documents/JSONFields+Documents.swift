import Encodings

// What the fields of documents have in common.
extension JSONFields {
    mutating func text(_ key: String) throws(JSONShapeError) -> LocalisedText {
        try LocalisedText(try required(key), at: path(to: key))
    }

    mutating func optionalText(_ key: String) throws(JSONShapeError) -> LocalisedText? {
        optional(key) == nil ? nil : try text(key)
    }

    mutating func expression(_ key: String) throws(JSONShapeError) -> ExpressionText {
        try required(key).expression(at: path(to: key))
    }

    mutating func optionalExpression(_ key: String) throws(JSONShapeError) -> ExpressionText? {
        optional(key) == nil ? nil : try expression(key)
    }

    /// The name of a document, an action or an event.
    mutating func word(_ key: String) throws(JSONShapeError) -> String {
        let text = try string(key)
        guard Name.isWord(text) else { throw wrong(key, Name.wordProblem) }
        return text
    }

    /// The members of an object, in the order of their names; none where it is absent.
    mutating func named(
        _ key: String, max: Int = ContractDocument.fieldsMax
    ) throws(JSONShapeError) -> [(name: String, value: JSONValue, path: String)] {
        guard let json = optional(key) else { return [] }
        guard let object = json.object else {
            throw wrong(key, "should be names with what they stand for, and is \(json.kind)")
        }
        guard object.members.count <= max else {
            throw wrong(key, "has \(object.members.count) entries, and \(max) are allowed")
        }
        return object.members.map { ($0.key, $0.value, path(to: key) + "." + $0.key) }
    }

    /// The elements of a list, or the one value that stands in its place.
    mutating func items(
        _ key: String, max: Int
    ) throws(JSONShapeError) -> [(value: JSONValue, path: String)] {
        guard let json = optional(key) else { return [] }
        guard let elements = json.array else { return [(json, path(to: key))] }
        guard elements.count <= max else {
            throw wrong(key, "has \(elements.count) entries, and \(max) are allowed")
        }
        return elements.enumerated().map { ($1, path(to: key) + "[\($0)]") }
    }

    mutating func clauses() throws(JSONShapeError) -> [String] {
        guard let json = optional("clause") else { return [] }
        let items = json.array ?? [json]
        var names: [String] = []
        for item in items {
            guard let name = item.clauseName else {
                throw wrong("clause", "should be the name of a clause, in quotes, such as \"4.1\"")
            }
            names.append(name)
        }
        return names
    }

    mutating func enforcement() throws(JSONShapeError) -> ContractDocument.Clause.Enforcement {
        let text = try string("enforced")
        guard let value = ContractDocument.Clause.Enforcement(rawValue: text) else {
            throw wrong("enforced", "should be machine, obligation or none")
        }
        return value
    }

    mutating func prose() throws(JSONShapeError) -> [(language: String, reference: String)] {
        var prose: [(language: String, reference: String)] = []
        for (language, value, path) in try named("prose") {
            guard LocalisedText.languages.contains(language) else {
                throw JSONShapeError(
                    path: path, problem: "is no language here; there are en and zh")
            }
            guard let reference = value.string, (1...200).contains(reference.utf8.count) else {
                throw JSONShapeError(path: path, problem: "should be a file's name, or a digest")
            }
            // Publishing sends the text: another's document must not name a file of mine elsewhere.
            guard Name.isFile(reference) else {
                throw JSONShapeError(
                    path: path,
                    problem:
                        "should be the name of a file beside the document, such as licence-en.md")
            }
            prose.append((language, reference))
        }
        return prose
    }

    mutating func parties() throws(JSONShapeError)
        -> [(name: String, kind: ContractDocument.Party)]
    {
        var parties: [(name: String, kind: ContractDocument.Party)] = []
        for (name, value, path) in try named("parties", max: 16) {
            guard Name.isIdentifier(name),
                !["lab", "anyone", "counterparty", "escrow", "sender", "rest"].contains(name)
            else { throw JSONShapeError(path: path, problem: Name.identifierProblem) }
            let text = value.string ?? ""
            if text == "member" {
                parties.append((name, .member))
            } else if text.hasPrefix("members("), text.hasSuffix(")"),
                let count = Int(text.dropFirst(8).dropLast()), (1...63).contains(count)
            {
                parties.append((name, .members(countMax: count)))
            } else {
                throw JSONShapeError(
                    path: path, problem: "should be `member`, or `members(n)` with n from 1 to 63")
            }
        }
        return parties
    }

    mutating func declarations(
        _ key: String
    ) throws(JSONShapeError) -> [ContractDocument.Field] {
        var fields: [ContractDocument.Field] = []
        for (name, value, path) in try named(key) {
            guard Name.isIdentifier(name) else {
                throw JSONShapeError(path: path, problem: Name.identifierProblem)
            }
            fields.append(.init(name: name, type: try value.dataType(at: path)))
        }
        return fields
    }

    mutating func variables(
        _ key: String
    ) throws(JSONShapeError) -> [ContractDocument.Variable] {
        var variables: [ContractDocument.Variable] = []
        for (name, value, path) in try named(key) {
            guard Name.isIdentifier(name) else {
                throw JSONShapeError(path: path, problem: Name.identifierProblem)
            }
            if value.object == nil {
                variables.append(
                    .init(name: name, type: try value.dataType(at: path), initial: nil))
            } else {
                var inner = try JSONFields(value, at: path)
                let type = try inner.required("type").dataType(at: inner.path(to: "type"))
                variables.append(
                    .init(name: name, type: type, initial: try inner.optionalExpression("initial")))
                try inner.finish()
            }
        }
        return variables
    }
}

extension JSONValue {
    /// An expression; plain numbers and booleans need no quotes in YAML, and are expressions, too.
    func expression(at path: String) throws(JSONShapeError) -> ExpressionText {
        switch self {
        case .string(let text) where !text.isEmpty:
            try Self.visible(text, at: path)
        case .integer(let value): ExpressionText(text: String(value), path: path)
        case .bool(let value): ExpressionText(text: value ? "true" : "false", path: path)
        default:
            throw JSONShapeError(path: path, problem: "should be an expression, and is \(kind)")
        }
    }

    private static func visible(
        _ text: String, at path: String
    ) throws(JSONShapeError) -> ExpressionText {
        let hidden = text.unicodeScalars.first { $0.isHidden && $0 != "\n" && $0 != "\t" }
        if let hidden {
            throw JSONShapeError(
                path: path,
                problem:
                    "holds U+\(String(hidden.value, radix: 16, uppercase: true)), which nobody sees; write it as an escape"
            )
        }
        return ExpressionText(text: text, path: path)
    }

    /// One word or several.
    func words(at path: String, max: Int = 32) throws(JSONShapeError) -> [String] {
        let items = array ?? [self]
        guard (1...max).contains(items.count) else {
            throw JSONShapeError(path: path, problem: "should name 1 to \(max)")
        }
        var words: [String] = []
        for (index, item) in items.enumerated() {
            let place = array == nil ? path : "\(path)[\(index)]"
            guard let text = item.string, Name.isWord(text) else {
                throw JSONShapeError(path: place, problem: Name.wordProblem)
            }
            guard !words.contains(text) else {
                throw JSONShapeError(path: place, problem: "comes twice")
            }
            words.append(text)
        }
        return words
    }

    func dataType(at path: String) throws(JSONShapeError) -> DataType {
        guard let text = string else {
            throw JSONShapeError(path: path, problem: "should be a type, such as int(0..100)")
        }
        do {
            return try DataType(text: text)
        } catch {
            throw JSONShapeError(path: path, problem: "is no type: \(error.problem)")
        }
    }

    /// `"4.1"`; YAML makes a number of what stands there without quotes, and 4.10 would become 4.1.
    var clauseName: String? {
        switch self {
        case .string(let text) where Name.isClause(text): text
        case .integer(let value): String(value)
        default: nil
        }
    }
}

extension Name {
    static let wordProblem =
        "should be a name: 1 to 63 letters, digits and inner hyphens, beginning with a letter"
    static let identifierProblem =
        "should be a name that expressions can use: a letter, then letters, digits and underscores, and no word of the language"
}
