/// Turns rows into the inputs of a ``FeatureLayout``.
struct RowEncoder {
    private enum Encoding {
        case number
        case oneHot(TextTable)
    }

    private let features: [(name: String, encoding: Encoding)]
    /// For each categorical feature, how many values were none of its categories.
    private(set) var unknownCounts: [Int]

    init(_ layout: FeatureLayout) {
        features = layout.features.map { feature in
            switch feature.kind {
            case .numeric: (feature.name, .number)
            case .categorical(let categories): (feature.name, .oneHot(TextTable(categories)))
            }
        }
        unknownCounts = layout.features.map { _ in 0 }
    }

    /// Appends the inputs that a feature makes of a field; a missing number is NaN.
    ///
    /// - Throws: ``DatasetError``: `notANumber` or `numberTooLarge`.
    mutating func append(
        _ field: CSVField, of feature: Int, at place: @autoclosure () -> DatasetError.Place,
        to values: inout [Float]
    ) throws(DatasetError) {
        switch features[feature].encoding {
        case .number:
            guard !field.isMissing else {
                values.append(.nan)
                return
            }
            guard let number = field.number else {
                throw DatasetError(
                    .notANumber, at: place(), "\(shown(field.text)) is not a number",
                    remedy: "correct it, or leave it empty if it is missing")
            }
            let value = Float(number)
            guard value.isFinite else {
                throw DatasetError(
                    .numberTooLarge, at: place(),
                    "\(shown(field.text)) is beyond single precision",
                    remedy: "give the column in a larger unit")
            }
            values.append(value)
        case .oneHot(let categories):
            var category: Int?
            if !field.isMissing {
                // Most fields are spelt like their category already.
                category =
                    categories.index(of: field.bytes) ?? categories.index(of: field.category)
                if category == nil { unknownCounts[feature] += 1 }
            }
            for index in 0..<categories.count {
                values.append(index == category ? 1 : 0)
            }
        }
    }
}
