import CKernels

/// Cuts bytes into the rows and fields of a CSV file, by RFC 4180:
///
/// - A field that begins with a quote ends with one; two quotes within it stand for one, and
///   delimiters and newlines within it belong to it. In any other field a quote is an error.
/// - CRLF, LF or CR ends a row, also mixed in one file. Lines without a character are passed over.
/// - Text is UTF-8 without zero bytes.
///
/// It is a machine that is fed bytes, cut anywhere, and stops after each row; memory is that of the
/// longest row.
struct CSVTokenizer {
    /// What is wrong, and in which line and column; the reader adds file and name.
    struct Fault: Error {
        let code: DatasetError.Code
        let line: Int
        let column: Int
        let problem: String
        let remedy: String
    }

    private enum State {
        case rowStart
        case fieldStart
        case unquoted
        case quoted
        /// After a quote within quotes: the first of two, or the last of the field.
        case quoteInQuoted
    }

    /// The fields of the row, one behind the other, without their quotes.
    private(set) var bytes: [UInt8] = []
    /// Where each field of the row ends in ``bytes``.
    private(set) var ends: [Int] = []
    /// The line in which the row begins.
    private(set) var rowLine = 1

    private let delimiter: UInt8
    private let options: CSVOptions
    private var state = State.rowStart
    private var rowIsComplete = false
    private var line = 1
    private var quoteLine = 1
    /// Whether the byte before was a carriage return, so that a line feed now is its second half.
    private var followsReturn = false
    /// Not 0 where the field has bytes beyond ASCII.
    private var high: UInt8 = 0

    init(delimiter: CSVOptions.Delimiter, options: CSVOptions) {
        self.delimiter = delimiter.byte
        self.options = options
    }

    /// Reads on from `position` until a row is complete or the input is used up.
    ///
    /// - Returns: Whether a row is complete; it stays readable until the next call.
    mutating func consume(
        _ input: UnsafeRawBufferPointer, at position: inout Int
    ) throws(Fault) -> Bool {
        forgetCompleteRow()
        guard let base = input.bindMemory(to: UInt8.self).baseAddress else { return false }
        while position < input.count {
            let byte = base[position]
            switch state {
            case .rowStart:
                if isLineEnd(byte) {
                    countLine(at: byte)
                    position += 1
                } else {
                    followsReturn = false
                    rowLine = line
                    state = .fieldStart
                }
            case .fieldStart:
                if byte == UInt8(ascii: "\"") {
                    quoteLine = line
                    state = .quoted
                    position += 1
                } else {
                    state = .unquoted
                }
            case .unquoted:
                if try readUnquoted(base, input.count, &position) { return true }
            case .quoted:
                try readQuoted(base, input.count, &position)
            case .quoteInQuoted:
                position += 1
                if byte == UInt8(ascii: "\"") {
                    try append(CollectionOfOne(byte))
                    state = .quoted
                } else {
                    guard byte == delimiter || isLineEnd(byte) else {
                        guard byte != 0 else { throw zeroByte() }
                        throw fault(
                            .quoteMisplaced, "text follows the quote that ends a field",
                            remedy: "write each quote within a quoted field twice")
                    }
                    if try endField(at: byte) { return true }
                }
            }
        }
        return false
    }

    /// Reads a field without quotes, or what is here of it.
    ///
    /// - Returns: Whether the row is complete.
    private mutating func readUnquoted(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int
    ) throws(Fault) -> Bool {
        let run = jl_scan_field(base + position, count - position, delimiter, &high)
        try append(UnsafeBufferPointer(start: base + position, count: run))
        position += run
        guard position < count else { return false }
        let byte = base[position]
        guard byte != UInt8(ascii: "\"") else {
            throw fault(
                .quoteMisplaced, "a quote stands within a field that does not begin with one",
                remedy: "put the whole field in quotes and write each quote in it twice")
        }
        position += 1
        return try endField(at: byte)
    }

