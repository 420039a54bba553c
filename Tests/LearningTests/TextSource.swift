@testable import Learning

/// Gives the bytes of a file that exists in memory only, so many at a time.
func source(_ bytes: [UInt8], chunk: Int = .max) -> CSVReader.Source {
    let queue = ByteQueue(bytes, chunk: chunk)
    return { (buffer) throws(DatasetError) in queue.read(into: buffer) }
}

func reader(
    _ text: String, options: CSVOptions = CSVOptions(), chunk: Int = .max
) throws -> CSVReader {
    try CSVReader.reading(
        source(Array(text.utf8), chunk: chunk), file: "test.csv", options: options)
}

/// The names and the fields of a whole file.
func table(
    _ bytes: [UInt8], options: CSVOptions = CSVOptions(), chunk: Int = .max
) throws -> (columns: [String], rows: [[String]]) {
    var reader = try CSVReader.reading(
        source(bytes, chunk: chunk), file: "test.csv", options: options)
    let columns = reader.columns
    var rows: [[String]] = []
    while try reader.advance() {
        rows.append(
            columns.indices.map { String(decoding: reader.field($0).raw, as: UTF8.self) })
    }
    return (columns, rows)
}

func table(_ text: String, options: CSVOptions = CSVOptions()) throws -> (
    columns: [String], rows: [[String]]
) {
    try table(Array(text.utf8), options: options)
}

private final class ByteQueue {
    private let bytes: [UInt8]
    private let chunk: Int
    private var position = 0

    init(_ bytes: [UInt8], chunk: Int) {
        self.bytes = bytes
        self.chunk = chunk
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(chunk, buffer.count, bytes.count - position)
        buffer.copyBytes(from: bytes[position..<position + count])
        position += count
        return count
    }
}
