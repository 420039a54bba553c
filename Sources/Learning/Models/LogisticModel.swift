import Encodings
package import Tensors

/// A model that can be used on its own: the parameters, which features it reads and how they are
/// standardised, and what it predicts.
///
/// As a safetensors file it has the tensors `weight` (F32, [P]), `bias` (F32, [1]), `mean` and
/// `scale` (F64, [P]), and the metadata `format`, `layout` and `label`, the last two as canonical
/// JSON. The same model gives the same bytes.
package struct LogisticModel: Hashable, Sendable {
    package static let format = "jointlab.logistic-regression/1"
    /// Room for a thousand features of some hundred categories.
    private static let headerByteCountMax = 16 << 20

    package let layout: FeatureLayout
    package let label: LabelRule
    package let standardisation: Standardisation
    package let parameters: LogisticParameters

    /// - Throws: ``LearningError``: `wrongTensors` where the parts are not of one width.
    package init(
        layout: FeatureLayout, label: LabelRule, standardisation: Standardisation,
        parameters: LogisticParameters
    ) throws(LearningError) {
        guard standardisation.means.count == layout.width, parameters.width == layout.width else {
            throw .wrongTensors(
                "the layout has \(layout.width) inputs, the standardisation "
                    + "\(standardisation.means.count) and the parameters \(parameters.width)")
        }
        self.layout = layout
        self.label = label
        self.standardisation = standardisation
        self.parameters = parameters
    }

    /// The model from which a job starts.
    ///
    /// - Throws: ``LearningError``: `wrongTensors` where the standardisation is of another layout.
    package static func initial(
        layout: FeatureLayout, label: LabelRule, standardisation: Standardisation
    ) throws(LearningError) -> LogisticModel {
        try LogisticModel(
            layout: layout, label: label, standardisation: standardisation,
            parameters: .zero(width: layout.width))
    }

    /// The same model with other parameters.
    ///
    /// - Throws: ``LearningError``: `wrongTensors` where they are not of its width.
    package func with(_ parameters: LogisticParameters) throws(LearningError) -> LogisticModel {
        try LogisticModel(
            layout: layout, label: label, standardisation: standardisation, parameters: parameters)
    }

    /// For each row, not yet standardised, the probability of the positive class.
    ///
    /// - Throws: ``LearningError``: `otherLayout` or `notFinite`.
    package func probabilities(of inputs: DesignMatrix) throws(LearningError) -> [Double] {
        guard inputs.width == layout.width else { throw .otherLayout }
        var inputs = inputs
        inputs.standardise(by: standardisation)
        let probabilities = LogisticRegression.probabilities(of: parameters, on: inputs)
        guard probabilities.allSatisfy(\.isFinite) else { throw .notFinite("a prediction") }
        return probabilities
    }

    /// The probability of the positive class for one case, given as text by the features' names. A
    /// value that is absent or missing counts as the mean, or as no category.
    ///
    /// - Throws: ``LearningError``: `wrongValue` for a feature that the model does not read, or a
    ///   value that is not a number where there should be one.
    package func probability(of values: [String: String]) throws(LearningError) -> Double {
        let names = TextTable(layout.features.map(\.name))
        var texts = [String](repeating: "", count: layout.features.count)
        for (name, text) in values {
            guard let index = names.index(of: name) else {
                throw .wrongValue(
                    name: name,
                    problem: "the model reads no such feature, but "
                        + shown(layout.features.map(\.name)))
            }
            texts[index] = text
        }
        var encoder = RowEncoder(layout)
        var inputs: [Float] = []
        for (index, text) in texts.enumerated() {
            do {
                try encoder.append(
                    CSVField(text), of: index, at: DatasetError.Place(file: ""), to: &inputs)
            } catch {
                throw .wrongValue(name: layout.features[index].name, problem: error.problem)
            }
        }
        return try probabilities(of: DesignMatrix(width: layout.width, values: inputs))[0]
    }
}

extension LogisticModel {
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
    /// - Throws: ``LearningError``: `notSafetensors`, `wrongMetadata`, `wrongTensors` or `notFinite`.
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
