/// What an owner says about a file before its schema is inferred.
package struct InspectionOptions: Hashable, Sendable {
    /// A kind that an owner can give to a column, where the inferred one is wrong.
    package enum KindChoice: String, CaseIterable, Hashable, Sendable {
        case numeric, categorical, identifier, text
    }

    package struct Choice: Hashable, Sendable {
        package let column: ColumnReference
        package let kind: KindChoice

        package init(column: ColumnReference, kind: KindChoice) {
            self.column = column
            self.kind = kind
        }
    }

    /// What is to be predicted of the label's column.
    package enum Answer: String, CaseIterable, Hashable, Sendable {
        /// Whether a row is positive.
        case label
        /// Which class it is of.
        case classes
        /// The number itself.
        case number
    }

    package var csv: CSVOptions
    package var label: ColumnReference?
    package var answer: Answer
    /// Not needed where the label has two values of which one is plainly the positive one, such as
    /// 0 and 1 or no and yes.
    package var positive: PositiveClass?
    package var kinds: [Choice]
    /// A column with more different texts is of the kind `text`.
    package var categoriesMax: Int

    package init(
        csv: CSVOptions = CSVOptions(), label: ColumnReference? = nil,
        answer: Answer = .label, positive: PositiveClass? = nil, kinds: [Choice] = [],
        categoriesMax: Int = 64
    ) {
        self.csv = csv
        self.label = label
        self.answer = answer
        self.positive = positive
        self.kinds = kinds
        self.categoriesMax = categoriesMax
    }
}
