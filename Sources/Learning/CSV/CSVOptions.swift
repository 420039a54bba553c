/// How to read a CSV file.
package struct CSVOptions: Hashable, Sendable {
    package enum Delimiter: String, CaseIterable, Hashable, Sendable {
        case comma, semicolon, tab

        package var byte: UInt8 {
            switch self {
            case .comma: UInt8(ascii: ",")
            case .semicolon: UInt8(ascii: ";")
            case .tab: UInt8(ascii: "\t")
            }
        }
    }

    package enum Header: String, CaseIterable, Hashable, Sendable {
        /// The first row holds names, unless each of its fields is a number or missing.
        case detected
        case present
        /// Columns are named `column1`, `column2` and so on.
        case absent
    }

    /// `nil` to find out from the first rows.
    package var delimiter: Delimiter?
    package var header: Header
    package var columnsMax: Int
    /// How long a field may be, unquoted.
    package var fieldByteCountMax: Int
    /// How long a row may be, unquoted.
    package var rowByteCountMax: Int

    package init(
        delimiter: Delimiter? = nil, header: Header = .detected, columnsMax: Int = 1_024,
        fieldByteCountMax: Int = 1 << 20, rowByteCountMax: Int = 16 << 20
    ) {
        self.delimiter = delimiter
        self.header = header
        self.columnsMax = columnsMax
        self.fieldByteCountMax = fieldByteCountMax
        self.rowByteCountMax = rowByteCountMax
    }
}
