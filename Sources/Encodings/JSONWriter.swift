extension JSONValue {
    /// The one spelling of this value in the JSON Canonicalization Scheme (RFC 8785): no white
    /// space, keys by UTF-16 code units, numbers as ECMAScript prints them.
    ///
    /// Integers beyond 2⁵³ are printed digit by digit, where the scheme would round them.
    package var canonicalBytes: [UInt8] {
        var writer = JSONWriter(indented: false)
        writer.write(self, level: 0)
        return writer.text
    }

    package var canonicalText: String { String(decoding: canonicalBytes, as: UTF8.self) }

    /// The same value for people: two spaces a level, ends without a newline.
    package var indentedText: String {
        var writer = JSONWriter(indented: true)
        writer.write(self, level: 0)
        return String(decoding: writer.text, as: UTF8.self)
    }
}

private struct JSONWriter {
    let indented: Bool
    var text: [UInt8] = []

    init(indented: Bool) {
        self.indented = indented
    }

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: text += "null".utf8
        case .bool(let value): text += (value ? "true" : "false").utf8
        case .integer(let value): text += String(value).utf8
        case .number(let value): text += Self.ecmaScript(value).utf8
        case .string(let value): write(value)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                separate(position, level: level + 1)
                write(element, level: level + 1)
            }
            close(elements.isEmpty, level: level, "]")
        case .object(let object):
            text.append(UInt8(ascii: "{"))
            for (position, member) in object.members.enumerated() {
                separate(position, level: level + 1)
                write(member.key)
                text += (indented ? ": " : ":").utf8
                write(member.value, level: level + 1)
            }
            close(object.members.isEmpty, level: level, "}")
        }
    }

    private mutating func separate(_ position: Int, level: Int) {
        if position > 0 { text.append(UInt8(ascii: ",")) }
        breakLine(level)
    }

    private mutating func close(_ isEmpty: Bool, level: Int, _ bracket: Unicode.Scalar) {
        if !isEmpty { breakLine(level) }
        text.append(UInt8(ascii: bracket))
    }

    private mutating func breakLine(_ level: Int) {
        guard indented else { return }
        text.append(UInt8(ascii: "\n"))
        text += repeatElement(UInt8(ascii: " "), count: 2 * level)
    }

    private mutating func write(_ string: String) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): text += "\\\"".utf8
            case UInt8(ascii: "\\"): text += "\\\\".utf8
            case 0x08: text += "\\b".utf8
            case 0x09: text += "\\t".utf8
            case 0x0A: text += "\\n".utf8
            case 0x0C: text += "\\f".utf8
            case 0x0D: text += "\\r".utf8
            case 0..<0x20: text += "\\u00\(Hex.encode([byte]))".utf8
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    /// `Number::toString` of ECMA-262 §6.1.6.1.20, from the shortest digits, which Swift finds.
    private static func ecmaScript(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        let sign = value < 0 ? "-" : ""
        let parts = "\(value.magnitude)".split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(mantissa[0])
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
        let leadingZeros = (whole + fraction).prefix { $0 == "0" }.count
        var digits = String((whole + fraction).dropFirst(leadingZeros))
        while digits.hasSuffix("0") { digits.removeLast() }

        // The value is 0.digits × 10^point.
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let point = whole.count - leadingZeros + exponent
        switch point {
        case digits.count...21 where point > 0:
            return sign + digits + String(repeating: "0", count: point - digits.count)
        case 1...21:
            return sign + digits.prefix(point) + "." + digits.dropFirst(point)
        case -5...0:
            return sign + "0." + String(repeating: "0", count: -point) + digits
        default:
            let power = point - 1
            let tail = digits.count > 1 ? "." + digits.dropFirst() : ""
            return sign + digits.prefix(1) + tail + "e" + (power < 0 ? "-" : "+")
                + "\(power.magnitude)"
        }
    }
}
