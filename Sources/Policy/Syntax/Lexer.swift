/// Cuts an expression's text into tokens (CEL language definition, "Syntax").
struct Lexer {
    private let bytes: [UInt8]
    private var index = 0

    init(_ source: SourceText) {
        bytes = source.utf8
    }

    /// - Throws: ``Diagnostic``.
    static func tokens(of source: SourceText) throws(Diagnostic) -> [Token] {
        var lexer = Lexer(source)
        var tokens: [Token] = []
        repeat {
            tokens.append(try lexer.next())
        } while tokens.last?.kind != .end
        return tokens
    }

    private func peek(_ ahead: Int = 0) -> UInt8? {
        index + ahead < bytes.count ? bytes[index + ahead] : nil
    }

    private mutating func next() throws(Diagnostic) -> Token {
        skipBlanks()
        let start = index
        guard let byte = peek() else { return Token(kind: .end, offset: start) }
        let kind: Token.Kind
        if let literal = try text() {
            kind = literal
        } else if byte.isIdentifierStart {
            kind = .identifier(word())
        } else if byte.isDigit || (byte == UInt8(ascii: ".") && peek(1)?.isDigit == true) {
            kind = try number()
        } else if byte == UInt8(ascii: "`") {
            kind = try quotedIdentifier()
        } else {
            kind = .symbol(try symbol())
        }
        return Token(kind: kind, offset: start)
    }

