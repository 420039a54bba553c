/// A value of the language.
package indirect enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([Value])
    /// Each key once, in the order of the language.
    case map([MapEntry])
    case timestamp(Instant)
    case duration(TimeSpan)
    /// The name of a type.
    case type(String)
    case optional(Value?)

    package struct MapEntry: Hashable, Sendable {
        package let key: Value
        package let value: Value

        package init(key: Value, value: Value) {
            self.key = key
            self.value = value
        }
    }
}

/// Why an expression has no value.
package struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        case noSuchVariable = "no_such_variable"
        case noSuchOverload = "no_such_overload"
        case noSuchKey = "no_such_key"
        case indexOutOfRange = "index_out_of_range"
        case overflow = "overflow"
        case divisionByZero = "division_by_zero"
        case invalidArgument = "invalid_argument"
        case duplicateKey = "duplicate_key"
        case unsupportedKey = "unsupported_key"
        case emptyOptional = "empty_optional"
        case costExceeded = "cost_exceeded"
    }

    package let code: Code
    package let message: String
    /// The byte of the expression that failed.
    package let offset: Int

    package var description: String { message }
}
