import Encodings

extension Value {
    /// What a type of it can be said to be, from the value alone.
    package var inferredType: ValueType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        case .type: .type(.dyn)
        case .list(let elements): .list(Self.common(elements))
        case .map(let entries):
            .map(key: Self.common(entries.map(\.key)), value: Self.common(entries.map(\.value)))
        case .optional(let wrapped): .optional(wrapped?.inferredType ?? .dyn)
        }
    }

    private static func common(_ values: [Value]) -> ValueType {
        let types = Set(values.map(\.inferredType))
        return types.count == 1 ? types.first ?? .dyn : .dyn
    }

    /// The value as one of a type that plain JSON and YAML have no spelling for: an integer may be a
    /// `uint` or a `double`, a string a timestamp, a duration, or (in base64) bytes.
    ///
    /// - Returns: `nil` where it is none.
    package func typed(as type: ValueType) -> Value? {
        switch (self, type) {
        case (_, .dyn), (.null, .null), (.bool, .bool), (.int, .int), (.double, .double),
            (.string, .string), (.uint, .uint), (.bytes, .bytes), (.timestamp, .timestamp),
            (.duration, .duration):
            self
        case (.int(let value), .uint): UInt64(exactly: value).map(Value.uint)
        case (.int(let value), .double): .double(Double(value))
        case (.string(let text), .timestamp): Instant(rfc3339: text).map(Value.timestamp)
        case (.string(let text), .duration): TimeSpan(text).map(Value.duration)
        case (.string(let text), .bytes): Base64.decode(text).map(Value.bytes)
        case (.list(let elements), .list(let element)):
            Self.all(elements.map { $0.typed(as: element) }).map(Value.list)
        case (.map(let entries), .map(let key, let value)):
            Self.all(
                entries.map { entry in
                    guard let key = entry.key.typed(as: key),
                        let value = entry.value.typed(as: value)
                    else { return nil }
                    return MapEntry(key: key, value: value)
                }
            ).map(Value.map)
        case (_, .optional(let wrapped)):
            self == .null ? .optional(nil) : typed(as: wrapped).map { .optional($0) }
        default: nil
        }
    }

    private static func all<Element>(_ elements: [Element?]) -> [Element]? {
        let present = elements.compactMap(\.self)
        return present.count == elements.count ? present : nil
    }
}