    private mutating func skipBlanks() {
        while let byte = peek() {
            if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") {
                while let byte = peek(), byte != UInt8(ascii: "\n") { index += 1 }
            } else if [0x20, 0x09, 0x0A, 0x0C, 0x0D].contains(byte) {
                index += 1
            } else {
                return
            }
        }
    }

    private mutating func word() -> String {
        let start = index
        while let byte = peek(), byte.isIdentifierStart || byte.isDigit { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func quotedIdentifier() throws(Diagnostic) -> Token.Kind {
        let start = index
        index += 1
        let allowed = Set("_.-/ ".utf8)
        while let byte = peek(), byte.isIdentifierStart || byte.isDigit || allowed.contains(byte) {
            index += 1
        }
        guard peek() == UInt8(ascii: "`"), index > start + 1 else {
            throw Diagnostic(
                .syntax, "a name in back quotes holds letters, digits and `_.-/ `, and ends with `",
                at: start)
        }
        defer { index += 1 }
        return .quotedIdentifier(String(decoding: bytes[start + 1..<index], as: UTF8.self))
    }

    private mutating func symbol() throws(Diagnostic) -> Token.Symbol {
        for length in [2, 1] where index + length <= bytes.count {
            let text = String(decoding: bytes[index..<index + length], as: UTF8.self)
            guard let symbol = Token.Symbol(rawValue: text) else { continue }
            index += length
            return symbol
        }
        let rest = String(decoding: bytes[index...].prefix(4), as: UTF8.self)
        let hint: String? =
            switch bytes[index] {
            case UInt8(ascii: "="): "=="
            case UInt8(ascii: "&"): "&&"
            case UInt8(ascii: "|"): "||"
            default: nil
            }
        throw Diagnostic(
            .syntax, "`\(rest.first.map(String.init) ?? "")` means nothing here", suggestion: hint,
            at: index)
    }

    // MARK: - Numbers

    private mutating func number() throws(Diagnostic) -> Token.Kind {
        let start = index
        if peek() == UInt8(ascii: "0"), peek(1) == UInt8(ascii: "x") || peek(1) == UInt8(ascii: "X")
        {
            index += 2
            let digits = run { $0.isHexDigit }
            return try integer(digits, radix: 16, from: start)
        }
        let whole = run(\.isDigit)
        var isDouble = false
        if peek() == UInt8(ascii: "."), peek(1)?.isDigit == true {
            isDouble = true
            index += 1
            _ = run(\.isDigit)
        }
        if let letter = peek(), letter | 0x20 == UInt8(ascii: "e") {
            let sign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
            if peek(sign ? 2 : 1)?.isDigit == true {
                isDouble = true
                index += sign ? 2 : 1
                _ = run(\.isDigit)
            }
        }
        guard isDouble else { return try integer(whole, radix: 10, from: start) }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard let value = Double(text.hasPrefix(".") ? "0\(text)" : text), value.isFinite else {
            throw Diagnostic(.syntax, "\(text) is too large for a double", at: start)
        }
        try endNumber(start)
        return .double(value)
    }

    private mutating func integer(
        _ digits: String, radix: Int, from start: Int
    ) throws(Diagnostic) -> Token.Kind {
        let isUnsigned = peek().map { $0 | 0x20 == UInt8(ascii: "u") } ?? false
        if isUnsigned { index += 1 }
        try endNumber(start)
        guard let value = UInt64(digits, radix: radix) else {
            throw Diagnostic(
                .syntax,
                digits.isEmpty
                    ? "`0x` needs hexadecimal digits" : "the number has more than 64 bits",
                at: start)
        }
        return isUnsigned ? .uint(value) : .int(value)
    }

    private func endNumber(_ start: Int) throws(Diagnostic) {
        if let byte = peek(), byte.isIdentifierStart {
            throw Diagnostic(.syntax, "a number runs into a name", at: start)
        }
    }

    private mutating func run(_ isPart: (UInt8) -> Bool) -> String {
        let start = index
        while let byte = peek(), isPart(byte) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    // MARK: - Strings and bytes

    /// A string or bytes literal, if one begins here.
    private mutating func text() throws(Diagnostic) -> Token.Kind? {
        var length = 0
        let isBytes = peek().map { $0 | 0x20 == UInt8(ascii: "b") } ?? false
        if isBytes { length += 1 }
        let isRaw = peek(length).map { $0 | 0x20 == UInt8(ascii: "r") } ?? false
        if isRaw { length += 1 }
        guard let quote = peek(length), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        else { return nil }
        let start = index
        let isTriple = peek(length + 1) == quote && peek(length + 2) == quote
        index += length + (isTriple ? 3 : 1)
        var content: [UInt8] = []
        while true {
            guard let byte = peek() else {
                throw Diagnostic(.syntax, "the string has no end", at: start)
            }
            if byte == quote, !isTriple || (peek(1) == quote && peek(2) == quote) {
                index += isTriple ? 3 : 1
                return isBytes ? .bytes(content) : .string(content)
            }
            if !isTriple, byte == 0x0A || byte == 0x0D {
                throw Diagnostic(
                    .syntax,
                    "the string has no end on its line; three quotes begin one of many lines",
                    at: start)
            }
            if byte == UInt8(ascii: "\\") {
                if isRaw {
                    // A quote behind a backslash does not end a raw string, and both stay.
                    content.append(byte)
                    index += 1
                    if let escaped = peek() {
                        content.append(escaped)
                        index += 1
                    }
                } else {
                    content += try escape(inBytes: isBytes)
                }
            } else {
                content.append(byte)
                index += 1
            }
        }
    }

    private mutating func escape(inBytes isBytes: Bool) throws(Diagnostic) -> [UInt8] {
        let start = index
        index += 1
        guard let letter = peek() else {
            throw Diagnostic(.syntax, "the string has no end", at: start)
        }
        index += 1
        switch letter {
        case UInt8(ascii: "a"): return [0x07]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "v"): return [0x0B]
        case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"),
            UInt8(ascii: "`"):
            return [letter]
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            return try code(digits: 2, radix: 16, isOctet: isBytes, from: start)
        case UInt8(ascii: "u") where !isBytes:
            return try code(digits: 4, radix: 16, isOctet: false, from: start)
        case UInt8(ascii: "U") where !isBytes:
            return try code(digits: 8, radix: 16, isOctet: false, from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            index -= 1
            return try code(digits: 3, radix: 8, isOctet: isBytes, from: start)
        default:
            throw Diagnostic(
                .syntax,
                "`\\\(String(decoding: [letter], as: UTF8.self))` is no escape"
                    + (isBytes ? " in a bytes literal" : ""), at: start)
        }
    }

    private mutating func code(
        digits: Int, radix: Int, isOctet: Bool, from start: Int
    ) throws(Diagnostic) -> [UInt8] {
        let end = min(index + digits, bytes.count)
        let text = String(decoding: bytes[index..<end], as: UTF8.self)
        guard text.utf8.count == digits, text.utf8.allSatisfy(\.isHexDigit),
            let value = UInt32(text, radix: radix)
        else {
            throw Diagnostic(
                .syntax,
                "this escape needs \(digits) \(radix == 8 ? "octal" : "hexadecimal") digits",
                at: start)
        }
        index = end
        if isOctet { return [UInt8(value)] }
        guard let scalar = Unicode.Scalar(value) else {
            throw Diagnostic(.syntax, "this escape names no Unicode scalar value", at: start)
        }
        return Array(String(Character(scalar)).utf8)
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isHexDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }

    var isIdentifierStart: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_")
    }
}
