import Encodings
import Learning

/// The rows of a query's result as text, in an order that does not depend on the database: a
/// commitment and a holdout need one, a table has none, and an `ORDER BY` leaves ties.
struct QueryRows {
    /// All of it is held in memory to be sorted.
    static let byteCountMax = 4 << 30

    private let source: String
    private var header: [UInt8] = []
    /// The rows one behind the other, each with its line feed.
    private var text: [UInt8] = []
    private var ends: [Int] = []
    private var isAtRowStart = true

    /// - Throws: `DatasetError`: `rowsMissing` where the result has no column.
    init(columns: [String], source: String) throws(DatasetError) {
        guard !columns.isEmpty else {
            throw SelectQuery.refused("the query gives no columns", at: source)
        }
        self.source = source
        for (place, name) in columns.enumerated() {
            if place > 0 { header.append(UInt8(ascii: ",")) }
            RowText.append(name.utf8, to: &header)
        }
        header.append(UInt8(ascii: "\n"))
    }

    var rowCount: Int { ends.count }

    /// The row that is being written, for messages.
    func place(column: Int, name: String) -> DatasetError.Place {
        DatasetError.Place(file: source, row: rowCount + 1, column: column + 1, columnName: name)
    }

    mutating func append(_ field: some Sequence<UInt8>) {
        if !isAtRowStart { text.append(UInt8(ascii: ",")) }
        isAtRowStart = false
        RowText.append(field, to: &text)
    }

    mutating func append(_ number: Double) {
        append(Self.spelling(of: number).utf8)
    }

    /// - Throws: `DatasetError`: `rowsTooMany`.
    mutating func endRow() throws(DatasetError) {
        text.append(UInt8(ascii: "\n"))
        ends.append(text.count)
        isAtRowStart = true
        guard text.count <= Self.byteCountMax else {
            throw DatasetError(
                .rowsTooMany, at: .init(file: source),
                "the query gives more than \(Self.byteCountMax >> 30) GiB of text",
                remedy: "ask for fewer columns or rows, or export a CSV file")
        }
    }

    /// The shortest decimal that names the number, as the canonical JSON of RFC 8785 has it; nothing
    /// for what is no number.
    static func spelling(of number: Double) -> String {
        if number.isNaN { return "" }
        if number.isInfinite { return number < 0 ? "-inf" : "inf" }
        return JSONValue.number(number).canonicalText
    }

    /// - Throws: `DatasetError`: `rowsMissing`.
    consuming func sorted() throws(DatasetError) -> RowText {
        guard rowCount > 0 else {
            throw DatasetError(
                .rowsMissing, at: .init(file: source), "the query gives no row",
                remedy: "check its conditions, and that the tables are filled")
        }
        let (text, ends) = (text, ends)
        func row(_ place: Int) -> Range<Int> { (place == 0 ? 0 : ends[place - 1])..<ends[place] }
        let order = text.withUnsafeBytes { bytes in
            ends.indices.sorted { left, right in
                let (a, b) = (bytes[row(left)], bytes[row(right)])
                return a.lexicographicallyPrecedes(b)
            }
        }
        var waiting = header[...]
        var next = 0
        return RowText(
            name: source, options: RowText.writtenOptions, counting: .numbers(order.map { $0 + 1 })
        ) { buffer in
            var count = 0
            while count < buffer.count {
                if waiting.isEmpty {
                    guard next < order.count else { break }
                    waiting = text[row(order[next])]
                    next += 1
                }
                let part = waiting.prefix(buffer.count - count)
                UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyBytes(from: part)
                count += part.count
                waiting = waiting.dropFirst(part.count)
            }
            return count
        }
    }
}
