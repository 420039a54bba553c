/// Rows as CSV text, wherever they come from: what a ``DatasetInspection`` and a ``LocalDataset``
/// read.
package struct RowText {
    /// Gives the next bytes; 0 at the end.
    package typealias Read = (UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int

    /// How messages say where a row is.
    package enum Counting: Sendable {
        /// By the line of the text.
        case lines
        /// By the row's number.
        case rows
        /// By the number that each row has in its source, which gives them in another order.
        case numbers([Int])

        var countsLines: Bool {
            if case .lines = self { true } else { false }
        }

        /// The number, counted from 1, of the row at this place in the text.
        func number(ofRow place: Int) -> Int? {
            switch self {
            case .lines: nil
            case .rows: place < 0 ? nil : place + 1
            case .numbers(let numbers): numbers.indices.contains(place) ? numbers[place] : nil
            }
        }
    }

    /// Of the source, for messages.
    package let name: String
    package let options: CSVOptions
    package let counting: Counting
    package let read: Read

    package init(
        name: String, options: CSVOptions, counting: Counting, read: @escaping Read
    ) {
        self.name = name
        self.options = options
        self.counting = counting
        self.read = read
    }

    /// The rows of a CSV file. This is the one place where the module opens a file.
    ///
    /// - Throws: ``DatasetError``: `fileUnreadable`.
    package init(file path: String, options: CSVOptions = CSVOptions()) throws(DatasetError) {
        let file = try LocalFile(path: path)
        self.init(name: path, options: options, counting: .lines, read: file.read(into:))
    }

    /// What ``append(_:to:)`` writes: a line of names, then the rows.
    package static let writtenOptions = CSVOptions(delimiter: .comma, header: .present)

    /// Writes a field as this module reads it back, byte for byte: in quotes, so that a missing one
    /// is no empty line.
    package static func append(_ field: some Sequence<UInt8>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in field {
            if byte == UInt8(ascii: "\"") { text.append(byte) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }
}
