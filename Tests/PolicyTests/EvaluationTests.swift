import Policy
import Testing

@Suite struct EvaluationTests {
    @Test(
        "Errors have codes that say what happened",
        arguments: [
            ("1 / 0", EvaluationError.Code.divisionByZero), ("9223372036854775807 + 1", .overflow),
            ("-9223372036854775808 / -1", .overflow), ("[1][3]", .indexOutOfRange),
            ("{'a': 1}.b", .noSuchKey), ("dyn(1) + dyn('a')", .noSuchOverload),
            ("int('x')", .invalidArgument), ("uint('-0')", .invalidArgument),
            ("{?dyn([1]): optional.none()}", .unsupportedKey), ("{1: 1, 1u: 2}", .duplicateKey),
            ("{dyn(1.5): 1}", .unsupportedKey), ("optional.none().value()", .emptyOptional),
            ("'a'.matches('(')", .invalidArgument),
        ] as [(String, EvaluationError.Code)])
    func errorCodes(text: String, code: EvaluationError.Code) {
        #expect(errorCode(text) == code)
    }

    @Test("A term that decides absorbs the errors of the others, on either side")
    func absorption() throws {
        #expect(try evaluate("1 / 0 > 0 || true") == .bool(true))
        #expect(try evaluate("true || 1 / 0 > 0") == .bool(true))
        #expect(try evaluate("1 / 0 > 0 && false") == .bool(false))
        #expect(errorCode("1 / 0 > 0 && true") == .divisionByZero)
        #expect(try evaluate("[0, 1].exists(x, 1 / x == 1)") == .bool(true))
        #expect(errorCode("[0, 1].exists_one(x, 1 / x == 1)") == .divisionByZero)
    }

    @Test("Of several errors the left-most is told")
    func leftmost() {
        #expect(errorCode("[1 / 0, [1][5]]") == .divisionByZero)
        #expect(errorCode("[[1][5], 1 / 0]") == .indexOutOfRange)
        #expect(errorCode("[1][5] > 1 && 1 / 0 > 1") == .indexOutOfRange)
    }

    @Test("Strings are compared and counted by code points, without normalisation")
    func codePoints() throws {
        #expect(try evaluate("'\\u00e9' == 'e\\u0301'") == .bool(false))
        #expect(try evaluate("size('e\\u0301')") == .int(2))
        #expect(try evaluate("'e\\u0301x'.charAt(1)") == .string("\u{301}"))
        #expect(try evaluate("{'\\u00e9': 1, 'e\\u0301': 2}.size()") == .int(2))
        #expect(try evaluate("'\\U0001F600' > '\\uffff'") == .bool(true))
    }

    @Test("A map is gone through in the order of its keys, whatever order it was written in")
    func mapOrder() throws {
        let sorted = "['false', '-1', '2', '10', 'a', 'b']"
        for text in [
            "{'b': 0, 10: 0, 'a': 0, false: 0, 2u: 0, -1: 0}",
            "{-1: 0, 2: 0, 10u: 0, 'a': 0, 'b': 0, false: 0}",
        ] {
            #expect(try evaluate("\(text).map(k, '%s'.format([k])) == \(sorted)") == .bool(true))
        }
    }

    @Test("A spent budget ends everything, and nothing absorbs that")
    func budget() throws {
        let text = "[1, 2, 3, 4].all(a, [1, 2, 3, 4].all(b, a * b < 100)) || true"
        #expect(try evaluate(text, budget: 1_000) == .bool(true))
        #expect {
            try evaluate(text, budget: 50)
        } throws: {
            ($0 as? EvaluationError)?.code == .costExceeded
        }
    }

    @Test(
        "Work on long values costs by their length",
        arguments: [
            "s + s == s", "s.contains('b')", "s.matches('a*b')", "s.replace('a', 'bb').size() > 1",
            "s.split('').size() > 1", "[s, s].join(s).size() > 1", "s.indexOf('b') > 1",
            "'%s'.format([s]).size() > 1", "s.reverse() == s", "bytes(s) == b''",
        ])
    func lengthCosts(text: String) throws {
        let long = Value.string(String(repeating: "a", count: 20_000))
        #expect {
            try evaluate(text, ["s": long], budget: 1_000)
        } throws: {
            ($0 as? EvaluationError)?.code == .costExceeded
        }
        #expect(throws: Never.self) { try evaluate(text, ["s": .string("abc")], budget: 1_000) }
    }

    @Test("A variable without a value is an error that names it")
    func missingInput() throws {
        let environment = Environment([.init("terms.expires", .timestamp)])
        let compiled = try CompiledExpression(
            SourceText("terms.expires > timestamp(0)"), in: environment)
        #expect {
            try compiled.program.evaluate(Inputs(for: environment))
        } throws: {
            ($0 as? EvaluationError)?.message == "`terms.expires` has no value"
        }
    }

    @Test("A type that is still open is decided by the first form that fits")
    func openTypes() {
        let text = "timestamp(0) - optional.none().value()"
        #expect(diagnosis("\(text) + duration('1s') == timestamp(0)") == nil)
        #expect(diagnosis("\(text) + timestamp(0)") != nil)
    }

    @Test("Zones without a table are UTC and offsets")
    func fixedZones() throws {
        #expect(try evaluate("timestamp(0).getHours('+05:45')") == .int(5))
        #expect(try evaluate("timestamp(0).getHours('UTC')") == .int(0))
        #expect(errorCode("timestamp(0).getHours('Europe/Berlin')") == .invalidArgument)
        #expect(errorCode("timestamp(0).getHours('+99:00')") == .invalidArgument)
    }

    @Test("A guard holds only where it is true, and says otherwise why not")
    func guards() throws {
        let environment = Environment([.init("rounds", .int), .init("max", .int)])
        let program = try CompiledExpression(
            SourceText("10 / max > 0 && rounds < max"), in: environment
        ).program
        let inputs = Inputs(for: environment)
        inputs.set("rounds", to: .int(3))
        inputs.set("max", to: .int(4))
        #expect(program.denial(inputs) == nil)
        inputs.set("rounds", to: .int(4))
        #expect(program.denial(inputs) == .isFalse)
        inputs.set("rounds", to: .int(-1))
        inputs.set("max", to: .int(0))
        guard case .failed(let error) = program.denial(inputs) else {
            Issue.record("a division by zero is no denial")
            return
        }
        #expect(error.code == .divisionByZero)
    }
}
