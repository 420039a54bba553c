/// A parsed expression, macros expanded.
package struct Expression: Hashable, Sendable {
    package indirect enum Kind: Hashable, Sendable {
        case literal(Literal)
        /// A name; with a leading dot it is looked for in no container and under no variable.
        case identifier(String, isAbsolute: Bool)
        /// `e.name`, or `e.?name`.
        case select(Expression, field: String, isOptional: Bool)
        /// `has(e.name)`.
        case presence(Expression, field: String)
        /// An operator or a function; with a receiver for `r.f(…)`.
        case call(String, receiver: Expression?, [Expression])
        /// `&&` or `||` between two or more.
        case logic(isAnd: Bool, [Expression])
        case conditional(Expression, Expression, Expression)
        case list([Element])
        case map([Entry])
        case comprehension(Comprehension)
        /// `cel.bind(name, value, body)`.
        case bind(String, Expression, Expression)
    }

    package enum Literal: Hashable, Sendable {
        case null
        case bool(Bool)
        case int(Int64)
        case uint(UInt64)
        case double(Double)
        /// Valid UTF-8.
        case string([UInt8])
        case bytes([UInt8])
    }

    package struct Element: Hashable, Sendable {
        package let value: Expression
        /// `?e`: left out where `e` is an empty optional.
        package let isOptional: Bool
    }

    package struct Entry: Hashable, Sendable {
        package let key: Expression
        package let value: Expression
        package let isOptional: Bool
    }

    /// A macro that looks at each element of a list or each key of a map.
    package struct Comprehension: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            case all, exists, existsOne, filter, map, transformMap, transformMapEntry
        }

        package let kind: Kind
        package let range: Expression
        package let variable: String
        /// The second of two variables: the first is then an index or a key, and this the value.
        package let second: String?
        /// Only what passes is transformed.
        package let filter: Expression?
        /// A condition, or what an element becomes.
        package let body: Expression
    }

    package let kind: Kind
    /// The byte of the source that a message about it points at.
    package let offset: Int
    /// How many expressions are nested in it at the deepest place, itself included.
    let height: Int

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
        height = 1 + (kind.children.map(\.height).max() ?? 0)
    }
}

extension Expression.Kind {
    package var children: [Expression] {
        switch self {
        case .literal, .identifier: []
        case .select(let operand, _, _), .presence(let operand, _): [operand]
        case .call(_, let receiver, let arguments): (receiver.map { [$0] } ?? []) + arguments
        case .logic(_, let terms): terms
        case .conditional(let condition, let yes, let no): [condition, yes, no]
        case .list(let elements): elements.map(\.value)
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        case .comprehension(let comprehension):
            [comprehension.range, comprehension.body] + (comprehension.filter.map { [$0] } ?? [])
        case .bind(_, let value, let body): [value, body]
        }
    }
}
