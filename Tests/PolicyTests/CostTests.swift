import Policy
import Randomness
import Testing

@Suite struct CostTests {
    private static let environment = Environment([
        .init("i", .int), .init("s", .string, extent: .text(bytes: 24)),
        .init("l", .list(.int), extent: .list(count: 6, .plain)),
        .init("k", .list(.string), extent: .list(count: 5, .text(bytes: 10))),
        .init(
            "m", .map(key: .string, value: .int),
            extent: .map(count: 4, key: .text(bytes: 3), value: .plain)),
    ])

    /// As large as the declared extents allow.
    private static func largest() -> Inputs {
        let inputs = Inputs(for: environment)
        inputs.set("i", to: .int(3))
        inputs.set("s", to: .string("aabbaabbaabbaabbaabbaabb"))
        inputs.set("l", to: .list((1...6).map { .int($0) }))
        inputs.set("k", to: .list(Array(repeating: .string("aabbaabbaa"), count: 5)))
        inputs.set(
            "m",
            to: .map(["aaa", "aab", "aba", "abb"].map { .init(key: .string($0), value: .int(1)) }))
        return inputs
    }

    @Test("No expression costs more than its estimate", arguments: 0..<12 as Range<UInt64>)
    func estimatesBound(seed: UInt64) throws {
        var generator = ExpressionGenerator(seed: seed)
        var evaluator = Evaluator()
        let inputs = Self.largest()
        var tightest = 0.0
        for _ in 0..<250 {
            let text = generator.expression(generator.kind(), depth: 3)
            let compiled = try CompiledExpression(SourceText(text), in: Self.environment)
            let bound = try #require(compiled.costMax, "no bound for \(text)")
            let denial = evaluator.denial(of: compiled.program, inputs, budget: 50_000_000)
            if case .failed(let error) = denial, error.code == .costExceeded { continue }
            #expect(evaluator.spent <= bound, "\(text)")
            tightest = max(tightest, Double(evaluator.spent) / Double(bound))
        }
        #expect(tightest > 0.5, "the estimates are far too high to be of use")
    }

    @Test(
        "What has no bound is said to have none",
        arguments: [
            "t.contains('a')", "t.size() > 1", "n.all(x, x > 0)", "t + t == t", "'a' in u",
            "[t].join(t) == t",
        ])
    func unbounded(text: String) throws {
        let environment = Environment([
            .init("t", .string), .init("n", .list(.int)), .init("u", .list(.string)),
        ])
        #expect(try CompiledExpression(SourceText(text), in: environment).costMax == nil)
    }

    @Test("The guards of a licence have small bounds")
    func guards() throws {
        let environment = Environment([
            .init("state.rounds", .int), .init("terms.maxRounds", .int),
            .init("input.purpose", .string, extent: .text(bytes: 64)),
            .init("terms.purposes", .list(.string), extent: .list(count: 16, .text(bytes: 64))),
        ])
        let rounds = try CompiledExpression(
            SourceText("state.rounds < terms.maxRounds"), in: environment)
        #expect(rounds.costMax.map { $0 < 10 } == true)
        let purpose = try CompiledExpression(
            SourceText("input.purpose in terms.purposes"), in: environment)
        #expect(purpose.costMax.map { $0 < 3_000 } == true)
    }

    @Test("Nested loops multiply")
    func nestedLoops() throws {
        func cost(_ text: String) throws -> Int {
            try #require(CompiledExpression(SourceText(text), in: Self.environment).costMax)
        }
        let one = try cost("l.all(a, a > 0)")
        let two = try cost("l.all(a, l.all(b, a > b))")
        #expect(two > 6 * one)
        let deep = "l.map(a, l.map(b, l.map(c, l.map(d, l.map(e, a + e))))).size() > 0"
        #expect(try cost(deep) > 6 * 6 * 6 * 6 * 6)
    }
}

/// Random expressions that pass the checker.
struct ExpressionGenerator {
    enum Kind: CaseIterable {
        case int, bool, string, list, strings
    }

