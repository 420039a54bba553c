import Encodings

/// The text that a safetensors file carries beside its tensors: keys and values, each key once.
///
/// Keys are compared byte for byte. A Swift dictionary of strings would take two spellings of an
/// accented letter for one key, and lose one of them.
package struct SafetensorsMetadata: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    private var object = JSONObject()

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        for (key, value) in elements {
            self[key] = value
        }
    }

    /// - Throws: ``JSONShapeError`` where the value is not an object of strings.
    init(_ value: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(value, at: path)
        for member in value.object?.members ?? [] {
            self[member.key] = try fields.string(member.key)
        }
    }

    package subscript(key: String) -> String? {
        get { object[key]?.string }
        set { object[key] = newValue.map { .string($0) } }
    }

    package var isEmpty: Bool { object.members.isEmpty }

    /// The keys in the order in which they are written.
    package var keys: [String] { object.members.map(\.key) }

    var json: JSONValue { .object(object) }

    package static func == (left: SafetensorsMetadata, right: SafetensorsMetadata) -> Bool {
        left.json.canonicalBytes == right.json.canonicalBytes
    }
}
