import Encodings
package import Tensors

/// A network as a safetensors file: its parameters (F32), `mean` and `scale` of its P inputs (F64,
/// [P]), `answer_mean` and `answer_scale` where it predicts a number (F64, [1]), and the metadata
/// `format`, `layout`, `target` and `network`, the last three as canonical JSON. `network` says
/// `kind` and, for a perceptron, `hidden` and `activation`. The same model gives the same bytes.
extension NetworkModel {
    package static let format = "jointlab.network/1"

    package var safetensors: Safetensors {
        let head = head
        do {
            return try Safetensors(parameters.tensors + head.tensors, metadata: head.metadata)
        } catch {
            preconditionFailure("the tensors of a model have names of their own: \(error)")
        }
    }

    private var head: NetworkFileHead {
        NetworkFileHead(
            kind: kind, shape: parameters.shape, layout: layout, target: target,
            standardisation: standardisation, answerMean: answerMean, answerScale: answerScale)
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
        let metadata = try ModelMetadata(
            file, format: Self.format, keys: ["layout", "target", "network"])
        let layout = try metadata.json("layout") { (json) throws(JSONShapeError) in
            try FeatureLayout(json: json, at: "layout")
        }
        let target = try metadata.json("target") { (json) throws(JSONShapeError) in
            try Target(json: json, at: "target")
        }
        let (kind, hidden, activation) = try metadata.json("network") {
            (json) throws(JSONShapeError) in
            var fields = try JSONFields(json, at: "network")
            let kind = try NetworkSettings.Kind(from: &fields)
            let (hidden, activation) = try kind.hidden(from: &fields)
            try fields.finish()
            return (kind, hidden, activation)
        }
        let shape: NetworkShape
        do {
            shape = try kind.shape(
                layout: layout, target: target, hidden: hidden, activation: activation)
        } catch {
            throw .wrongMetadata("\(error)")
        }
        var named = NamedTensors(file.tensors)
        let parameters = try NetworkParameters(from: &named, shape: shape)
        let standardisation = try Standardisation(
            means: named.float64("mean", count: layout.width),
            scales: named.float64("scale", count: layout.width))
        var (answerMean, answerScale) = (0.0, 1.0)
        if case .number = target {
            answerMean = try named.float64("answer_mean", count: 1)[0]
            answerScale = try named.float64("answer_scale", count: 1)[0]
        }
        try named.finish()
        try self.init(
            kind: kind, layout: layout, target: target, standardisation: standardisation,
            answerMean: answerMean, answerScale: answerScale, parameters: parameters)
    }
}
