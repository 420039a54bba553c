/// A regular expression that is matched in time linear in the text, whatever the pattern: all
/// states of an automaton advance together (Thompson, "Regular Expression Search Algorithm", 1968).
struct RegularExpression: Sendable {
    private enum State: Sendable {
        case take(ScalarSet, next: Int)
        case split(Int, Int)
        case assert(RegularExpressionParser.Assertion, next: Int)
        case found
    }

    /// A pattern that would need more states is refused.
    static let statesMax = 10_000

    private var states: [State] = []
    /// How often a part has been built: one that needs no state can be repeated without end.
    private var builds = 0
    private var start = 0

    /// - Throws: ``RegularExpressionError``.
    init(_ pattern: String) throws(RegularExpressionError) {
        let node = try RegularExpressionParser.parse(pattern)
        states.append(.found)
        start = try build(node, next: 0)
    }

    var stateCount: Int { states.count }

    /// How many states a pattern has; 0 for one that is wrong, and never runs.
    static func stateCount(_ pattern: [UInt8]) -> Int {
        (try? RegularExpression(String(decoding: pattern, as: UTF8.self)))?.stateCount ?? 0
    }

    /// Builds backwards: the state that a part begins with, given where it goes on.
    private mutating func build(
        _ node: RegularExpressionParser.Node, next: Int
    ) throws(RegularExpressionError) -> Int {
        builds += 1
        guard builds <= 2 * Self.statesMax else {
            throw RegularExpressionError(message: "the pattern is too large")
        }
        switch node {
        case .empty: return next
        case .set(let set): return try add(.take(set, next: next))
        case .assertion(let assertion): return try add(.assert(assertion, next: next))
        case .sequence(let parts):
            var next = next
            for part in parts.reversed() { next = try build(part, next: next) }
            return next
        case .choice(let branches):
            var choice: Int?
            for branch in branches.reversed() {
                let begin = try build(branch, next: next)
                choice =
                    try choice.map { (other) throws(RegularExpressionError) in
                        try add(.split(begin, other))
                    } ?? begin
            }
            return choice ?? next
        case .repetition(let part, let low, let high):
            var next = next
            if let high {
                let end = next
                for _ in low..<max(low, high) {
                    next = try add(.split(try build(part, next: next), end))
                }
            } else {
                let loop = try add(.found)
                states[loop] = .split(try build(part, next: loop), next)
                next = loop
            }
            for _ in 0..<low { next = try build(part, next: next) }
            return next
        }
    }

    private mutating func add(_ state: State) throws(RegularExpressionError) -> Int {
        guard states.count < Self.statesMax else {
            throw RegularExpressionError(message: "the pattern is too large")
        }
        states.append(state)
        return states.count - 1
    }

    // MARK: - Matching

    /// Whether it matches anywhere in a UTF-8 text.
    func isFound(in text: [UInt8]) -> Bool {
        let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
        var current = StateSet(count: states.count)
        var next = StateSet(count: states.count)
        for position in 0...scalars.count {
            if follow(start, &current, scalars, position) { return true }
            guard position < scalars.count else { break }
            next.removeAll()
            for state in current.members {
                guard case .take(let set, let target) = states[state],
                    set.contains(scalars[position].value)
                else { continue }
                if follow(target, &next, scalars, position + 1) { return true }
            }
            swap(&current, &next)
        }
        return false
    }

    /// Adds a state, and all that it leads to without taking a character.
    ///
    /// - Returns: Whether the end of the pattern is among them.
    private func follow(
        _ first: Int, _ set: inout StateSet, _ scalars: [Unicode.Scalar], _ position: Int
    ) -> Bool {
        var open = [first]
        while let state = open.popLast() {
            guard set.insert(state) else { continue }
            switch states[state] {
            case .found: return true
            case .take: break
            case .split(let one, let other): open += [other, one]
            case .assert(let assertion, let next):
                if Self.holds(assertion, scalars, position) { open.append(next) }
            }
        }
        return false
    }

    private static func holds(
        _ assertion: RegularExpressionParser.Assertion, _ scalars: [Unicode.Scalar], _ position: Int
    ) -> Bool {
        func isWord(_ index: Int) -> Bool {
            scalars.indices.contains(index) && ScalarSet.words.contains(scalars[index].value)
        }
        return switch assertion {
        case .textStart: position == 0
        case .textEnd: position == scalars.count
        case .lineStart: position == 0 || scalars[position - 1] == "\n"
        case .lineEnd: position == scalars.count || scalars[position] == "\n"
        case .wordBoundary: isWord(position - 1) != isWord(position)
        case .noWordBoundary: isWord(position - 1) == isWord(position)
        }
    }

    /// Small integers, in the order in which they came; emptied without touching them all.
    private struct StateSet {
        private(set) var members: [Int] = []
        private var stamps: [Int]
        private var stamp = 1

        init(count: Int) {
            stamps = Array(repeating: 0, count: count)
        }

        mutating func insert(_ member: Int) -> Bool {
            guard stamps[member] != stamp else { return false }
            stamps[member] = stamp
            members.append(member)
            return true
        }

        mutating func removeAll() {
            members.removeAll(keepingCapacity: true)
            stamp += 1
        }
    }
}
