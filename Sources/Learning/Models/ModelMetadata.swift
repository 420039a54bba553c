import Encodings
import Tensors

/// What a model's file says beside its tensors: its format, and values as canonical JSON.
struct ModelMetadata {
    private let metadata: SafetensorsMetadata

    /// - Throws: ``LearningError/wrongMetadata(_:)`` for another format or an unknown key.
    init(_ file: Safetensors, format: String, keys: [String]) throws(LearningError) {
        metadata = file.metadata
        guard let found = metadata["format"] else {
            throw .wrongMetadata("its metadata says no format")
        }
        guard found == format else {
            throw .wrongMetadata("its format is \(shown(found)), and not \(format)")
        }
        for key in metadata.keys where key != "format" && !keys.contains(key) {
            throw .wrongMetadata("its metadata has the unknown key \(shown(key))")
        }
    }

    /// - Throws: ``LearningError/wrongMetadata(_:)``.
    func json<Value>(
        _ key: String, _ read: (JSONValue) throws(JSONShapeError) -> Value
    ) throws(LearningError) -> Value {
        guard let text = metadata[key] else {
            throw .wrongMetadata("its metadata has no \(key)")
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw .wrongMetadata("its \(key) is not JSON: \(error)")
        }
        do {
            return try read(value)
        } catch {
            throw .wrongMetadata("\(error)")
        }
    }
}

extension Safetensors {
    /// Room for a thousand features of some hundred categories.
    private static let modelHeaderByteCountMax = 16 << 20

    /// Reads a model's file.
    ///
    /// - Throws: ``LearningError/notSafetensors(_:)``.
    init(model bytes: [UInt8]) throws(LearningError) {
        do {
            try self.init(parsing: bytes, headerByteCountMax: Self.modelHeaderByteCountMax)
        } catch {
            throw .notSafetensors("\(error)")
        }
    }

    /// The file of a model whose tensors have names of their own.
    init(model tensors: [Tensor], format: String, _ values: [(key: String, json: JSONValue)]) {
        var metadata: SafetensorsMetadata = ["format": format]
        for (key, json) in values { metadata[key] = json.canonicalText }
        do {
            try self.init(tensors, metadata: metadata)
        } catch {
            preconditionFailure("the tensors of a model have names of their own: \(error)")
        }
    }
}
