/// Reads a CSV file row by row, in memory that does not grow with the file.
///
/// ``CSVTokenizer`` says what a row is. The first one names the columns, or the columns are named
/// by number (``CSVOptions/Header``). Every other row has as many fields as the first.
struct CSVReader: ~Copyable {
    /// Gives the next bytes of the file; 0 at its end.
    typealias Source = RowText.Read

    static let bufferByteCount = 256 << 10
    static let nameByteCountMax = 256

    /// As it was given, for messages.
    let file: String
    private(set) var delimiter = CSVOptions.Delimiter.comma
    private(set) var hasHeader = false
    private(set) var columns: [String] = []
    /// How many rows have been read, the header not among them.
    private(set) var rowCount = 0

    private let options: CSVOptions
    private let source: Source
    private let buffer: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var position = 0
    private var sourceIsAtEnd = false
    private var tokenizer: CSVTokenizer
    private let counting: RowText.Counting
    /// Whether the tokenizer holds the first row of a file without header, not yet handed out.
    private var firstRowWaits = false

    /// Opens a file and reads its header.
    ///
    /// - Throws: ``DatasetError``.
    static func open(
        path: String, options: CSVOptions = CSVOptions()
    ) throws(DatasetError) -> CSVReader {
        try reading(RowText(file: path, options: options))
    }

    /// Reads what a source gives.
    static func reading(
        _ source: @escaping Source, file: String, options: CSVOptions = CSVOptions()
    ) throws(DatasetError) -> CSVReader {
        try reading(RowText(name: file, options: options, counting: .lines, read: source))
    }

    /// Reads the header of rows from anywhere.
    static func reading(_ rows: RowText) throws(DatasetError) -> CSVReader {
        var reader = CSVReader(rows)
        try reader.readHeader()
        return reader
    }

    private init(_ rows: RowText) {
        source = rows.read
        file = rows.name
        options = rows.options
        counting = rows.counting
        let options = rows.options
        buffer = .allocate(byteCount: Self.bufferByteCount, alignment: 16)
        tokenizer = CSVTokenizer(delimiter: .comma, options: options)
    }

    deinit {
        buffer.deallocate()
    }

    /// Goes to the next row.
    ///
    /// - Returns: Whether there is one.
    /// - Throws: ``DatasetError``: what is wrong with the row, or `rowsMissing` at the end of a
    ///   file that has none.
    mutating func advance() throws(DatasetError) -> Bool {
        if firstRowWaits {
            firstRowWaits = false
        } else {
            guard try readRow() else {
                guard rowCount > 0 else {
                    throw rowsMissing()
                }
                return false
            }
            guard tokenizer.ends.count == columns.count else { throw wrongWidth() }
        }
        rowCount += 1
        return true
    }

    /// A field of the row.
    func field(_ column: Int) -> CSVField {
        let start = column == 0 ? 0 : tokenizer.ends[column - 1]
        return CSVField(tokenizer.bytes, in: start..<tokenizer.ends[column])
    }

    /// Where the row is, for messages about it.
    func place(column: Int? = nil) -> DatasetError.Place {
        DatasetError.Place(
            file: file, line: counting.countsLines ? tokenizer.rowLine : nil,
            row: counting.number(ofRow: rowCount - 1), column: column.map { $0 + 1 },
            columnName: column.map { columns[$0] })
    }

    private func rowsMissing() -> DatasetError {
        counting.countsLines
            ? DatasetError(
                .rowsMissing, at: .init(file: file), "the file has a header and no row under it",
                remedy: "add rows, or say that the file has no header")
            : DatasetError(
                .rowsMissing, at: .init(file: file), "there are columns and no rows",
                remedy: "check the source, or the query's conditions")
    }

    private mutating func readHeader() throws(DatasetError) {
        try fill()
        try checkEncoding()
        delimiter =
            options.delimiter
            ?? .detected(
                in: UnsafeRawBufferPointer(rebasing: buffer[position..<filled]),
                isWhole: sourceIsAtEnd, options: options)
        tokenizer = CSVTokenizer(delimiter: delimiter, options: options)
        guard try readRow() else {
            throw DatasetError(
                .fileEmpty, at: .init(file: file), "the file is empty", remedy: "check the path")
        }
        let count = tokenizer.ends.count
        switch options.header {
        case .present: hasHeader = true
        case .absent: hasHeader = false
        case .detected:
            hasHeader = (0..<count).contains { field($0).number == nil && !field($0).isMissing }
        }
        if hasHeader {
            try readNames(count)
        } else {
            columns = (1...count).map { "column\($0)" }
            firstRowWaits = true
        }
    }

    private mutating func readNames(_ count: Int) throws(DatasetError) {
        var names = TextTable()
        for column in 0..<count {
            let bytes = field(column).bytes
            let name = field(column).text
            var place = place()
            place.column = column + 1
            guard !bytes.isEmpty else {
                throw DatasetError(
                    .columnNameInvalid, at: place, "the column has no name",
                    remedy: "name it in the first row")
            }
            guard bytes.count <= Self.nameByteCountMax,
                bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw DatasetError(
                    .columnNameInvalid, at: place,
                    "the column's name has more than \(Self.nameByteCountMax) bytes or a control "
                        + "character in it",
                    remedy: "give it a short name of one line")
            }
            let (index, isNew) = names.insert(bytes)
            guard isNew else {
                place.columnName = name
                throw DatasetError(
                    .columnNameTwice, at: place, "column \(index + 1) has the same name",
                    remedy: "rename one of the two")
            }
            columns.append(name)
        }
    }

    private mutating func readRow() throws(DatasetError) -> Bool {
        while true {
            do throws(CSVTokenizer.Fault) {
                let input = UnsafeRawBufferPointer(rebasing: buffer[..<filled])
                if try tokenizer.consume(input, at: &position) { return true }
                if sourceIsAtEnd { return try tokenizer.finish() }
            } catch {
                throw located(error)
            }
            try fill()
        }
    }

    /// Fills the buffer anew; all of it has been read.
    private mutating func fill() throws(DatasetError) {
        position = 0
        filled = 0
        while filled < buffer.count, !sourceIsAtEnd {
            let count = try source(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            filled += count
            sourceIsAtEnd = count == 0
        }
    }

    /// Passes over a UTF-8 byte order mark, and refuses that of UTF-16.
    private mutating func checkEncoding() throws(DatasetError) {
        let start = buffer[..<filled]
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        guard !start.starts(with: [0xFF, 0xFE]), !start.starts(with: [0xFE, 0xFF]) else {
            throw DatasetError(
                .notUTF8, at: .init(file: file, line: 1), "the file is UTF-16 text",
                remedy: "save it as UTF-8")
        }
    }

    private func located(_ fault: CSVTokenizer.Fault) -> DatasetError {
        let index = fault.column - 1
        return DatasetError(
            fault.code,
            at: .init(
                file: file, line: counting.countsLines ? fault.line : nil,
                row: counting.number(ofRow: rowCount), column: fault.column,
                columnName: columns.indices.contains(index) ? columns[index] : nil),
            fault.problem, remedy: fault.remedy)
    }

    private func wrongWidth() -> DatasetError {
        let found = tokenizer.ends.count
        var place = place()
        place.column = min(found, columns.count) + 1
        if found < columns.count { place.columnName = columns[found] }
        return DatasetError(
            .rowWidth, at: place,
            "the row has \(counted(found, "field")), and the first row has \(columns.count)",
            remedy: found < columns.count
                ? "add the missing fields, empty ones too"
                : "remove the surplus, or put a field that contains the delimiter in quotes")
    }
}
