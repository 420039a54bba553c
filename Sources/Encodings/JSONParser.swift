/// Why a text is not JSON, and where.
package struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong, as the end of the sentence "line 3, column 7: …".
    package let problem: String
    /// Counted from 1; the column in bytes.
    package let line: Int
    package let column: Int

    package var description: String { "line \(line), column \(column): \(problem)" }
}

extension JSONValue {
    /// Arrays and objects may be nested this deep.
    package static let depthMax = 64

    /// Reads one JSON text.
    ///
    /// Stricter than RFC 8259 where it leaves a choice: valid UTF-8 only, no key twice in an
    /// object, no unpaired surrogate, at most ``depthMax`` levels, numbers within a `Double`.
    ///
    /// - Throws: ``JSONSyntaxError``.
    package init(parsing text: [UInt8]) throws(JSONSyntaxError) {
        var parser = JSONParser(text: text)
        parser.skipWhiteSpace()
        let value = try parser.value(depth: 0)
        parser.skipWhiteSpace()
        guard parser.index == text.count else { throw parser.error("nothing may follow the value") }
        self = value
    }

    package init(parsing text: String) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8))
    }
}

private struct JSONParser {
    private static let digit = UInt8(ascii: "0")...UInt8(ascii: "9")

    let text: [UInt8]
    var index = 0

    func error(_ problem: String, at position: Int? = nil) -> JSONSyntaxError {
        let before = text[..<min(position ?? index, text.count)]
        let lineStart = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        return JSONSyntaxError(problem: problem, line: line, column: before.count - lineStart + 1)
    }

    private var next: UInt8? { index < text.count ? text[index] : nil }

    mutating func skipWhiteSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            index += 1
        }
    }

    mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        switch next {
        case UInt8(ascii: "{") where depth == JSONValue.depthMax,
            UInt8(ascii: "[") where depth == JSONValue.depthMax:
            throw error("more than \(JSONValue.depthMax) levels of nesting")
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case nil: throw error("the text ends where a value should stand")
        case let byte? where byte == UInt8(ascii: "-") || Self.digit.contains(byte):
            return try number()
        default: throw error("a value should stand here")
        }
    }

    private mutating func literal(
        _ word: StaticString, _ value: JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        let matches = word.withUTF8Buffer { text[index...].starts(with: $0) }
        guard matches else { throw error("a value should stand here") }
        index += length
        return value
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONObject {
        let start = index
        index += 1
        var members: [JSONObject.Member] = []
        skipWhiteSpace()
        if next == UInt8(ascii: "}") {
            index += 1
            return JSONObject()
        }
        while true {
            skipWhiteSpace()
            guard next == UInt8(ascii: "\"") else {
                throw error("a key in quotes should stand here")
            }
            let key = try string()
            skipWhiteSpace()
            guard next == UInt8(ascii: ":") else { throw error("a colon should follow the key") }
            index += 1
            skipWhiteSpace()
            members.append(.init(key: key, value: try value(depth: depth + 1)))
            skipWhiteSpace()
            switch next {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "}"):
                index += 1
                guard let object = JSONObject(members) else {
                    let key = JSONObject.duplicateKey(in: members) ?? ""
                    throw error("the key \"\(key)\" comes twice in this object", at: start)
                }
                return object
            default: throw error("a comma or } should stand here")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
        index += 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if next == UInt8(ascii: "]") {
            index += 1
            return elements
        }
        while true {
            skipWhiteSpace()
            elements.append(try value(depth: depth + 1))
            skipWhiteSpace()
            switch next {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "]"):
                index += 1
                return elements
            default: throw error("a comma or ] should stand here")
            }
        }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = index
        index += 1
        var runStart = index
        var unescaped: [UInt8] = []
        while true {
            guard let byte = next else { throw error("this string is not closed", at: start) }
            switch byte {
            case UInt8(ascii: "\""):
                let run = text[runStart..<index]
                index += 1
                let bytes = unescaped.isEmpty ? run : (unescaped + run)[...]
                guard let string = String(validating: bytes, as: UTF8.self) else {
                    throw error("this string is not valid UTF-8", at: start)
                }
                return string
            case UInt8(ascii: "\\"):
                unescaped += text[runStart..<index]
                unescaped += try escape()
                runStart = index
            case 0..<0x20:
                throw error("a control character in a string must be escaped")
            default:
                index += 1
            }
        }
    }

    private mutating func escape() throws(JSONSyntaxError) -> [UInt8] {
        let start = index
        index += 1
        guard let byte = next else { throw error("this escape is not finished", at: start) }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            let unit = try fourHexDigits(of: start)
            if let scalar = Unicode.Scalar(unit) { return Array(String(scalar).utf8) }
            guard unit < 0xDC00, next == UInt8(ascii: "\\"), index + 1 < text.count,
                text[index + 1] == UInt8(ascii: "u")
            else { throw error("an unpaired surrogate", at: start) }
            index += 2
            let low = try fourHexDigits(of: start)
            guard 0xDC00..<0xE000 ~= low else { throw error("an unpaired surrogate", at: start) }
            let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
            guard let scalar = Unicode.Scalar(value) else {
                throw error("an unpaired surrogate", at: start)
            }
            return Array(String(scalar).utf8)
        default:
            throw error("\\ may be followed by one of \" \\ / b f n r t u", at: start)
        }
    }

    private mutating func fourHexDigits(of escape: Int) throws(JSONSyntaxError) -> UInt16 {
        guard index + 4 <= text.count,
            let digits = String(validating: text[index..<index + 4], as: UTF8.self),
            digits.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(digits, radix: 16)
        else { throw error("\\u should be followed by four hexadecimal digits", at: escape) }
        index += 4
        return unit
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = index
        var isInteger = true
        if next == UInt8(ascii: "-") { index += 1 }
        let whole = digits()
        guard whole > 0 else { throw error("a digit should follow the sign") }
        if whole > 1, text[index - whole] == UInt8(ascii: "0") {
            throw error("a number may not begin with 0", at: start)
        }
        if next == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            guard digits() > 0 else { throw error("a digit should follow the point") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isInteger = false
            index += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            guard digits() > 0 else { throw error("a digit should follow the exponent's e") }
        }
        let spelling = String(decoding: text[start..<index], as: UTF8.self)
        if isInteger, let integer = Int64(spelling), spelling != "-0" { return .integer(integer) }
        guard let number = Double(spelling), number.isFinite else {
            throw error("\(spelling) is too large", at: start)
        }
        return .number(number)
    }

    private mutating func digits() -> Int {
        let start = index
        while let byte = next, Self.digit.contains(byte) { index += 1 }
        return index - start
    }
}
