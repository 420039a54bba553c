import CKernels
import Encodings

/// One field of a row, and what it means: nothing, a number, or text.
struct CSVField {
    /// The field as it stands in the file, without its quotes; valid UTF-8.
    let raw: ArraySlice<UInt8>
    /// The same without the spaces and tabs around it, which mean nothing.
    let bytes: ArraySlice<UInt8>

    init(_ raw: ArraySlice<UInt8>) {
        self.raw = raw
        var bytes = raw
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        self.bytes = bytes
    }

    init(_ text: String) {
        self.init(Array(text.utf8)[...])
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var isMissing: Bool { MissingValue.isMissing(bytes) }

    /// The number that the field is, rounded to the nearest double: decimal digits with an optional
    /// sign, point and exponent, as in `-1.5e3`, `.7` or `7.`.
    ///
    /// - Returns: `nil` for other text, `inf` and hexadecimal among it, and for a number that a
    ///   double cannot hold.
    var number: Double? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        let digits = isNegative || bytes.first == UInt8(ascii: "+") ? bytes.dropFirst() : bytes
        guard let first = digits.first,
            first == UInt8(ascii: ".") || Self.isDigit(first)
        else { return nil }
        var value = 0.0
        let isExact = digits.withUnsafeBufferPointer { digits in
            guard let start = digits.baseAddress else { return false }
            return jl_parse_decimal(start, digits.count, &value) == 1
        }
        if !isExact {
            let isDecimal = digits.allSatisfy {
                Self.isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e")
                    || $0 == UInt8(ascii: "E") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
            }
            guard isDecimal, let parsed = Double(String(decoding: digits, as: UTF8.self)),
                parsed.isFinite
            else { return nil }
            value = parsed
        }
        return isNegative ? -value : value
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
        return CSVField(point[...]).number != nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
