import Encodings
package import Tensors

/// A model as a safetensors file: the tensors `weight` (F32, [P]), `bias` (F32, [1]), `mean` and
/// `scale` (F64, [P]), and the metadata `format`, `layout` and `label`, the last two as canonical
/// JSON. The same model gives the same bytes.
extension LogisticModel {
    package static let format = "jointlab.logistic-regression/1"

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
        try self.init(Safetensors(model: bytes))
    }

    /// - Throws: ``LearningError``: `wrongMetadata`, `wrongTensors` or `notFinite`.
    package init(_ file: Safetensors) throws(LearningError) {
        let metadata = try ModelMetadata(file, format: Self.format, keys: ["layout", "label"])
        let layout = try metadata.json("layout") { (json) throws(JSONShapeError) in
            try FeatureLayout(json: json, at: "layout")
        }
        let label = try metadata.json("label") { (json) throws(JSONShapeError) in
            try LabelRule(json: json, at: "label")
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
}