    private var random: SeededRandom
    private var locals: [(name: String, kind: Kind)] = []
    private var names = 0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    private mutating func pick<Element>(_ options: [Element]) -> Element {
        options[Int(random.uniformInteger(below: UInt64(options.count)))]
    }

    mutating func kind() -> Kind { pick(Kind.allCases) }

    mutating func expression(_ kind: Kind, depth: Int) -> String {
        let known = locals.filter { $0.kind == kind }.map(\.name)
        guard depth > 0 else {
            let leaves: [String] =
                switch kind {
                case .int: ["i", "2", "size(s)", "m.aab"]
                case .bool: ["true", "i > 2"]
                case .string: ["s", "'ab'", "'b'", "''"]
                case .list: ["l", "[1, 2]"]
                case .strings: ["k", "['a']"]
                }
            return pick(leaves + known + known)
        }
        return form(kind, depth: depth - 1)
    }

    private mutating func form(_ kind: Kind, depth: Int) -> String {
        func e(_ kind: Kind) -> String { expression(kind, depth: depth) }
        switch (kind, Int(random.uniformInteger(below: 7))) {
        case (.int, 0): return "(\(e(.int)) + \(e(.int)))"
        case (.int, 1): return "size(\(e(.string)))"
        case (.int, 2): return "size(\(e(.strings)))"
        case (.int, 3): return "\(e(.string)).indexOf(\(e(.string)))"
        case (.int, 4): return "\(e(.list))[\(e(.int))]"
        case (.int, _): return "(\(e(.bool)) ? \(e(.int)) : \(e(.int)))"
        case (.bool, 0): return "(\(e(.string)) == \(e(.string)))"
        case (.bool, 1): return "(\(e(.strings)) == \(e(.strings)))"
        case (.bool, 2): return "(\(e(.string)) in \(e(.strings)))"
        case (.bool, 3): return "(\(e(.bool)) && \(e(.bool)) || \(e(.bool)))"
        case (.bool, 4): return "\(e(.string)).matches('(a|b)*b{2}')"
        case (.bool, 5): return loop("exists", over: .strings, .string, body: .bool, depth: depth)
        case (.bool, _): return loop("all", over: .list, .int, body: .bool, depth: depth)
        case (.string, 0): return "(\(e(.string)) + \(e(.string)))"
        case (.string, 1): return "\(e(.string)).replace(\(e(.string)), \(e(.string)))"
        case (.string, 2): return "\(e(.strings)).join(\(e(.string)))"
        case (.string, 3):
            return "'%s-%d-%.3f'.format([\(e(.string)), \(e(.int)), double(\(e(.int)))])"
        case (.string, 4): return "optional.of(\(e(.string))).orValue(\(e(.string)))"
        case (.string, _): return "base64.encode(bytes(\(e(.string)).reverse()))"
        case (.list, 0): return "(\(e(.list)) + \(e(.list)))"
        case (.list, 1): return "[\(e(.int)), \(e(.int))]"
        case (.list, 2): return loop("filter", over: .list, .int, body: .bool, depth: depth)
        case (.list, _): return loop("map", over: .list, .int, body: .int, depth: depth)
        case (.strings, 0): return "\(e(.string)).split(\(e(.string)))"
        case (.strings, 1): return "(\(e(.strings)) + \(e(.strings)))"
        case (.strings, 2): return "m.map(key, key + \(e(.string)))"
        case (.strings, _): return loop("map", over: .strings, .string, body: .string, depth: depth)
        }
    }

    private mutating func loop(
        _ macro: String, over range: Kind, _ element: Kind, body: Kind, depth: Int
    ) -> String {
        let over = expression(range, depth: depth)
        names += 1
        let name = "v\(names)"
        locals.append((name, element))
        defer { locals.removeLast() }
        return "\(over).\(macro)(\(name), \(expression(body, depth: depth)))"
    }
}
