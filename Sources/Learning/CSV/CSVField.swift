import CKernels
import Encodings

/// One field of a row, and what it means: nothing, a number, or text.
struct CSVField {
    /// The row that the field stands in; one reference to it is cheaper than two slices.
    private let row: [UInt8]
    private let rawRange: Range<Int>
    private let range: Range<Int>

    /// - Parameters:
    ///   - row: Valid UTF-8.
    ///   - rawRange: Where the field stands in it.
    init(_ row: [UInt8], in rawRange: Range<Int>) {
        var range = rawRange
        while let first = range.first, Self.isBlank(row[first]) {
            range = first + 1..<range.upperBound
        }
        while let last = range.last, Self.isBlank(row[last]) { range = range.lowerBound..<last }
        self.row = row
        self.rawRange = rawRange
        self.range = range
    }

    init(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes, in: bytes.indices)
    }

    /// The field as it stands in the file, without its quotes.
    var raw: ArraySlice<UInt8> { row[rawRange] }
    /// The same without the spaces and tabs around it, which mean nothing.
    var bytes: ArraySlice<UInt8> { row[range] }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var isMissing: Bool { MissingValue.isMissing(bytes) }

    /// The number that the field is, rounded to the nearest double: decimal digits with an optional
    /// sign, point and exponent, as in `-1.5e3`, `.7` or `7.`.
    ///
    /// - Returns: `nil` for other text, `inf` and hexadecimal among it, and for a number that a
    ///   double cannot hold.
    var number: Double? {
        guard let first = range.first.map({ row[$0] }) else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let start = range.lowerBound + (isNegative || first == UInt8(ascii: "+") ? 1 : 0)
        guard start < range.upperBound,
            row[start] == UInt8(ascii: ".") || Self.isDigit(row[start])
        else { return nil }
        var value = 0.0
        let isRead = row.withUnsafeBufferPointer { row in
            row.baseAddress.map {
                jl_parse_decimal($0 + start, range.upperBound - start, &value) == 1
            } ?? false
        }
        if !isRead {
            guard let careful = Self.careful(row[start..<range.upperBound]) else { return nil }
            value = careful
        }
        return isNegative ? -value : value
    }

    /// The number that decimal digits stand for, however many there are.
    private static func careful(_ digits: ArraySlice<UInt8>) -> Double? {
        let isDecimal = digits.allSatisfy {
            isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e")
                || $0 == UInt8(ascii: "E") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
        }
        guard isDecimal, let value = Double(String(decoding: digits, as: UTF8.self)),
            value.isFinite
        else { return nil }
        return value
    }

    /// The spelling under which the field is a category or a label: a number in its shortest form,
    /// so that `1`, `1.0` and `+1` are the same, and any other text as it stands.
    ///
    /// A number of more than 15 digits is left as it stands: it is a code, and a double would take
    /// two of them for one.
    var category: String {
        guard bytes.count(where: Self.isDigit) <= 15, let number else { return text }
        return JSONValue.number(number).canonicalText
    }

    /// Whether it reads like a number with a decimal comma, such as `1,5`.
    var hasDecimalComma: Bool {
        guard bytes.count(where: { $0 == UInt8(ascii: ",") }) == 1 else { return false }
        let point = bytes.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }
        return CSVField(point, in: point.indices).number != nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
