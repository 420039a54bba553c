/// What one pass over a file learns about its label.
struct LabelProfile {
    /// A label with more different values needs a comparison.
    static let valuesMax = 64
    /// Each class makes an output of a model.
    static let classesMax = 1_024

    /// Counted from 0.
    let column: Int
    let name: String
    private let file: String
    private let answer: InspectionOptions.Answer
    private let positive: PositiveClass?
    private var distinct: DistinctValues
    private(set) var missingCount = 0
    /// Used where values are compared.
    private var positiveCount = 0
    private var negativeCount = 0

    init(
        column: Int, name: String, file: String, answer: InspectionOptions.Answer = .label,
        positive: PositiveClass?
    ) {
        self.answer = answer
        distinct = DistinctValues(max: answer == .label ? Self.valuesMax : Self.classesMax)
        self.column = column
        self.name = name
        self.file = file
        self.positive = positive
    }

    /// - Throws: ``DatasetError``: `notANumber` where the value is to be compared and is none.
    mutating func add(_ field: CSVField, at place: DatasetError.Place) throws(DatasetError) {
        guard !field.isMissing else {
            missingCount += 1
            return
        }
        distinct.count(field.bytes)
        if answer == .number { _ = try field.targetNumber(at: place) }
        guard case .compared(let comparison, let bound)? = positive else { return }
        guard let number = field.number else {
            throw DatasetError(
                .notANumber, at: place,
                "the label \(shown(field.text)) is not a number, and is to be compared with one",
                remedy: "correct it, or list the values of the positive class")
        }
        if comparison.holds(number, bound) { positiveCount += 1 } else { negativeCount += 1 }
    }

    /// Each class and how many rows it has, the positive one first; once the pass is over.
    func classCounts() throws(DatasetError) -> (positive: Int, negative: Int) {
        switch try rule().classes {
        case .compared:
            return (positiveCount, negativeCount)
        case .listed(let positive, _):
            let positives = TextTable(positive)
            return distinct.categories.reduce(into: (0, 0)) { counts, category in
                if positives.index(of: category.name) != nil {
                    counts.0 += category.count
                } else {
                    counts.1 += category.count
                }
            }
        }
    }

    /// What is to be predicted, once the pass is over.
    ///
    /// - Throws: ``DatasetError``, as ``rule()`` does.
    func target() throws(DatasetError) -> Target {
        switch answer {
        case .label: return .label(try rule())
        case .number:
            guard distinct.areTooMany || !distinct.categories.isEmpty else { throw allMissing() }
            return .number(column: name)
        case .classes:
            guard !distinct.areTooMany else {
                throw failure(
                    .labelUndecided, "the column has more than \(Self.classesMax) classes",
                    remedy: "group its values, or predict the number itself")
            }
            // One class is enough here: the other members' rows may be of others.
            guard let classes = ClassTarget(column: name, names: distinct.categories.map(\.name))
            else { throw allMissing() }
            return .classes(classes)
        }
    }

    /// The rule that follows from the values and from what the owner has said.
    ///
    /// - Throws: ``DatasetError``: `labelNeeded`, `labelOneClass`, `labelUndecided` or
    ///   `labelUnknown`.
    func rule() throws(DatasetError) -> LabelRule {
        if case .compared(let comparison, let bound)? = positive {
            guard positiveCount + negativeCount > 0 else { throw allMissing() }
            guard positiveCount > 0, negativeCount > 0 else {
                let share = positiveCount == 0 ? "no" : "every"
                throw oneClass("\(share) value is \(PositiveClass.compared(comparison, bound))")
            }
            return LabelRule(column: name, classes: .compared(comparison, bound))
        }

        guard !distinct.areTooMany else {
            throw failure(
                .labelUndecided, "the label has more than \(Self.valuesMax) different values",
                remedy: "say which numbers are positive, as in >0, or take another column")
        }
        let values = distinct.categories.map(\.name)
        guard let first = values.first else { throw allMissing() }
        guard values.count > 1 else { throw oneClass("every value is \(shown(first))") }

        let chosen: [String]
        if case .values(let listed)? = positive {
            let known = TextTable(values)
            // One owner may well lack a class of a list that several have agreed on.
            guard listed.contains(where: { known.index(of: $0) != nil }) else {
                throw failure(
                    .labelUnknown, "no row has the label \(shown(listed, max: 3))",
                    remedy: "the labels are \(shown(values))")
            }
            chosen = listed
        } else if values.count == 2, let positive = Self.plainPositive(values) {
            chosen = [positive]
        } else {
            throw failure(
                .labelUndecided, "the label has the values \(shown(values))",
                remedy: "say which of them are positive, as in \(shown(values[1])) or a,b or >0")
        }
        let positives = TextTable(chosen)
        let others = values.filter { positives.index(of: $0) == nil }
        guard !others.isEmpty else { throw oneClass("every value is positive") }
        return LabelRule(column: name, classes: .listed(positive: chosen, negative: others))
    }

    /// Of two values the one that is plainly the positive one.
    private static func plainPositive(_ values: [String]) -> String? {
        let pairs = [
            ("0", "1"), ("-1", "1"), ("false", "true"), ("f", "t"), ("no", "yes"), ("n", "y"),
            ("negative", "positive"), ("neg", "pos"),
        ]
        let lowercased = values.map { $0.lowercased() }
        for (negative, positive) in pairs
        where lowercased.contains(negative) && lowercased.contains(positive) {
            return values[lowercased[0] == positive ? 0 : 1]
        }
        return nil
    }

    private func allMissing() -> DatasetError {
        failure(
            .labelNeeded, "the label is missing in every row",
            remedy: "take another column for the label")
    }

    private func oneClass(_ problem: String) -> DatasetError {
        failure(
            .labelOneClass, "the label has one class: \(problem)",
            remedy: "nothing can be learned from one class; check the column and the rule")
    }

    private func failure(
        _ code: DatasetError.Code, _ problem: String, remedy: String
    ) -> DatasetError {
        DatasetError(
            code, at: .init(file: file, column: column + 1, columnName: name), problem,
            remedy: remedy)
    }
}
