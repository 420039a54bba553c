/// Parses the syntax of RE2 without back references, look-around and Unicode properties: the last
/// would change with the version of Unicode.
struct RegularExpressionParser {
    indirect enum Node: Sendable {
        case empty
        case set(ScalarSet)
        case assertion(Assertion)
        case sequence([Node])
        case choice([Node])
        case repetition(Node, min: Int, max: Int?)
    }

    enum Assertion: Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
    }

    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotTakesNewline = false
    }

    private static let depthMax = 100
    private static let repetitionMax = 1_000

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0

    static func parse(_ pattern: String) throws(RegularExpressionError) -> Node {
        var parser = RegularExpressionParser(scalars: Array(pattern.unicodeScalars))
        var flags = Flags()
        let node = try parser.choice(&flags)
        guard parser.peek == nil else { throw parser.error("`)` without `(`") }
        return node
    }

    private init(scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        index += 1
        return true
    }

    private func error(_ message: String) -> RegularExpressionError {
        RegularExpressionError(message: "\(message), at character \(index + 1)")
    }

    private func starts(with text: String) -> Bool {
        scalars[index...].starts(with: text.unicodeScalars)
    }

    // MARK: - Structure

    private mutating func choice(_ flags: inout Flags) throws(RegularExpressionError) -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw error("groups are nested too deep") }
        var branches = [try sequence(&flags)]
        while take("|") { branches.append(try sequence(&flags)) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence(_ flags: inout Flags) throws(RegularExpressionError) -> Node {
        var parts: [Node] = []
        while let next = peek, next != "|", next != ")" {
            guard let atom = try atom(&flags) else { continue }
            parts.append(try repeated(atom))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func repeated(_ atom: Node) throws(RegularExpressionError) -> Node {
        guard let (low, high) = try quantifier() else { return atom }
        // Lazy or greedy: whether there is a match is the same.
        _ = take("?")
        let here = index
        guard try quantifier() == nil else {
            index = here
            throw error("a repetition of a repetition")
        }
        index = here
        return .repetition(atom, min: low, max: high)
    }

    private mutating func quantifier() throws(RegularExpressionError) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard peek == "{" else { return nil }
        let start = index
        index += 1
        let low = number()
        var high = low
        if take(",") { high = number() }
        let isOpen = index > start + 1 && scalars[index - 1] == ","
        guard let low, take("}") else {
            // Braces that are no repetition stand for themselves.
            index = start
            return nil
        }
        guard low <= Self.repetitionMax, (high ?? 0) <= Self.repetitionMax else {
            throw error("a repetition of more than \(Self.repetitionMax)")
        }
        guard isOpen || low <= (high ?? low) else { throw error("a repetition from more to less") }
        return (low, isOpen ? nil : high)
    }

    private mutating func number() -> Int? {
        let digits = scalars[index...].prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, digits.count <= 6 else { return nil }
        index += digits.count
        return digits.reduce(0) { $0 * 10 + Int($1.value - 0x30) }
    }

    // MARK: - Atoms

    private mutating func atom(_ flags: inout Flags) throws(RegularExpressionError) -> Node? {
        guard let next = peek else { return nil }
        switch next {
        case "(": return try group(&flags)
        case "[": return .set(folded(try bracket(), flags))
        case "*", "+", "?": throw error("`\(next)` has nothing to repeat")
        default: break
        }
        index += 1
        switch next {
        case ".": return .set(flags.dotTakesNewline ? .all : ScalarSet.newline.complement)
        case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "\\": return try escape(flags)
        default:
            if next == "{" {
                index -= 1
                if try quantifier() != nil { throw error("`{` has nothing to repeat") }
                index += 1
            }
            return .set(folded(ScalarSet([next.value...next.value]), flags))
        }
    }

    private func folded(_ set: ScalarSet, _ flags: Flags) -> ScalarSet {
        flags.ignoresCase ? set.caseFolded : set
    }

    private mutating func group(_ flags: inout Flags) throws(RegularExpressionError) -> Node? {
        let start = index
        index += 1
        var inner = flags
        if take("?") {
            if take("P") || peek == "<" {
                guard take("<") else { throw error("an unknown kind of group") }
                guard try skipName() else { throw error("a group's name is letters and digits") }
            } else if try readFlags(&inner) {
                flags = inner
                return nil
            }
        }
        let node = try choice(&inner)
        guard take(")") else {
            index = start
            throw error("`(` without `)`")
        }
        return node
    }

    private mutating func skipName() throws(RegularExpressionError) -> Bool {
        let name = scalars[index...].prefix { ScalarSet.words.contains($0.value) }
        index += name.count
        return !name.isEmpty && take(">")
    }

    /// - Returns: Whether the flags are for the rest of the enclosing group.
    private mutating func readFlags(_ flags: inout Flags) throws(RegularExpressionError) -> Bool {
        var value = true
        while let next = peek {
            index += 1
            switch next {
            case "i": flags.ignoresCase = value
            case "m": flags.isMultiline = value
            case "s": flags.dotTakesNewline = value
            case "U": break
            case "-" where value: value = false
            case ":": return false
            case ")": return true
            default:
                index -= 1
                throw error("`(?\(next)` is not supported")
            }
        }
        throw error("`(` without `)`")
    }

    // MARK: - Escapes and sets

    private mutating func escape(_ flags: Flags) throws(RegularExpressionError) -> Node {
        guard let letter = peek else { throw error("`\\` at the end") }
        let assertion: Assertion? =
            switch letter {
            case "A": .textStart
            case "z": .textEnd
            case "b": .wordBoundary
            case "B": .noWordBoundary
            default: nil
            }
        if let assertion {
            index += 1
            return .assertion(assertion)
        }
        if letter == "Q" {
            index += 1
            return quoted(flags)
        }
        if let set = perlClass() { return .set(set) }
        let scalar = try escapedScalar()
        return .set(folded(ScalarSet([scalar...scalar]), flags))
    }

    private mutating func quoted(_ flags: Flags) -> Node {
        var parts: [Node] = []
        while let next = peek, !starts(with: "\\E") {
            parts.append(.set(folded(ScalarSet([next.value...next.value]), flags)))
            index += 1
        }
        if starts(with: "\\E") { index += 2 }
        return .sequence(parts)
    }

    private mutating func perlClass() -> ScalarSet? {
        let set: ScalarSet
        switch peek {
        case "d": set = .digits
        case "D": set = ScalarSet.digits.complement
        case "w": set = .words
        case "W": set = ScalarSet.words.complement
        case "s": set = .spaces
        case "S": set = ScalarSet.spaces.complement
        default: return nil
        }
        index += 1
        return set
    }

    private mutating func escapedScalar() throws(RegularExpressionError) -> UInt32 {
        guard let letter = peek else { throw error("`\\` at the end") }
        index += 1
        switch letter {
        case "a": return 0x07
        case "f": return 0x0C
        case "t": return 0x09
        case "n": return 0x0A
        case "r": return 0x0D
        case "v": return 0x0B
        case "x": return try hexadecimal()
        case "0"..."7":
            let digits = scalars[(index - 1)...].prefix(3).prefix { ("0"..."7").contains($0) }
            guard letter == "0" || digits.count > 1 else {
                throw error("back references are not supported")
            }
            index += digits.count - 1
            return digits.reduce(0) { $0 * 8 + $1.value - 0x30 }
        case "p", "P": throw error("Unicode properties are not supported: they change over time")
        default:
            guard letter.value < 0x80, !ScalarSet.words.contains(letter.value) else {
                throw error("`\\\(letter)` is not supported")
            }
            return letter.value
        }
    }

    private mutating func hexadecimal() throws(RegularExpressionError) -> UInt32 {
        let isBraced = take("{")
        let digits = scalars[index...].prefix(isBraced ? 8 : 2).prefix {
            $0.properties.isASCIIHexDigit
        }
        let text = String(String.UnicodeScalarView(digits))
        index += digits.count
        guard let value = UInt32(text, radix: 16), value <= 0x10FFFF,
            isBraced ? take("}") : digits.count == 2
        else { throw error("`\\x` wants two hexadecimal digits, or some in braces") }
        return value
    }

    private mutating func bracket() throws(RegularExpressionError) -> ScalarSet {
        let start = index
        index += 1
        let isNegated = take("^")
        var set = ScalarSet([])
        var isFirst = true
        while isFirst || peek != "]" {
            guard peek != nil else {
                index = start
                throw error("`[` without `]`")
            }
            isFirst = false
            if let named = try posixClass() {
                set = set.union(named)
                continue
            }
            if peek == "\\" {
                index += 1
                if let perl = perlClass() {
                    set = set.union(perl)
                    continue
                }
                index -= 1
            }
            let low = try bracketScalar()
            guard peek == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
                set = set.union(ScalarSet([low...low]))
                continue
            }
            index += 1
            let high = try bracketScalar()
            guard low <= high else { throw error("a range from more to less") }
            set = set.union(ScalarSet([low...high]))
        }
        index += 1
        return isNegated ? set.complement : set
    }

    private mutating func bracketScalar() throws(RegularExpressionError) -> UInt32 {
        guard let next = peek else { throw error("`[` without `]`") }
        index += 1
        return next == "\\" ? try escapedScalar() : next.value
    }

    private mutating func posixClass() throws(RegularExpressionError) -> ScalarSet? {
        guard starts(with: "[:") else { return nil }
        let rest = scalars[(index + 2)...]
        guard let colon = rest.firstIndex(of: ":"), colon + 1 < scalars.count,
            scalars[colon + 1] == "]"
        else { return nil }
        var name = String(String.UnicodeScalarView(rest[..<colon]))
        let isNegated = name.hasPrefix("^")
        if isNegated { name.removeFirst() }
        guard let set = ScalarSet.named[name] else {
            throw error("there is no class `[:\(name):]`")
        }
        index = colon + 2
        return isNegated ? set.complement : set
    }
}

/// What is wrong with a pattern.
struct RegularExpressionError: Error, Hashable, Sendable {
    let message: String
}
