import Randomness
import Testing

@testable import Learning

@Suite struct CSVReaderTests {
    @Test("Names and fields are read")
    func simpleFile() throws {
        let (columns, rows) = try table("age,sex\n63,m\n41,f\n")
        #expect(columns == ["age", "sex"])
        #expect(rows == [["63", "m"], ["41", "f"]])
    }

    @Test("Quoted fields keep delimiters, quotes and newlines")
    func quotedFields() throws {
        let (columns, rows) = try table(
            "\"a\",\"b \"\"x\"\"\"\n\"1,2\",\"say \"\"hi\"\"\"\n\"\",\"two\r\nlines\"\n")
        #expect(columns == ["a", "b \"x\""])
        #expect(rows == [["1,2", "say \"hi\""], ["", "two\r\nlines"]])
    }

    @Test("A row ends with LF, CRLF, CR or the file", arguments: ["\n", "\r\n", "\r"])
    func lineEndings(newline: String) throws {
        for end in ["", newline] {
            let (columns, rows) = try table(
                ["a,b", "1,2", "3,"].joined(separator: newline) + end)
            #expect(columns == ["a", "b"])
            #expect(rows == [["1", "2"], ["3", ""]])
        }
    }

    @Test("Lines without a character are passed over, and an empty field in quotes is not")
    func blankLines() throws {
        #expect(try table("\n\na,b\n\n1,2\n\r\n\n3,4\n\n").rows == [["1", "2"], ["3", "4"]])
        #expect(try table("a\n\"\"\nx\n").rows == [[""], ["x"]])
    }

    @Test("A byte order mark is no part of the first name")
    func byteOrderMark() throws {
        let (columns, rows) = try table([0xEF, 0xBB, 0xBF] + Array("a,b\n1,2\n".utf8))
        #expect(columns == ["a", "b"])
        #expect(rows == [["1", "2"]])
    }

    @Test("Names lose the spaces around them, and fields keep theirs")
    func spaces() throws {
        let (columns, rows) = try table(" age ,\"sex\t\"\n 1,f \n")
        #expect(columns == ["age", "sex"])
        #expect(rows == [[" 1", "f "]])
    }

    @Test("A file whose first row is numbers or missing has no header")
    func headerless() throws {
        let (columns, rows) = try table("63.0,?,NaN,-1e3\n1,2,3,4\n")
        #expect(columns == ["column1", "column2", "column3", "column4"])
        #expect(rows.count == 2)
    }

    @Test("The owner may say whether there is a header")
    func headerByForce() throws {
        let numbers = try table("2019,2020\n1,2\n", options: .init(header: .present))
        #expect(numbers.columns == ["2019", "2020"])
        #expect(numbers.rows == [["1", "2"]])
        let words = try table("a,b\nc,d\n", options: .init(header: .absent))
        #expect(words.columns == ["column1", "column2"])
        #expect(words.rows == [["a", "b"], ["c", "d"]])
    }

    @Test("The delimiter is found in the first rows", arguments: delimited)
    func delimiterIsFound(text: String, delimiter: CSVOptions.Delimiter, width: Int) throws {
        let reader = try reader(text)
        let (found, columns) = (reader.delimiter, reader.columns)
        #expect(found == delimiter)
        #expect(columns.count == width)
    }

