/// Why a data file, or something that was said about it, cannot be used.
///
/// The description is written for the data's owner and may quote a value of the file. Others may be
/// told the ``code`` and the ``place``, and nothing else.
package struct DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a program branches on. Add codes, but never rename or reuse one.
    package enum Code: String, CaseIterable, Sendable {
        case categoriesTooMany = "dataset.categories_too_many"
        case columnNameInvalid = "dataset.column_name_invalid"
        case columnNameTwice = "dataset.column_name_twice"
        case columnsTooMany = "dataset.columns_too_many"
        case columnUnknown = "dataset.column_unknown"
        case commitmentDiffers = "dataset.commitment_differs"
        case featuresMissing = "dataset.features_missing"
        case fieldTooLong = "dataset.field_too_long"
        case fileEmpty = "dataset.file_empty"
        case fileUnreadable = "dataset.file_unreadable"
        case labelNeeded = "dataset.label_needed"
        case labelOneClass = "dataset.label_one_class"
        case labelUndecided = "dataset.label_undecided"
        case labelUnknown = "dataset.label_unknown"
        case layoutDiffers = "dataset.layout_differs"
        case notANumber = "dataset.not_a_number"
        case notUTF8 = "dataset.not_utf8"
        case numberTooLarge = "dataset.number_too_large"
        case quoteMisplaced = "dataset.quote_misplaced"
        case quoteNotClosed = "dataset.quote_not_closed"
        case queryRefused = "dataset.query_refused"
        case rowsMissing = "dataset.rows_missing"
        case rowsTooMany = "dataset.rows_too_many"
        case rowWidth = "dataset.row_width"
        case schemaDiffers = "dataset.schema_differs"
        case sourceUnavailable = "dataset.source_unavailable"
        case sourceUnreadable = "dataset.source_unreadable"
        case valueUnreadable = "dataset.value_unreadable"
        case zeroByte = "dataset.zero_byte"
    }

    /// Where in a file.
    package struct Place: Hashable, Sendable, CustomStringConvertible {
        /// The path as it was given.
        package let file: String
        /// Counted from 1, as an editor counts: newlines within quotes count too.
        package var line: Int?
        /// Counted from 1, as the source gives them; where rows are no lines of a file.
        package var row: Int?
        /// Counted from 1.
        package var column: Int?
        package var columnName: String?

        package init(
            file: String, line: Int? = nil, row: Int? = nil, column: Int? = nil,
            columnName: String? = nil
        ) {
            self.file = file
            self.line = line
            self.row = row
            self.column = column
            self.columnName = columnName
        }

        /// `line 4` or `row 4`.
        package var position: String? {
            line.map { "line \($0)" } ?? row.map { "row \($0)" }
        }

        package var description: String {
            var text = file
            if let position { text += ", \(position)" }
            if let column { text += ", column \(column)" }
            if let columnName { text += " (\(shown(columnName)))" }
            return text
        }
    }

    package let code: Code
    package let place: Place?
    /// What is wrong.
    package let problem: String
    /// What to do about it.
    package let remedy: String

    package init(_ code: Code, at place: Place?, _ problem: String, remedy: String) {
        self.code = code
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    /// Place, problem and remedy in one line. The wording may change.
    package var description: String {
        (place.map { "\($0): " } ?? "") + "\(problem); \(remedy)"
    }
}
