import Encodings

/// Reads a document line by line.
struct TOMLParser {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lines: [String: Int] = [:]
    /// The names that were defined as `[[name]]`.
    private var arraysOfTables: Set<String> = []

    /// Deeper nesting has no use in a manifest, and recursion has an end.
    private static let depthMax = 8

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func document() throws(ManifestError) -> (JSONValue, [String: Int]) {
        guard bytes.count <= TOMLDocument.byteCountMax else {
            throw ManifestError(
                problem: "is \(bytes.count) bytes long; at most \(TOMLDocument.byteCountMax)")
        }
        var root = JSONObject()
        var table: (name: String, isArray: Bool)?
        while true {
            skipBlankLines()
            guard let byte = peek else { break }
            if byte == UInt8(ascii: "[") {
                table = try header(in: &root)
            } else {
                try pair(in: &root, table: table)
            }
            try endOfLine()
        }
        return (.object(root), lines)
    }

    // MARK: Lines

    private mutating func header(
        in root: inout JSONObject
    ) throws(ManifestError) -> (name: String, isArray: Bool) {
        let start = line
        advance()
        let isArray = take("[")
        skipSpaces()
        let name = try key()
        skipSpaces()
        guard take("]"), !isArray || take("]") else {
            throw wrong(
                "a table's name ends with \(isArray ? "]]" : "]"); dotted names are not used")
        }
        if isArray {
            var elements: [JSONValue] = []
            if let known = root[name] {
                guard case .array(let known) = known, arraysOfTables.contains(name) else {
                    throw wrong("\(name) is defined twice")
                }
                elements = known
            }
            arraysOfTables.insert(name)
            lines[name] = lines[name] ?? start
            lines["\(name)[\(elements.count)]"] = start
            root[name] = .array(elements + [.object(JSONObject())])
        } else {
            guard root[name] == nil else { throw wrong("\(name) is defined twice") }
            lines[name] = start
            root[name] = .object(JSONObject())
        }
        return (name, isArray)
    }

    private mutating func pair(
        in root: inout JSONObject, table: (name: String, isArray: Bool)?
    ) throws(ManifestError) {
        guard let table else {
            try member(of: &root, at: "", depth: 0)
            return
        }
        switch root[table.name] {
        case .object(var object):
            try member(of: &object, at: "\(table.name).", depth: 0)
            root[table.name] = .object(object)
        case .array(var elements):
            guard case .object(var object) = elements.popLast() else { return }
            try member(of: &object, at: "\(table.name)[\(elements.count)].", depth: 0)
            root[table.name] = .array(elements + [.object(object)])
        default:
            preconditionFailure("a header makes a table or an array of them")
        }
    }

    private mutating func member(
        of object: inout JSONObject, at prefix: String, depth: Int
    ) throws(ManifestError) {
        let name = try key()
        guard object[name] == nil else { throw wrong("\(prefix)\(name) is defined twice") }
        skipSpaces()
        guard take("=") else {
            throw wrong("“\(name)” should be followed by = and a value; dotted keys are not used")
        }
        skipSpaces()
        lines[prefix + name] = line
        object[name] = try value(at: prefix + name, depth: depth)
    }

    // MARK: Values

    private mutating func value(at path: String, depth: Int) throws(ManifestError) -> JSONValue {
        guard depth < Self.depthMax else { throw wrong("\(path) is nested too deeply") }
        switch peek {
        case UInt8(ascii: "\""): return .string(try basicString())
        case UInt8(ascii: "'"): return .string(try literalString())
        case UInt8(ascii: "["): return try array(at: path, depth: depth)
        case UInt8(ascii: "{"): return try inlineTable(at: path, depth: depth)
        default: return try word(at: path)
        }
    }

    private mutating func array(at path: String, depth: Int) throws(ManifestError) -> JSONValue {
        advance()
        var elements: [JSONValue] = []
        while true {
            skipBlankLines()
            if take("]") { return .array(elements) }
            let place = "\(path)[\(elements.count)]"
            lines[place] = line
            elements.append(try value(at: place, depth: depth + 1))
            skipBlankLines()
            guard take(",") else {
                guard take("]") else { throw wrong("\(path) should go on with , or end with ]") }
                return .array(elements)
            }
        }
    }

    private mutating func inlineTable(
        at path: String, depth: Int
    ) throws(ManifestError) -> JSONValue {
        advance()
        var object = JSONObject()
        skipSpaces()
        if take("}") { return .object(object) }
        while true {
            skipSpaces()
            try member(of: &object, at: "\(path).", depth: depth + 1)
            skipSpaces()
            if take("}") { return .object(object) }
            guard take(",") else { throw wrong("\(path) should go on with , or end with }") }
        }
    }

    private mutating func word(at path: String) throws(ManifestError) -> JSONValue {
        let text = take { $0 > UInt8(ascii: " ") && !Array(",]}#".utf8).contains($0) }
        if text == "true" { return .bool(true) }
        if text == "false" { return .bool(false) }
        let digits = Array(text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") })
        let parts = digits.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard digits.count + 1 >= text.utf8.count, !text.isEmpty,
            parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isDigit) }),
            digits.count == 1 || digits.first != UInt8(ascii: "0"),
            let integer = Int64(text.filter { $0 != "_" })
        else {
            throw wrong(
                "\(path) is “\(text.prefix(40))”, and should be a string in quotes, an integer, "
                    + "true, false, an array or an inline table")
        }
        return .integer(integer)
    }

    private mutating func literalString() throws(ManifestError) -> String {
        advance()
        let text = take { $0 != UInt8(ascii: "'") && ($0 >= 0x20 && $0 != 0x7F || $0 == 0x09) }
        guard take("'") else { throw wrong("a string should end with ' on its line") }
        if text.isEmpty, peek == UInt8(ascii: "'") {
            throw wrong("strings over several lines are not used here")
        }
        return text
    }

    private mutating func basicString() throws(ManifestError) -> String {
        advance()
        var text = ""
        while true {
            text += take {
                $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                    && ($0 >= 0x20 && $0 != 0x7F || $0 == 0x09)
            }
            if take("\"") { break }
            guard take("\\") else { throw wrong("a string should end with \" on its line") }
            text.unicodeScalars.append(try escaped())
        }
        if text.isEmpty, peek == UInt8(ascii: "\"") {
            throw wrong("strings over several lines are not used here")
        }
        return text
    }

    private mutating func escaped() throws(ManifestError) -> Unicode.Scalar {
        let simple: [UInt8: Unicode.Scalar] = [
            UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "t"): "\t", UInt8(ascii: "n"): "\n",
            UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "r"): "\r", UInt8(ascii: "\""): "\"",
            UInt8(ascii: "\\"): "\\",
        ]
        guard let byte = peek else { throw wrong("a string should end with \"") }
        advance()
        if let scalar = simple[byte] { return scalar }
        let count = byte == UInt8(ascii: "u") ? 4 : byte == UInt8(ascii: "U") ? 8 : 0
        let digits = bytes[position...].prefix(count)
        guard count > 0, digits.count == count, digits.allSatisfy(\.isHexDigit),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw wrong("a backslash is followed by one of b t n f r \" \\ u U") }
        position += count
        return scalar
    }

    // MARK: Bytes

    private mutating func key() throws(ManifestError) -> String {
        let name = take {
            $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
        guard !name.isEmpty else {
            throw wrong("a key of letters, digits, - and _ should stand here")
        }
        return name
    }

    private mutating func endOfLine() throws(ManifestError) {
        skipSpaces()
        skipComment()
        guard peek == nil || peek == UInt8(ascii: "\n") || isCarriageReturnLineFeed else {
            throw wrong("something follows the end of the value")
        }
    }

    private mutating func skipBlankLines() {
        while let byte = peek {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
                || isCarriageReturnLineFeed
            {
                advance()
            } else if byte == UInt8(ascii: "#") {
                skipComment()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() {
        guard peek == UInt8(ascii: "#") else { return }
        _ = take { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    private mutating func skipSpaces() {
        _ = take { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var isCarriageReturnLineFeed: Bool {
        peek == UInt8(ascii: "\r") && position + 1 < bytes.count
            && bytes[position + 1] == UInt8(ascii: "\n")
    }

    private mutating func advance() {
        if peek == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        advance()
        return true
    }

    private mutating func take(_ isWanted: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = peek, isWanted(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private func wrong(_ problem: String) -> ManifestError {
        ManifestError(line: line, problem: problem)
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
    var isHexDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}