    @Test("A given delimiter is taken")
    func delimiterIsGiven() throws {
        #expect(
            try table("a;b,c\n1;2,3\n", options: .init(delimiter: .comma)).columns == ["a;b", "c"])
    }

    @Test("The place of a row counts the newlines within quotes")
    func placesCountLines() throws {
        var reader = try reader("a,b\n\"x\r\ny\rz\nw\",2\n\n3,4\n")
        var lines: [Int?] = []
        while try reader.advance() { lines.append(reader.place().line) }
        #expect(lines == [2, 7])
        #expect(reader.place(column: 1).description == "test.csv, line 7, column 2 (b)")
    }

    @Test("It does not matter where the bytes are cut", arguments: 1...9)
    func cutAnywhere(chunk: Int) throws {
        let text = "\u{FEFF}a,\"b\"\"é\"\r\n\"1\r\n\"\"2\"\"\",3\r\"\",\u{1F600}\n\n4,\"5\""
        let whole = try table(Array(text.utf8))
        let cut = try table(Array(text.utf8), chunk: chunk)
        #expect(cut.columns == whole.columns)
        #expect(cut.rows == whole.rows)
        #expect(whole.rows == [["1\r\n\"2\"", "3"], ["", "\u{1F600}"], ["4", "5"]])
    }

    @Test("The tokenizer may be fed byte by byte")
    func tokenizerIsFedByteByByte() throws {
        let bytes = Array("a,\"b\"\"é\"\r\n\"1\r\n\"\"2\"\"\",3\r\"\",x\n\n4,\"5\"".utf8)
        for size in 1...7 {
            var tokenizer = CSVTokenizer(delimiter: .comma, options: .init())
            var rows: [[String]] = []
            func take() {
                var start = 0
                rows.append(
                    tokenizer.ends.map { end in
                        defer { start = end }
                        return String(decoding: tokenizer.bytes[start..<end], as: UTF8.self)
                    })
            }
            for start in stride(from: 0, to: bytes.count, by: size) {
                try Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { part in
                    var position = 0
                    while try tokenizer.consume(part, at: &position) { take() }
                    #expect(position == part.count)
                }
            }
            if try tokenizer.finish() { take() }
            #expect(rows == [["a", "b\"é"], ["1\r\n\"2\"", "3"], ["", "x"], ["4", "5"]])
        }
    }

    @Test("Fields longer than the buffer are read, and so are files of many buffers")
    func largeFiles() throws {
        let long = String(repeating: "é", count: 300_000)
        let (_, rows) = try table("a,b\n1,\(long)\n\"\(long)\",2\n")
        #expect(rows == [["1", long], [long, "2"]])

        let lines = (0..<50_000).map { "\($0),x\($0 % 7)\n" }.joined()
        var reader = try reader("n,x\n" + lines)
        var sum = 0.0
        while try reader.advance() { sum += reader.field(0).number ?? .nan }
        #expect(reader.rowCount == 50_000)
        #expect(sum == 49_999 * 25_000)
    }

    @Test("What is written with quotes is read back", arguments: 0..<300 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let alphabet = Array("ab1 .,;\t\"\n\r'é\u{1F600}-").map(String.init)
        let delimiter = CSVOptions.Delimiter.allCases[random.uniformInteger(in: 0...2)]
        let newline = ["\n", "\r\n", "\r"][random.uniformInteger(in: 0...2)]
        let width = random.uniformInteger(in: 1...5)
        let rows = (0..<random.uniformInteger(in: 1...8)).map { _ in
            (0..<width).map { _ in
                (0..<random.uniformInteger(in: 0...6)).map { _ in
                    alphabet[random.uniformInteger(in: 0...alphabet.count - 1)]
                }.joined()
            }
        }
        let written = rows.map { row in
            row.map { field in
                let needsQuotes =
                    field.isEmpty && width == 1
                    || field.unicodeScalars.contains { "\"\r\n,;\t".unicodeScalars.contains($0) }
                guard needsQuotes || random.next().isMultiple(of: 3) else { return field }
                return "\"" + field.replacing("\"", with: "\"\"") + "\""
            }.joined(separator: String(UnicodeScalar(delimiter.byte)))
        }.joined(separator: newline)

        let options = CSVOptions(delimiter: delimiter, header: .absent)
        let chunk = random.uniformInteger(in: 1...20)
        #expect(
            try table(Array(written.utf8), options: options, chunk: chunk).rows == rows,
            "seed \(seed)")
    }

    @Test("Random bytes never trap", arguments: 0..<200 as Range<UInt64>)
    func randomBytes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let likely = Array("a1,;\t\"\"\n\r. ".utf8) + [0, 0xC3, 0xA9, 0xFF]
        let bytes = (0..<random.uniformInteger(in: 0...200)).map { _ in
            random.next().isMultiple(of: 10)
                ? UInt8(truncatingIfNeeded: random.next())
                : likely[random.uniformInteger(in: 0...likely.count - 1)]
        }
        let small = CSVOptions(columnsMax: 6, fieldByteCountMax: 30, rowByteCountMax: 60)
        _ = try? table(bytes)
        _ = try? table(bytes, options: small, chunk: 7)
    }
}

private let delimited: [(String, CSVOptions.Delimiter, Int)] = [
    ("a,b\n1,2\n", .comma, 2),
    ("a;b;c\n1;2;3\n", .semicolon, 3),
    ("a\tb\n1\t2\n", .tab, 2),
    ("a;b\n1,5;2,5\n3,5;4,5\n", .semicolon, 2),
    ("1,5;2,5\n3,5;4,5\n", .semicolon, 2),
    ("a\tb\n1,5\t2,5\n", .tab, 2),
    ("name,note\nx,\"a;b\"\ny,\"c;d\"\n", .comma, 2),
    ("\"a;b\",c\n1,2\n", .comma, 2),
    ("only\n1\n2\n", .comma, 1),
    ("a;b;c\n1;2\n", .semicolon, 3),
    ("\"x;y\";z\n1;2", .semicolon, 2),
]
