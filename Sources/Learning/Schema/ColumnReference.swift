/// A column as a person names it: by its name, or by its number counted from 1.
package struct ColumnReference: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }

    /// The column's place, counted from 0. A name goes before a number, so that a column that is
    /// called `3` can be named.
    ///
    /// - Throws: ``DatasetError``: `columnUnknown`.
    func index(in columns: [String], file: String) throws(DatasetError) -> Int {
        if let index = columns.firstIndex(where: { $0.utf8.elementsEqual(text.utf8) }) {
            return index
        }
        if let number = Int(text), columns.indices.contains(number - 1) { return number - 1 }
        throw DatasetError(
            .columnUnknown, at: .init(file: file), "there is no column \(shown(text))",
            remedy: Int(text) == nil
                ? "name one of \(shown(columns))"
                : "the columns are numbered from 1 to \(columns.count)")
    }
}
