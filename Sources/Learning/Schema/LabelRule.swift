package import Encodings

/// Which column is to be predicted, and what its values mean: 1 for the positive class and 0 for
/// the other.
///
/// As JSON, where values are listed, `{"column": "diagnosis", "negative": ["B"], "positive":
/// ["M"]}`, so that a value that is in neither list is a mistake and not a 0; and where they are
/// compared, `{"column": "num", "positive": ">0"}`.
package struct LabelRule: Hashable, Sendable {
    package enum Classes: Hashable, Sendable {
        /// Both sorted by their UTF-8 bytes, without a common value, numbers in their shortest
        /// form.
        case listed(positive: [String], negative: [String])
        case compared(PositiveClass.Comparison, Double)
    }

    package let column: String
    package let classes: Classes

    package init(column: String, classes: Classes) {
        self.column = column
        self.classes = classes
    }

    /// - Returns: `nil` where the field is neither in a list nor, if it is to be compared, a
    ///   number.
    func isPositive(_ field: CSVField) -> Bool? {
        switch classes {
        case .compared(let comparison, let bound):
            return field.number.map { comparison.holds($0, bound) }
        case .listed(let positive, let negative):
            let category = field.category.utf8
            if positive.contains(where: { $0.utf8.elementsEqual(category) }) { return true }
            if negative.contains(where: { $0.utf8.elementsEqual(category) }) { return false }
            return nil
        }
    }

    /// Whether what is positive by one rule is negative by the other, or the two compare
    /// differently. Two owners may list different values, and name their columns as they like.
    func contradicts(_ other: LabelRule) -> Bool {
        switch (classes, other.classes) {
        case (.listed(let positive, let negative), .listed(let otherPositive, let otherNegative)):
            let (positives, negatives) = (TextTable(positive), TextTable(negative))
            return otherPositive.contains { negatives.index(of: $0) != nil }
                || otherNegative.contains { positives.index(of: $0) != nil }
        case (.compared, .compared):
            return classes != other.classes
        case (.listed, .compared), (.compared, .listed):
            return false
        }
    }

    /// The rule for people: `diagnosis is M`.
    package var positiveText: String {
        switch classes {
        case .listed(let positive, _): "\(shown(column)) is \(shown(positive))"
        case .compared(let comparison, let bound):
            "\(shown(column)) \(comparison.rawValue) \(JSONValue.number(bound).canonicalText)"
        }
    }
}

extension LabelRule {
    package var json: JSONValue {
        switch classes {
        case .listed(let positive, let negative):
            [
                "column": .string(column),
                "positive": .array(positive.map { .string($0) }),
                "negative": .array(negative.map { .string($0) }),
            ]
        case .compared(let comparison, let bound):
            [
                "column": .string(column),
                "positive": .string(comparison.rawValue + JSONValue.number(bound).canonicalText),
            ]
        }
    }

    /// - Throws: ``JSONShapeError``.
    package init(json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        column = try fields.string("column")
        if json["positive"]?.string != nil {
            guard
                case .compared(let comparison, let bound)? =
                    PositiveClass(parsing: try fields.string("positive"))
            else {
                throw fields.wrong(
                    "positive", "should be an array of values, or a comparison such as \">0\"")
            }
            classes = .compared(comparison, bound)
        } else {
            let positive = try fields.strings("positive")
            let negative = try fields.strings("negative")
            for (key, values) in [("positive", positive), ("negative", negative)] {
                guard !values.isEmpty, sortedByBytes(values) == values else {
                    throw fields.wrong(key, "should be values in order, none twice, at least one")
                }
            }
            guard sortedByBytes(positive + negative).count == positive.count + negative.count else {
                throw fields.wrong("negative", "should have no value that is also positive")
            }
            classes = .listed(positive: positive, negative: negative)
        }
        try fields.finish()
    }
}
