import Encodings

/// Strings and bytes: the standard functions, and the strings and encoders extensions (cel-go
/// `ext/strings`, `ext/encoders`). Positions count code points.
extension Machine {
    mutating func textual(_ function: Function, _ arguments: [Cell]) -> Cell {
        for argument in arguments { spend(size(argument) / 10) }
        switch (function, arguments[0].kind) {
        case (.size, _): return sizeCell(arguments)
        case (.join, .list): return join(arguments)
        case (.base64Encode, .bytes): return string(Base64.encode(text(arguments[0])))
        case (_, .string): break
        default: return noOverload(function, arguments)
        }
        let rest = arguments.dropFirst()
        let signature = rest.map(\.kind)
        let subject = text(arguments[0])
        let first = rest.first.map { $0.kind == .string ? text($0) : [] } ?? []
        switch function {
        case .contains, .indexOf, .lastIndexOf, .replace, .split:
            // A search may compare the whole of what is sought at every place.
            spend(subject.count * first.count / 100)
        default: break
        }
        switch (function, signature) {
        case (.contains, [.string]): return .bool(Self.find(first, in: subject[...]) != nil)
        case (.startsWith, [.string]): return .bool(subject.starts(with: first))
        case (.endsWith, [.string]): return .bool(subject.suffix(first.count).elementsEqual(first))
        case (.matches, [.string]): return matches(subject, first)
        case (.charAt, [.int]): return charAt(subject, arguments[1].int)
        case (.indexOf, [.string]): return indexOf(first, in: subject, from: 0)
        case (.indexOf, [.string, .int]): return indexOf(first, in: subject, from: arguments[2].int)
        case (.lastIndexOf, [.string]): return lastIndexOf(first, in: subject, upTo: nil)
        case (.lastIndexOf, [.string, .int]):
            return lastIndexOf(first, in: subject, upTo: arguments[2].int)
        case (.lowerASCII, []):
            return string(subject.map { Self.isUpper($0) ? $0 | 0x20 : $0 })
        case (.upperASCII, []):
            return string(
                subject.map { Self.isUpper($0 & ~0x20) && $0 & 0x20 != 0 ? $0 & ~0x20 : $0 })
        case (.replace, [.string, .string]):
            return replace(first, in: subject, by: text(arguments[2]), limit: -1)
        case (.replace, [.string, .string, .int]):
            return replace(first, in: subject, by: text(arguments[2]), limit: arguments[3].int)
        case (.split, [.string]): return split(subject, at: first, limit: -1)
        case (.split, [.string, .int]): return split(subject, at: first, limit: arguments[2].int)
        case (.substring, [.int]): return substring(subject, arguments[1].int, nil)
        case (.substring, [.int, .int]):
            return substring(subject, arguments[1].int, arguments[2].int)
        case (.trim, []): return trim(subject)
        case (.reverse, []):
            return string(String(String.UnicodeScalarView(Self.scalars(subject).reversed())))
        case (.format, [.list]): return format(subject, list(arguments[1]))
        case (.quote, []): return string(Self.quoted(subject))
        case (.base64Decode, []): return decode(subject)
        default: return noOverload(function, arguments)
        }
    }

    /// How long a value is, for what work on it costs.
    func size(_ cell: Cell) -> Int {
        switch cell.kind {
        case .string, .bytes, .type: text(cell).count
        case .list: list(cell).count
        case .map: map(cell).keys.count
        default: 1
        }
    }

    private mutating func sizeCell(_ arguments: [Cell]) -> Cell {
        switch arguments[0].kind {
        case .string: .int(Int64(Self.scalarCount(text(arguments[0]))))
        case .bytes, .list, .map: .int(Int64(size(arguments[0])))
        default: noOverload(.size, arguments)
        }
    }

    // MARK: - Positions

