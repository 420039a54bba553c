/// Goes over rows one by one, for programs that make other rows of them.
package struct RowCursor: ~Copyable {
    private var reader: CSVReader

    /// - Throws: ``DatasetError``: what is wrong with the header.
    package init(_ rows: RowText) throws(DatasetError) {
        reader = try .reading(rows)
    }

    package var columns: [String] { reader.columns }

    /// - Returns: Whether there is one more row.
    /// - Throws: ``DatasetError``.
    package mutating func advance() throws(DatasetError) -> Bool { try reader.advance() }

    /// A field as it stands in the row, spaces included.
    package func bytes(_ column: Int) -> ArraySlice<UInt8> { reader.field(column).raw }

    /// The same without the spaces and tabs around it.
    package func text(_ column: Int) -> String { reader.field(column).text }

    package func place(column: Int) -> DatasetError.Place { reader.place(column: column) }
}
