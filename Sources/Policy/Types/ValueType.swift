/// The static type of an expression.
package indirect enum ValueType: Hashable, Sendable {
    case null, bool, int, uint, double, string, bytes, timestamp, duration
    case list(ValueType)
    case map(key: ValueType, value: ValueType)
    case optional(ValueType)
    /// The type of a type.
    case type(ValueType)
    /// A type that is known by its name alone.
    case named(String, [ValueType])
    /// Anything; what it is shows when it runs.
    case dyn
    /// A type that a use decides, in the declaration of a function.
    case parameter(String)
    /// One that inference has still to decide.
    case variable(Int)

    var arguments: [ValueType] {
        switch self {
        case .list(let element), .optional(let element): [element]
        case .map(let key, let value): [key, value]
        case .named(_, let arguments): arguments
        default: []
        }
    }

    /// Whether the other is the same but for its arguments.
    func hasHead(of other: ValueType) -> Bool {
        switch (self, other) {
        case (.list, .list), (.map, .map), (.optional, .optional), (.type, .type): true
        case (.named(let name, let arguments), .named(let otherName, let others)):
            name == otherName && arguments.count == others.count
        case (.list, _), (.map, _), (.optional, _), (.type, _), (.named, _): false
        default: self == other
        }
    }

    func mapArguments(_ transform: (ValueType) -> ValueType) -> ValueType {
        switch self {
        case .list(let element): .list(transform(element))
        case .optional(let wrapped): .optional(transform(wrapped))
        case .map(let key, let value): .map(key: transform(key), value: transform(value))
        case .type(let type): .type(transform(type))
        case .named(let name, let arguments): .named(name, arguments.map(transform))
        default: self
        }
    }
}

extension ValueType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list(let element): "list(\(element))"
        case .map(let key, let value): "map(\(key), \(value))"
        case .optional(let wrapped): "optional_type(\(wrapped))"
        case .type(let type): "type(\(type))"
        case .named(let name, let arguments):
            arguments.isEmpty
                ? name : "\(name)(\(arguments.map(\.description).joined(separator: ", ")))"
        case .dyn: "dyn"
        case .parameter(let name): name
        case .variable(let number): "_\(number)"
        }
    }

    /// The types that can be named in an expression.
    static let denotations: [String: ValueType] = [
        "null_type": .null, "bool": .bool, "int": .int, "uint": .uint, "double": .double,
        "string": .string, "bytes": .bytes, "google.protobuf.Timestamp": .timestamp,
        "google.protobuf.Duration": .duration, "list": .list(.dyn),
        "map": .map(key: .dyn, value: .dyn), "type": .type(.dyn), "optional_type": .optional(.dyn),
    ]
}
