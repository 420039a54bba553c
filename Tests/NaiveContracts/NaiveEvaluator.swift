import Encodings
import Policy

/// That an expression has no value.
struct NaiveFailure: Error {}

/// Walks a parsed expression, as the language's definition says it, with no thought of speed.
struct NaiveEvaluator {
    /// By name, as in `terms.deposit`.
    let variables: [String: NaiveValue]
    private var locals: [(name: String, value: NaiveValue)] = []

    init(_ variables: [String: NaiveValue]) {
        self.variables = variables
    }

    /// - Throws: ``NaiveFailure``.
    func value(_ text: String) throws(NaiveFailure) -> NaiveValue {
        let parsed: Expression
        do {
            parsed = try Parser.parse(SourceText(text))
        } catch {
            throw NaiveFailure()
        }
        return try value(parsed)
    }

    /// Whether it is true; what has no value is not.
    func holds(_ text: String) -> Bool {
        do {
            return try value(text) == .bool(true)
        } catch {
            return false
        }
    }

    private func with(_ name: String, _ value: NaiveValue) -> NaiveEvaluator {
        var copy = self
        copy.locals.append((name, value))
        return copy
    }

    private func value(_ expression: Expression) throws(NaiveFailure) -> NaiveValue {
        switch expression.kind {
        case .literal(let literal): return try Self.value(literal)
        case .identifier(let name, _): return try named(name)
        case .select(let operand, let field, _):
            if case .identifier(let root, _) = operand.kind,
                let value = variables["\(root).\(field)"]
            {
                return value
            }
            return try Self.element(of: try value(operand), at: .text(field))
        case .presence(let operand, let field):
            guard case .map(let pairs) = try value(operand) else { throw NaiveFailure() }
            return .bool(pairs.contains { $0.key == .text(field) })
        case .call(let name, let receiver, let arguments):
            return try call(name, receiver, arguments)
        case .logic(let isAnd, let terms):
            return try logic(terms, isAnd: isAnd) { term throws(NaiveFailure) in try value(term) }
        case .conditional(let condition, let yes, let no):
            guard case .bool(let holds) = try value(condition) else { throw NaiveFailure() }
            return try value(holds ? yes : no)
        case .list(let elements):
            var values: [NaiveValue] = []
            for element in elements { values.append(try value(element.value)) }
            return .list(values)
        case .map(let entries):
            var pairs: [NaiveValue.Pair] = []
            for entry in entries {
                let key = try value(entry.key)
                guard !pairs.contains(where: { $0.key == key }) else { throw NaiveFailure() }
                pairs.append(.init(key: key, value: try value(entry.value)))
            }
            return .ordered(pairs)
        case .comprehension(let comprehension): return try loop(comprehension)
        case .bind(let name, let bound, let body):
            return try with(name, try value(bound)).value(body)
        }
    }

    private static func value(_ literal: Expression.Literal) throws(NaiveFailure) -> NaiveValue {
        switch literal {
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .string(let bytes): .text(bytes)
        default: throw NaiveFailure()
        }
    }

    private func named(_ name: String) throws(NaiveFailure) -> NaiveValue {
        if let local = locals.last(where: { $0.name == name }) { return local.value }
        guard let value = variables[name] else { throw NaiveFailure() }
        return value
    }

    /// What decides wins over what fails, wherever it stands.
    private func logic<Term>(
        _ terms: [Term], isAnd: Bool, _ evaluate: (Term) throws(NaiveFailure) -> NaiveValue
    ) throws(NaiveFailure) -> NaiveValue {
        var hasFailed = false
        for term in terms {
            do throws(NaiveFailure) {
                guard case .bool(let holds) = try evaluate(term) else { throw NaiveFailure() }
                if holds != isAnd { return .bool(holds) }
            } catch {
                hasFailed = true
            }
        }
        if hasFailed { throw NaiveFailure() }
        return .bool(isAnd)
    }

    private func loop(
        _ loop: Expression.Comprehension
    ) throws(NaiveFailure) -> NaiveValue {
        let elements: [NaiveValue]
        switch try value(loop.range) {
        case .list(let values): elements = values
        case .map(let pairs): elements = pairs.map(\.key)
        default: throw NaiveFailure()
        }
        switch loop.kind {
        case .all, .exists:
            return try logic(elements, isAnd: loop.kind == .all) { element throws(NaiveFailure) in
                try with(loop.variable, element).value(loop.body)
            }
        case .existsOne:
            var count = 0
            for element in elements
            where try with(loop.variable, element).value(loop.body) == .bool(true) { count += 1 }
            return .bool(count == 1)
        case .filter:
            var kept: [NaiveValue] = []
            for element in elements
            where try with(loop.variable, element).value(loop.body) == .bool(true) {
                kept.append(element)
            }
            return .list(kept)
        case .map:
            var made: [NaiveValue] = []
            for element in elements {
                let inner = with(loop.variable, element)
                if let filter = loop.filter, try inner.value(filter) != .bool(true) { continue }
                made.append(try inner.value(loop.body))
            }
            return .list(made)
        case .transformMap, .transformMapEntry: throw NaiveFailure()
        }
    }

    // MARK: - Functions

