package import Encodings

/// Types in the JSON form of the conformance suite's protocol buffers (`cel.expr.Type`).
extension ValueType {
    private static let primitives: [(String, ValueType)] = [
        ("BOOL", .bool), ("INT64", .int), ("UINT64", .uint), ("DOUBLE", .double),
        ("STRING", .string), ("BYTES", .bytes),
    ]

    package var json: JSONValue {
        switch self {
        case .null: ["null": .null]
        case .timestamp: ["wellKnown": "TIMESTAMP"]
        case .duration: ["wellKnown": "DURATION"]
        case .list(let element): ["listType": ["elemType": element.json]]
        case .map(let key, let value):
            ["mapType": ["keyType": key.json, "valueType": value.json]]
        case .optional(let wrapped): ValueType.named("optional_type", [wrapped]).json
        case .type(let type): ["type": type.json]
        case .named(let name, let arguments):
            [
                "abstractType": [
                    "name": .string(name), "parameterTypes": .array(arguments.map(\.json)),
                ]
            ]
        case .dyn, .variable: ["dyn": [:]]
        case .parameter(let name): ["typeParam": .string(name)]
        case .bool, .int, .uint, .double, .string, .bytes:
            [
                "primitive": .string(
                    Self.primitives.first { $0.1 == self }?.0 ?? "PRIMITIVE_TYPE_UNSPECIFIED")
            ]
        }
    }

    /// - Returns: `nil` where it is no type of the language.
    package init?(json: JSONValue) {
        guard case .object(let object) = json, let member = object.members.first else { return nil }
        let text: String? = if case .string(let text) = member.value { text } else { nil }
        func inner(_ key: String) -> ValueType? {
            guard case .object(let object) = member.value, let type = object[key] else {
                return nil
            }
            return ValueType(json: type)
        }
        let type: ValueType? =
            switch member.key {
            case "primitive": Self.primitives.first { $0.0 == text }?.1
            case "null": .null
            case "dyn": .dyn
            case "wellKnown":
                text == "TIMESTAMP" ? .timestamp : text == "DURATION" ? .duration : .dyn
            case "listType": .list(inner("elemType") ?? .dyn)
            case "mapType": .map(key: inner("keyType") ?? .dyn, value: inner("valueType") ?? .dyn)
            case "typeParam": text.map(ValueType.parameter)
            case "type": .type(ValueType(json: member.value) ?? .dyn)
            case "abstractType": Self.abstract(member.value)
            default: nil
            }
        guard let type else { return nil }
        self = type
    }

    private static func abstract(_ json: JSONValue) -> ValueType? {
        guard case .object(let object) = json, case .string(let name) = object["name"] else {
            return nil
        }
        var arguments: [ValueType] = []
        if case .array(let types) = object["parameterTypes"] {
            arguments = types.compactMap(ValueType.init(json:))
            guard arguments.count == types.count else { return nil }
        }
        return name == "optional_type" && arguments.count == 1
            ? .optional(arguments[0]) : .named(name, arguments)
    }
}