    /// Reads up to the next quote or newline within quotes, or what is here of it.
    private mutating func readQuoted(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ position: inout Int
    ) throws(Fault) {
        let run = jl_scan_quoted(base + position, count - position, &high)
        if run > 0 { followsReturn = false }
        try append(UnsafeBufferPointer(start: base + position, count: run))
        position += run
        guard position < count else { return }
        let byte = base[position]
        position += 1
        if byte == UInt8(ascii: "\"") {
            followsReturn = false
            state = .quoteInQuoted
        } else {
            guard isLineEnd(byte) else { throw zeroByte() }
            countLine(at: byte)
            try append(CollectionOfOne(byte))
        }
    }

    /// Says that no bytes follow.
    ///
    /// - Returns: Whether they leave one more row, which had no newline.
    mutating func finish() throws(Fault) -> Bool {
        forgetCompleteRow()
        switch state {
        case .rowStart:
            return false
        case .fieldStart, .unquoted, .quoteInQuoted:
            return try endField(at: UInt8(ascii: "\n"))
        case .quoted:
            throw Fault(
                code: .quoteNotClosed, line: quoteLine, column: ends.count + 1,
                problem: "the quote that begins here is never closed",
                remedy: "close it, or write it twice if it belongs to the text")
        }
    }

    private func isLineEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    private mutating func countLine(at byte: UInt8) {
        let isReturn = byte == UInt8(ascii: "\r")
        if isReturn || !followsReturn { line += 1 }
        followsReturn = isReturn
    }

    private mutating func forgetCompleteRow() {
        guard rowIsComplete else { return }
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        rowIsComplete = false
    }

    private mutating func append(_ part: some Collection<UInt8>) throws(Fault) {
        let fieldByteCount = bytes.count - (ends.last ?? 0) + part.count
        guard fieldByteCount <= options.fieldByteCountMax else {
            throw tooLong("a field has more than \(options.fieldByteCountMax) bytes")
        }
        guard bytes.count + part.count <= options.rowByteCountMax else {
            throw tooLong("a row has more than \(options.rowByteCountMax) bytes")
        }
        bytes.append(contentsOf: part)
    }

    private func tooLong(_ problem: String) -> Fault {
        state == .quoted
            ? fault(
                .fieldTooLong, problem,
                remedy: "close the quote of line \(quoteLine), or leave the column out")
            : fault(.fieldTooLong, problem, remedy: "leave the column out, or allow longer fields")
    }

    /// Ends the field before this byte, and with a newline the row.
    private mutating func endField(at byte: UInt8) throws(Fault) -> Bool {
        guard byte != 0 else { throw zeroByte() }
        let start = ends.last ?? 0
        if high != 0 {
            high = 0
            guard String(validating: bytes[start...], as: UTF8.self) != nil else {
                throw fault(
                    .notUTF8, "this field is not UTF-8 text",
                    remedy: "save the file as UTF-8 (it may be Latin-1, GBK or UTF-16)")
            }
        }
        guard ends.count < options.columnsMax else {
            throw fault(
                .columnsTooMany, "the row has more than \(options.columnsMax) columns",
                remedy: "check the delimiter, leave columns out, or allow more")
        }
        ends.append(bytes.count)
        guard byte != delimiter else {
            state = .fieldStart
            return false
        }
        countLine(at: byte)
        state = .rowStart
        rowIsComplete = true
        return true
    }

    private func zeroByte() -> Fault {
        fault(
            .zeroByte, "the file contains a zero byte, which no text has",
            remedy: "save it as UTF-8 text (it may be UTF-16, a spreadsheet or damaged)")
    }

    private func fault(
        _ code: DatasetError.Code, _ problem: String, remedy: String
    ) -> Fault {
        Fault(code: code, line: line, column: ends.count + 1, problem: problem, remedy: remedy)
    }
}