    private static func isUpper(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    static func scalars(_ text: [UInt8]) -> String.UnicodeScalarView {
        String(decoding: text, as: UTF8.self).unicodeScalars
    }

    private static func isStart(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }

    private static func scalarCount(_ text: some Sequence<UInt8>) -> Int {
        text.reduce(0) { $0 + (isStart($1) ? 1 : 0) }
    }

    /// The byte where a code point begins; the end where it is the one behind the last.
    private static func byte(of position: Int64, in text: [UInt8]) -> Int? {
        guard position >= 0 else { return nil }
        var left = position
        for (index, byte) in text.enumerated() where isStart(byte) {
            if left == 0 { return index }
            left -= 1
        }
        return left == 0 ? text.count : nil
    }

    /// Where a text first stands. Both are UTF-8, so that a match begins at a code point.
    private static func find(_ needle: [UInt8], in hay: ArraySlice<UInt8>) -> Int? {
        guard needle.count <= hay.count else { return nil }
        return (hay.startIndex...hay.endIndex - needle.count).first {
            hay[$0..<$0 + needle.count].elementsEqual(needle)
        }
    }

    private mutating func outOfRange(_ position: Int64, _ text: [UInt8]) -> Cell {
        fail(
            .indexOutOfRange,
            "the position is \(position), and the string has \(Self.scalarCount(text)) characters")
    }

    private mutating func charAt(_ text: [UInt8], _ position: Int64) -> Cell {
        guard let start = Self.byte(of: position, in: text) else {
            return outOfRange(position, text)
        }
        let end = text[start...].dropFirst().firstIndex(where: Self.isStart) ?? text.count
        return string(Array(text[start..<end]))
    }

    private mutating func indexOf(_ needle: [UInt8], in text: [UInt8], from start: Int64) -> Cell {
        guard let first = Self.byte(of: start, in: text) else { return outOfRange(start, text) }
        guard let found = Self.find(needle, in: text[first...]) else { return .int(-1) }
        return .int(Int64(Self.scalarCount(text[..<found])))
    }

    private mutating func lastIndexOf(
        _ needle: [UInt8], in text: [UInt8], upTo position: Int64?
    ) -> Cell {
        var last = text.count
        if let position {
            guard let byte = Self.byte(of: position, in: text) else {
                return outOfRange(position, text)
            }
            last = byte
        }
        guard needle.count <= text.count else { return .int(-1) }
        let found = (0...min(last, text.count - needle.count)).last {
            text[$0..<$0 + needle.count].elementsEqual(needle)
        }
        return .int(found.map { Int64(Self.scalarCount(text[..<$0])) } ?? -1)
    }

    private mutating func substring(_ text: [UInt8], _ start: Int64, _ end: Int64?) -> Cell {
        guard let first = Self.byte(of: start, in: text) else { return outOfRange(start, text) }
        guard let end else { return string(Array(text[first...])) }
        guard let last = Self.byte(of: end, in: text) else { return outOfRange(end, text) }
        guard first <= last else {
            return fail(.indexOutOfRange, "the substring begins at \(start) and ends at \(end)")
        }
        return string(Array(text[first..<last]))
    }

    // MARK: - Making texts

    private mutating func trim(_ text: [UInt8]) -> Cell {
        let scalars = Self.scalars(text)
        let start = scalars.firstIndex { !Self.isSpace($0) } ?? scalars.endIndex
        let end = scalars.lastIndex { !Self.isSpace($0) }.map(scalars.index(after:)) ?? start
        return string(String(scalars[start..<max(start, end)]))
    }

    /// Unicode's White_Space, written out: it must not change with the version of a library.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
            0x3000:
            true
        default: false
        }
    }

    private mutating func replace(
        _ needle: [UInt8], in text: [UInt8], by replacement: [UInt8], limit: Int64
    ) -> Cell {
        var left = limit
        var result: [UInt8] = []
        var index = 0
        while index <= text.count, left != 0, budget >= 0 {
            let found: Int
            if needle.isEmpty {
                found = index
            } else if let next = Self.find(needle, in: text[index...]) {
                found = next
            } else {
                break
            }
            result += text[index..<found] + replacement
            spend(replacement.count / 10)
            left -= 1
            index = found + needle.count
            if needle.isEmpty {
                // Between all code points, and at both ends.
                guard index < text.count else { return string(result) }
                let end = text[index...].dropFirst().firstIndex(where: Self.isStart) ?? text.count
                result += text[index..<end]
                index = end
            }
        }
        if index < text.count { result += text[index...] }
        return string(result)
    }

    private mutating func split(_ text: [UInt8], at separator: [UInt8], limit: Int64) -> Cell {
        guard limit != 0 else { return list([]) }
        var parts: [ArraySlice<UInt8>] = []
        var rest = text[...]
        while limit < 0 || parts.count < limit - 1 {
            if separator.isEmpty {
                guard !rest.isEmpty else { break }
                let end = rest.dropFirst().firstIndex(where: Self.isStart) ?? rest.endIndex
                parts.append(rest[..<end])
                rest = rest[end...]
            } else {
                guard let found = Self.find(separator, in: rest) else { break }
                parts.append(rest[..<found])
                rest = rest[(found + separator.count)...]
            }
        }
        if !separator.isEmpty || !rest.isEmpty { parts.append(rest) }
        spend(parts.count)
        return list(parts.map { string(Array($0)) })
    }

    private mutating func join(_ arguments: [Cell]) -> Cell {
        guard arguments.count == 1 || arguments[1].kind == .string else {
            return noOverload(.join, arguments)
        }
        let separator = arguments.count == 2 ? text(arguments[1]) : []
        let parts = list(arguments[0])
        guard parts.allSatisfy({ $0.kind == .string }) else {
            return fail(.noSuchOverload, "only strings can be joined")
        }
        let joined = Array(parts.map(text).joined(separator: separator))
        spend(joined.count / 10)
        return string(joined)
    }

    private mutating func decode(_ text: [UInt8]) -> Cell {
        // Padding may be left out, and bits behind the last byte may be anything.
        var bare = Array(text.prefix { $0 != UInt8(ascii: "=") })
        guard text.count == bare.count || text.count % 4 == 0,
            text[bare.count...].allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return fail(.invalidArgument, "the string is not base64") }
        let spareBits = bare.count % 4 == 2 ? 4 : bare.count % 4 == 3 ? 2 : 0
        let alphabet = Self.base64Alphabet
        if spareBits > 0, let last = bare.last, let value = alphabet.firstIndex(of: last) {
            bare[bare.count - 1] = alphabet[(value >> spareBits) << spareBits]
        }
        let padding = Array(repeating: UInt8(ascii: "="), count: (4 - bare.count % 4) % 4)
        guard let bytes = Base64.decode((bare + padding)[...]) else {
            return fail(.invalidArgument, "the string is not base64")
        }
        return scratch.add(bytes, as: .bytes, in: .scratch)
    }

    private static let base64Alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func quoted(_ text: [UInt8]) -> String {
        let escapes: [Unicode.Scalar: String] = [
            "\u{07}": "\\a", "\u{08}": "\\b", "\u{0C}": "\\f", "\n": "\\n", "\r": "\\r",
            "\t": "\\t", "\u{0B}": "\\v", "\\": "\\\\", "\"": "\\\"",
        ]
        return "\"" + scalars(text).map { escapes[$0] ?? String($0) }.joined() + "\""
    }

    private mutating func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Cell {
        spend(pattern.count)
        guard budget >= 0 else { return .no }
        do {
            let expression = try RegularExpression(String(decoding: pattern, as: UTF8.self))
            spend(expression.stateCount * (1 + text.count / 10))
            guard budget >= 0 else { return .no }
            return .bool(expression.isFound(in: text))
        } catch {
            return fail(.invalidArgument, "the pattern is wrong: \(error.message)")
        }
    }
}
