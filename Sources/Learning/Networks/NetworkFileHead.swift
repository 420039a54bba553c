import Encodings
import Tensors

/// What stands in a network's file beside its parameters.
struct NetworkFileHead {
    /// F64, so that they come before the parameters.
    let tensors: [Tensor]
    let metadata: SafetensorsMetadata

    init(
        kind: NetworkSettings.Kind, shape: NetworkShape, layout: FeatureLayout, target: Target,
        standardisation: Standardisation, answerMean: Double, answerScale: Double
    ) {
        var tensors = [
            Tensor(name: "mean", vector: standardisation.means),
            Tensor(name: "scale", vector: standardisation.scales),
        ]
        if case .number = target {
            tensors.append(Tensor(name: "answer_mean", vector: [answerMean]))
            tensors.append(Tensor(name: "answer_scale", vector: [answerScale]))
        }
        self.tensors = tensors
        let network: JSONValue = [
            "kind": .string(kind.rawValue), "hidden": kind.hidden(of: shape),
            "activation": kind.activation(of: shape),
        ]
        metadata = [
            "format": NetworkModel.format, "layout": layout.json.canonicalText,
            "target": target.json.canonicalText, "network": network.canonicalText,
        ]
    }
}
