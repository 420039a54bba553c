package import Encodings

/// Values in JSON, tagged with their types: `{"int": "1"}`, `{"list": […]}`,
/// `{"map": [[key, value], …]}`; bytes in base64, numbers, timestamps and durations as text.
extension Value {
    package var taggedJSON: JSONValue {
        switch self {
        case .null: ["null": .null]
        case .bool(let value): ["bool": .bool(value)]
        case .int(let value): ["int": .string(String(value))]
        case .uint(let value): ["uint": .string(String(value))]
        case .double(let value): ["double": .string(value.description)]
        case .string(let text): ["string": .string(text)]
        case .bytes(let bytes): ["bytes": .string(Base64.encode(bytes))]
        case .list(let elements): ["list": .array(elements.map(\.taggedJSON))]
        case .map(let entries):
            ["map": .array(entries.map { .array([$0.key.taggedJSON, $0.value.taggedJSON]) })]
        case .timestamp(let instant): ["timestamp": .string(instant.rfc3339)]
        case .duration(let span): ["duration": .string(span.secondsText)]
        case .type(let name): ["type": .string(name)]
        case .optional(let wrapped): ["optional": wrapped?.taggedJSON ?? .null]
        }
    }

    /// - Returns: `nil` where it is not such a value.
    package init?(tagged json: JSONValue) {
        guard case .object(let object) = json, object.members.count == 1,
            let member = object.members.first
        else { return nil }
        let text: String? = if case .string(let text) = member.value { text } else { nil }
        let array: [JSONValue]? = if case .array(let array) = member.value { array } else { nil }
        let value: Value? =
            switch member.key {
            case "null": .null
            case "bool": if case .bool(let value) = member.value { .bool(value) } else { nil }
            case "int": text.flatMap { Int64($0) }.map(Value.int)
            case "uint": text.flatMap { UInt64($0) }.map(Value.uint)
            case "double": text.flatMap { Double($0) }.map(Value.double)
            case "string": text.map(Value.string)
            case "bytes": text.flatMap { Base64.decode($0) }.map(Value.bytes)
            case "timestamp": text.flatMap(Instant.init(rfc3339:)).map(Value.timestamp)
            case "duration": text.flatMap(TimeSpan.init).map(Value.duration)
            case "type": text.map(Value.type)
            case "list": array.flatMap(Self.all).map(Value.list)
            case "map": array.flatMap(Self.entries).map(Value.map)
            case "optional":
                member.value == .null
                    ? .optional(nil) : Value(tagged: member.value).map { .optional($0) }
            default: nil
            }
        guard let value else { return nil }
        self = value
    }

    private static func all(_ elements: [JSONValue]) -> [Value]? {
        let values = elements.compactMap(Value.init(tagged:))
        return values.count == elements.count ? values : nil
    }

    private static func entries(_ pairs: [JSONValue]) -> [MapEntry]? {
        let entries = pairs.compactMap { pair -> MapEntry? in
            guard case .array(let pair) = pair, pair.count == 2, let both = all(pair) else {
                return nil
            }
            return MapEntry(key: both[0], value: both[1])
        }
        return entries.count == pairs.count ? entries : nil
    }

    /// A plain JSON value as the language sees it: numbers with a fraction are doubles.
    package init(plain json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .int(value)
        case .number(let value): self = .double(value)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .list(elements.map(Value.init(plain:)))
        case .object(let object):
            self = .map(
                object.members.map {
                    MapEntry(key: .string($0.key), value: Value(plain: $0.value))
                })
        }
    }
}
