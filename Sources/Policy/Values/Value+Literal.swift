extension Value {
    /// The value as an expression would write it.
    package var literal: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .uint(let value): "\(value)u"
        case .double(let value):
            value.isFinite ? value.description : "double(\"\(Machine.text(value))\")"
        case .string(let text): Machine.quoted(Array(text.utf8))
        case .bytes(let bytes): "b\"\(bytes.map(Self.octet).joined())\""
        case .list(let elements): "[\(elements.map(\.literal).joined(separator: ", "))]"
        case .map(let entries):
            "{\(entries.map { "\($0.key.literal): \($0.value.literal)" }.joined(separator: ", "))}"
        case .timestamp(let instant): "timestamp(\"\(instant.rfc3339)\")"
        case .duration(let span): "duration(\"\(span.secondsText)\")"
        case .type(let name): name
        case .optional(let wrapped):
            wrapped.map { "optional.of(\($0.literal))" } ?? "optional.none()"
        }
    }

    private static func octet(_ byte: UInt8) -> String {
        if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            return String(Unicode.Scalar(byte))
        }
        return "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
    }
}
