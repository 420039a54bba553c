import Encodings

/// A column that a model reads, and how.
package struct Feature: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// One input: the number, later standardised.
        case numeric
        /// One input for each category, which is 1 where the value is this category and 0
        /// elsewhere. Sorted by their UTF-8 bytes, at least one.
        case categorical([String])
    }

    package let name: String
    package let kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// How many inputs of the model it makes.
    package var width: Int {
        switch kind {
        case .numeric: 1
        case .categorical(let categories): categories.count
        }
    }

    var json: JSONValue {
        switch kind {
        case .numeric:
            ["name": .string(name), "kind": "numeric"]
        case .categorical(let categories):
            [
                "name": .string(name), "kind": "categorical",
                "categories": .array(categories.map { .string($0) }),
            ]
        }
    }

    init(json: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        name = try fields.string("name")
        guard !name.isEmpty else { throw fields.wrong("name", "should not be empty") }
        switch try fields.string("kind") {
        case "numeric": kind = .numeric
        case "categorical": kind = .categorical(try fields.categories())
        default: throw fields.wrong("kind", "should be numeric or categorical")
        }
        try fields.finish()
    }
}
