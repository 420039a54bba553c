import Crypto
import Encodings

/// The random bytes that keep others from guessing rows and testing the guess on a commitment. They
/// stay with the owner until the commitment is to be opened.
package struct CommitmentSalt: Hashable, Sendable {
    package static let byteCount = 32

    package let bytes: [UInt8]

    /// - Returns: `nil` unless there are 32 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// - Parameter random: A secure generator.
    package init(from random: inout some RandomNumberGenerator) {
        bytes = (0..<Self.byteCount / 8).flatMap { _ in
            let word = random.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
    }
}

/// A hash that fixes the rows of a dataset and tells nothing about them to whoever lacks the salt.
///
/// It is the SHA-256 of these bytes, one behind the other:
///
/// | bytes | what |
/// |---|---|
/// | 32 | the salt |
/// | 17 | `jointlab.rows/1` in ASCII, followed by a line feed (0A) and a zero byte |
/// | 4 | the number of columns |
/// | 4 + n, for each column | the length of its name, and the name |
/// | 4 + n, for each field of each row | the length of the field, and the field |
/// | 8 | the number of rows |
///
/// Numbers are unsigned and begin with the most significant byte; lengths count bytes; text is
/// UTF-8. Columns and rows come in the order of the file. A name is written without the spaces and
/// tabs around it, and a column without a name is `column1`, `column2` …; a field is written as it
/// stands in the file, spaces included, but without the quotes around it, each doubled quote in it
/// as one, and each CRLF or CR in it as LF. So the commitment does not depend on quoting, the
/// delimiter, line endings, blank lines or a byte order mark, and depends on everything else.
package struct SaltedCommitment: Hashable, Sendable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package let hex: String

    fileprivate init(digest: SHA256.Digest) {
        hex = Hex.encode(digest)
    }

    /// - Returns: `nil` unless the text is 64 lower-case hexadecimal digits.
    package init?(hex: String) {
        guard Hex.decode(hex)?.count == SHA256.byteCount else { return nil }
        self.hex = hex
    }

    package var description: String { hex }
}

/// Computes a ``SaltedCommitment`` row by row.
struct RowHasher {
    private static let flushByteCount = 64 << 10

    private let columnCount: Int
    private var hash = SHA256()
    /// Bytes that are not hashed yet; many small updates would cost more than the hash.
    private var pending: [UInt8] = []
    private var rowCount: UInt64 = 0

    init(salt: CommitmentSalt, columns: [String]) {
        columnCount = columns.count
        pending = salt.bytes + Array("jointlab.rows/1\n\0".utf8)
        append(UInt32(columns.count))
        for name in columns {
            append(UInt32(name.utf8.count))
            pending += name.utf8
        }
    }

    mutating func add(_ row: borrowing CSVReader) {
        for column in 0..<columnCount {
            add(row.field(column).raw)
        }
        rowCount += 1
        if pending.count >= Self.flushByteCount {
            hash.update(data: pending)
            pending.removeAll(keepingCapacity: true)
        }
    }

    func commitment() -> SaltedCommitment {
        var last = self
        last.append(last.rowCount)
        last.hash.update(data: last.pending)
        return SaltedCommitment(digest: last.hash.finalize())
    }

    private mutating func add(_ field: ArraySlice<UInt8>) {
        guard field.contains(UInt8(ascii: "\r")) else {
            append(UInt32(field.count))
            pending += field
            return
        }
        var normalized: [UInt8] = []
        var followsReturn = false
        for byte in field {
            switch byte {
            case UInt8(ascii: "\r"): normalized.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "\n") where followsReturn: break
            default: normalized.append(byte)
            }
            followsReturn = byte == UInt8(ascii: "\r")
        }
        append(UInt32(normalized.count))
        pending += normalized
    }

    private mutating func append(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { pending += $0 }
    }
}
