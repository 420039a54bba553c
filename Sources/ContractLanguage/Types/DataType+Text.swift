extension DataType {
    private static let nestingMax = 4
    private static let countMax: ClosedRange<Int64> = 1...1_024
    private static let bytesMax: ClosedRange<Int64> = 1...4_096
    private static let wordsMax = 64

    /// Reads a type as documents write it: `int(0..100)`, `list(string(64), 16)`.
    ///
    /// - Throws: ``TypeTextError``, which says what is wrong and where.
    package init(text: String) throws(TypeTextError) {
        var scanner = TypeScanner(text)
        self = try Self.read(&scanner, nesting: 0)
        try scanner.end()
    }

    private static func read(
        _ scanner: inout TypeScanner, nesting: Int
    ) throws(TypeTextError) -> DataType {
        let start = scanner.position
        let name = try scanner.word("a type")
        guard nesting < nestingMax else {
            throw TypeTextError("is nested more than \(nestingMax) levels deep", at: start)
        }
        switch name {
        case "bool": return .bool
        case "money": return .money
        case "timestamp": return .timestamp
        case "duration": return .duration
        case "member": return .member
        case "dataset": return .dataset
        case "model": return .model
        case "digest": return .digest
        case "int":
            try scanner.open(or: "an int needs bounds, as in `int(0..100)`")
            let lower = try scanner.integer()
            try scanner.expect("..")
            let upper = try scanner.integer()
            try scanner.expect(")")
            guard lower <= upper else {
                throw TypeTextError("the bounds \(lower)..\(upper) hold no number", at: start)
            }
            return .int(lower...upper)
        case "string":
            try scanner.open(or: "a string needs a bound, as in `string(64)`")
            let bytes = try scanner.integer(in: bytesMax, "a string's bound")
            try scanner.expect(")")
            return .string(bytesMax: bytes)
        case "choice":
            try scanner.open(or: "a choice needs words, as in `choice(yes, no)`")
            var words: [String] = []
            repeat {
                words.append(try scanner.word("a word"))
            } while scanner.skip(",")
            try scanner.expect(")")
            guard Set(words.map { Array($0.utf8) }).count == words.count, words.count <= wordsMax
            else {
                throw TypeTextError(
                    "a choice has up to \(wordsMax) different words", at: start)
            }
            return .choice(words)
        case "list":
            try scanner.open(or: "a list needs a type and a bound, as in `list(int(0..9), 16)`")
            let element = try read(&scanner, nesting: nesting + 1)
            try scanner.expect(",", or: "a list needs a bound, as in `list(\(element), 16)`")
            let count = try scanner.integer(in: countMax, "a list's bound")
            try scanner.expect(")")
            return .list(element, countMax: count)
        case "map":
            try scanner.open(
                or: "a map needs two types and a bound, as in `map(member, money, 16)`")
            let keyStart = scanner.position
            let key = try read(&scanner, nesting: nesting + 1)
            guard key.mayBeKey else {
                throw TypeTextError("\(key) cannot be the key of a map", at: keyStart)
            }
            try scanner.expect(",")
            let value = try read(&scanner, nesting: nesting + 1)
            try scanner.expect(",", or: "a map needs a bound, as in `map(\(key), \(value), 16)`")
            let count = try scanner.integer(in: countMax, "a map's bound")
            try scanner.expect(")")
            return .map(key: key, value: value, countMax: count)
        default:
            throw TypeTextError(
                "there is no type `\(name)`; there are bool, int, money, string, choice, timestamp, "
                    + "duration, member, dataset, model, digest, list and map", at: start)
        }
    }

    private var mayBeKey: Bool {
        switch self {
        case .string, .choice, .member, .dataset, .model, .int: true
        default: false
        }
    }
}

/// What is wrong with the text of a type.
package struct TypeTextError: Error, Hashable, Sendable {
    package let problem: String
    /// Counted in bytes from 0.
    package let offset: Int

    init(_ problem: String, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }
}

private struct TypeScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
        skipSpace()
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
    }

    mutating func word(_ what: String) throws(TypeTextError) -> String {
        let start = position
        while position < bytes.count, Name.isInner(bytes[position]) { position += 1 }
        guard position > start else {
            throw TypeTextError("\(what) should stand here", at: start)
        }
        defer { skipSpace() }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func skip(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        skipSpace()
        return true
    }

    mutating func open(or problem: String) throws(TypeTextError) {
        guard skip("(") else { throw TypeTextError(problem, at: position) }
    }

    mutating func expect(_ text: String, or problem: String? = nil) throws(TypeTextError) {
        guard skip(text) else {
            throw TypeTextError(problem ?? "`\(text)` is missing", at: position)
        }
    }

    mutating func integer() throws(TypeTextError) -> Int64 {
        let start = position
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        while position < bytes.count,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
        {
            position += 1
        }
        guard let value = Int64(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            throw TypeTextError("an integer of 64 bits should stand here", at: start)
        }
        skipSpace()
        return value
    }

    mutating func integer(
        in range: ClosedRange<Int64>, _ what: String
    ) throws(TypeTextError) -> Int {
        let start = position
        let value = try integer()
        guard range.contains(value) else {
            throw TypeTextError(
                "\(what) is from \(range.lowerBound) to \(range.upperBound)", at: start)
        }
        return Int(value)
    }

    mutating func end() throws(TypeTextError) {
        guard position == bytes.count else {
            throw TypeTextError("nothing may follow the type", at: position)
        }
    }
}
