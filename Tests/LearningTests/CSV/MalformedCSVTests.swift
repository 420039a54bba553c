import Testing

@testable import Learning

/// Every way in which a file can be wrong, by name: the code, where, and what the owner is told.
@Suite struct MalformedCSVTests {
    @Test("A file that does not exist")
    func noFile() {
        expect(.fileUnreadable, "/nowhere/x.csv: there is no such file; check the path") {
            _ = try CSVReader.open(path: "/nowhere/x.csv")
        }
    }

    @Test("A directory")
    func directory() {
        expect(.fileUnreadable, "/tmp: this is a directory; name a CSV file in it") {
            _ = try CSVReader.open(path: "/tmp")
        }
    }

    @Test("An empty file", arguments: ["", "\n\n\r\n", "\u{FEFF}"])
    func emptyFile(text: String) {
        expect(.fileEmpty, "test.csv: the file is empty; check the path") { try read(text) }
    }

    @Test("A header and nothing under it")
    func headerOnly() {
        expect(.rowsMissing, "test.csv: the file has a header and no row under it") {
            try read("a,b\n")
        }
    }

    @Test("A row with too few fields")
    func shortRow() {
        expect(
            .rowWidth,
            "test.csv, line 3, column 3 (c): the row has 2 fields, and the first row has 3; add the"
        ) { try read("a,b,c\n1,2,3\n4,5\n") }
    }

    @Test("A row with too many fields")
    func longRow() {
        expect(
            .rowWidth,
            "test.csv, line 2, column 3: the row has 3 fields, and the first row has 2; remove the"
        ) { try read("a,b\n1,2,3\n") }
    }

    @Test("A column without a name")
    func namelessColumn() {
        expect(.columnNameInvalid, "test.csv, line 1, column 2: the column has no name; name it") {
            try read("a,,c\n1,2,3\n")
        }
    }

    @Test("A name with a newline in it")
    func nameWithNewline() {
        expect(.columnNameInvalid, "test.csv, line 1, column 2: the column's name has more than") {
            try read("a,\"b\nc\"\n1,2\n")
        }
    }

    @Test("Two columns of one name")
    func duplicateName() {
        expect(
            .columnNameTwice, "test.csv, line 1, column 3 (a): column 1 has the same name; rename"
        ) { try read("a,b, a \n1,2,3\n") }
    }

    @Test("Names that Unicode takes for the same, and bytes do not, are two names")
    func canonicallyEquivalentNames() throws {
        #expect(try table("\u{E9},e\u{301}\n1,2\n").columns.count == 2)
    }

    @Test("Text that is not UTF-8")
    func latin1() {
        expect(
            .notUTF8,
            "test.csv, line 3, column 2 (name): this field is not UTF-8 text; save the file as UTF-8"
        ) { try read(Array("id,name\n1,Ann\n2,Ren".utf8) + [0xE9] + Array("\n".utf8)) }
    }

    @Test("UTF-16 text", arguments: [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]])
    func utf16(bytes: [UInt8]) {
        expect(.notUTF8, "test.csv, line 1: the file is UTF-16 text; save it as UTF-8") {
            try read(bytes)
        }
    }

    @Test(
        "A zero byte", arguments: ["a,b\n1,\u{0}2\n", "a,b\n1,\"\u{0}2\"\n", "a,b\n1,\"2\"\u{0}\n"])
    func zeroByte(text: String) {
        expect(.zeroByte, "test.csv, line 2, column 2 (b): the file contains a zero byte") {
            try read(text)
        }
    }

    @Test("A quote that is never closed")
    func unclosedQuote() {
        expect(
            .quoteNotClosed,
            "test.csv, line 2, column 2 (b): the quote that begins here is never closed; close it"
        ) { try read("a,b\n1,\"2\n3,4\n5,6\n") }
    }

    @Test("A quote within a field that does not begin with one")
    func strayQuote() {
        expect(
            .quoteMisplaced,
            "test.csv, line 2, column 2 (b): a quote stands within a field that does not begin with"
        ) { try read("a,b\n1,5\" pipe\n") }
    }

    @Test("Text after the quote that ends a field")
    func textAfterQuote() {
        expect(
            .quoteMisplaced,
            "test.csv, line 2, column 1 (a): text follows the quote that ends a field; write each"
        ) { try read("a,b\n\"1\"x,2\n") }
    }

    @Test("A million columns are refused at the first that is too many")
    func absurdWidth() {
        let text = String(repeating: "1,", count: 1_000_000)
        expect(
            .columnsTooMany, "test.csv, line 1, column 1025: the row has more than 1024 columns"
        ) { try read(text) }
        expect(.columnsTooMany, "test.csv, line 1, column 4: the row has more than 3 columns") {
            _ = try table("1,2,3,4\n", options: .init(columnsMax: 3))
        }
    }

    @Test("A field of many megabytes")
    func longField() {
        let long = String(repeating: "x", count: 1 << 20)
        #expect(throws: Never.self) { try read("a,b\n1,\(long)\n") }
        expect(
            .fieldTooLong,
            "test.csv, line 2, column 2 (b): a field has more than 1048576 bytes; leave the column"
        ) { try read("a,b\n1,\(long)x\n") }
        expect(.fieldTooLong, "a field has more than 1048576 bytes; close the quote of line 2") {
            try read("a,b\n1,\"\(long)\nx,y\n")
        }
    }

    @Test("A row of many megabytes")
    func longRowOfBytes() {
        expect(.fieldTooLong, "test.csv, line 2, column 3 (column3): a row has more than 10 bytes")
        {
            _ = try table(
                "a,b,c\n12345,12345,1\n",
                options: .init(header: .absent, fieldByteCountMax: 8, rowByteCountMax: 10))
        }
    }

    @Test("What is wrong with the file's contents does not hide where reading failed")
    func failureOfTheDisk() {
        let broken = DatasetError(.fileUnreadable, at: nil, "the disk failed", remedy: "check it")
        var isFirst = true
        #expect(throws: broken) {
            var reader = try CSVReader.reading(
                { (buffer) throws(DatasetError) in
                    guard isFirst else { throw broken }
                    isFirst = false
                    for index in buffer.indices {
                        buffer[index] = UInt8(ascii: index % 4 == 3 ? "\n" : "1")
                    }
                    return buffer.count
                }, file: "test.csv")
            while try reader.advance() {}
        }
    }

    private func read(_ text: String) throws { _ = try table(text) }
    private func read(_ bytes: [UInt8]) throws { _ = try table(bytes) }
}

/// Expects an error of this code whose description begins with, or contains, this text.
func expect(
    _ code: DatasetError.Code, _ text: String, location: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    let error = #expect(throws: DatasetError.self, sourceLocation: location) { try body() }
    guard let error else { return }
    #expect(error.code == code, sourceLocation: location)
    #expect(error.description.contains(text), "\(error)", sourceLocation: location)
}