    private func call(
        _ name: String, _ receiver: Expression?, _ arguments: [Expression]
    ) throws(NaiveFailure) -> NaiveValue {
        var values: [NaiveValue] = []
        var name = name
        if case .identifier("math", _)? = receiver?.kind {
            name = "math.\(name)"
        } else if let receiver {
            values.append(try value(receiver))
        }
        for argument in arguments { values.append(try value(argument)) }
        switch values.count {
        case 1: return try Self.unary(name, values[0])
        case 2: return try Self.binary(name, values[0], values[1])
        default: throw NaiveFailure()
        }
    }

    private static func unary(
        _ name: String, _ operand: NaiveValue
    ) throws(NaiveFailure) -> NaiveValue {
        switch (name, operand) {
        case ("!_", .bool(let value)): return .bool(!value)
        case ("-_", .int(let value)): return try int(0 - Int128(value))
        case ("math.abs", .int(let value)): return try int(abs(Int128(value)))
        case ("size", .text(let bytes)):
            return .int(Int64(String(decoding: bytes, as: UTF8.self).unicodeScalars.count))
        case ("size", .list(let elements)): return .int(Int64(elements.count))
        case ("size", .map(let pairs)): return .int(Int64(pairs.count))
        case ("duration", .text):
            guard let span = TimeSpan(operand.string) else { throw NaiveFailure() }
            return .span(span.nanoseconds)
        case ("timestamp", .text):
            guard let time = NaiveTime.read(operand.string) else { throw NaiveFailure() }
            return .time(time)
        case ("string", .int(let value)): return .text(String(value))
        case ("string", .text): return operand
        case ("int", .text):
            guard let value = Int64(operand.string), String(value) == operand.string else {
                throw NaiveFailure()
            }
            return .int(value)
        case ("getSeconds", .span(let span)): return .int(span / 1_000_000_000)
        default: throw NaiveFailure()
        }
    }

    private static func binary(
        _ name: String, _ one: NaiveValue, _ other: NaiveValue
    ) throws(NaiveFailure) -> NaiveValue {
        switch name {
        case "_==_": return .bool(one == other)
        case "_!=_": return .bool(one != other)
        case "_<_": return .bool(one.precedes(other))
        case "_>_": return .bool(other.precedes(one))
        case "_<=_": return .bool(!other.precedes(one))
        case "_>=_": return .bool(!one.precedes(other))
        case "@in":
            switch other {
            case .list(let elements): return .bool(elements.contains(one))
            case .map(let pairs): return .bool(pairs.contains { $0.key == one })
            default: throw NaiveFailure()
            }
        case "_[_]": return try element(of: one, at: other)
        default: break
        }
        switch (name, one, other) {
        case ("_+_", .int(let a), .int(let b)): return try int(Int128(a) + Int128(b))
        case ("_-_", .int(let a), .int(let b)): return try int(Int128(a) - Int128(b))
        case ("_*_", .int(let a), .int(let b)): return try int(Int128(a) * Int128(b))
        case ("_/_", .int(let a), .int(let b)):
            guard b != 0 else { throw NaiveFailure() }
            return try int(Int128(a) / Int128(b))
        case ("_%_", .int(let a), .int(let b)):
            guard b != 0, !(a == .min && b == -1) else { throw NaiveFailure() }
            return .int(a % b)
        case ("math.greatest", .int(let a), .int(let b)): return .int(max(a, b))
        case ("math.least", .int(let a), .int(let b)): return .int(min(a, b))
        case ("_+_", .text(let a), .text(let b)): return .text(a + b)
        case ("_+_", .list(let a), .list(let b)): return .list(a + b)
        case ("_+_", .time(let a), .span(let b)): return try time(a + Int128(b))
        case ("_+_", .span(let a), .time(let b)): return try time(Int128(a) + b)
        case ("_-_", .time(let a), .span(let b)): return try time(a - Int128(b))
        case ("_-_", .time(let a), .time(let b)): return try span(a - b)
        case ("_+_", .span(let a), .span(let b)): return try span(Int128(a) + Int128(b))
        case ("_-_", .span(let a), .span(let b)): return try span(Int128(a) - Int128(b))
        case ("startsWith", .text(let a), .text(let b)): return .bool(a.starts(with: b))
        case ("endsWith", .text(let a), .text(let b)):
            return .bool(a.reversed().starts(with: b.reversed()))
        case ("contains", .text(let a), .text(let b)):
            return .bool((0...a.count).contains { a[$0...].starts(with: b) })
        default: throw NaiveFailure()
        }
    }

    private static func element(
        of container: NaiveValue, at key: NaiveValue
    ) throws(NaiveFailure) -> NaiveValue {
        switch (container, key) {
        case (.list(let elements), .int(let index)):
            guard index >= 0, index < elements.count else { throw NaiveFailure() }
            return elements[Int(index)]
        case (.map(let pairs), _):
            guard let pair = pairs.first(where: { $0.key == key }) else { throw NaiveFailure() }
            return pair.value
        default: throw NaiveFailure()
        }
    }

    private static func int(_ value: Int128) throws(NaiveFailure) -> NaiveValue {
        guard let exact = Int64(exactly: value) else { throw NaiveFailure() }
        return .int(exact)
    }

    private static func span(_ value: Int128) throws(NaiveFailure) -> NaiveValue {
        guard let exact = Int64(exactly: value) else { throw NaiveFailure() }
        return .span(exact)
    }

    private static func time(_ value: Int128) throws(NaiveFailure) -> NaiveValue {
        guard NaiveTime.range.contains(value) else { throw NaiveFailure() }
        return .time(value)
    }
}
