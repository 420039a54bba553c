import Encodings
package import Tensors

/// A model as a safetensors file: the tensors `weight` (F32, [P]), `bias` (F32, [1]), `mean` and
/// `scale` (F64, [P]), and the metadata `format`, `layout` and `label`, the last two as canonical
/// JSON. The same model gives the same bytes.
extension LogisticModel {
    package static let format = "jointlab.logistic-regression/1"
    /// Room for a thousand features of some hundred categories.
    private static let headerByteCountMax = 16 << 20

    package var safetensors: Safetensors {
        let tensors =
            parameters.tensors + [
                Tensor(name: "mean", vector: standardisation.means),
                Tensor(name: "scale", vector: standardisation.scales),
            ]
        do {
            return try Safetensors(
                tensors,
                metadata: [
                    "format": Self.format,
                    "layout": layout.json.canonicalText,
                    "label": label.json.canonicalText,
                ])
        } catch {
            preconditionFailure("the tensors of a model have names of their own: \(error)")
        }
    }

    /// The model as a file.
    package var bytes: [UInt8] { safetensors.bytes }

    /// Reads a model from a file.
    ///
    /// - Throws: ``LearningError``: `notSafetensors`, `wrongMetadata`, `wrongTensors` or
    ///   `notFinite`.
    package init(parsing bytes: [UInt8]) throws(LearningError) {
        let file: Safetensors
        do {
            file = try Safetensors(parsing: bytes, headerByteCountMax: Self.headerByteCountMax)
        } catch {
            throw .notSafetensors("\(error)")
        }
        try self.init(file)
    }

    /// - Throws: ``LearningError``: `wrongMetadata`, `wrongTensors` or `notFinite`.
    package init(_ file: Safetensors) throws(LearningError) {
        guard let format = file.metadata["format"] else {
            throw .wrongMetadata("its metadata says no format")
        }
        guard format == Self.format else {
            throw .wrongMetadata("its format is \(shown(format)), and not \(Self.format)")
        }
        let layout = try Self.json(file, "layout") { (json) throws(JSONShapeError) in
            try FeatureLayout(json: json, at: "layout")
        }
        let label = try Self.json(file, "label") { (json) throws(JSONShapeError) in
            try LabelRule(json: json, at: "label")
        }
        for key in file.metadata.keys where !["format", "layout", "label"].contains(key) {
            throw .wrongMetadata("its metadata has the unknown key \(shown(key))")
        }
        var named = NamedTensors(file.tensors)
        let parameters = try LogisticParameters(from: &named, width: layout.width)
        let means = try named.float64("mean", count: layout.width)
        let scales = try named.float64("scale", count: layout.width)
        try named.finish()
        try self.init(
            layout: layout, label: label,
            standardisation: Standardisation(means: means, scales: scales), parameters: parameters)
    }

    private static func json<Value>(
        _ file: Safetensors, _ key: String,
        _ read: (JSONValue) throws(JSONShapeError) -> Value
    ) throws(LearningError) -> Value {
        guard let text = file.metadata[key] else {
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
