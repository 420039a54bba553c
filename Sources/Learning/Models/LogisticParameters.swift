package import Tensors

/// What logistic regression learns, or how far a member moved it: P weights and a bias, in single
/// precision.
package struct LogisticParameters: Hashable, Sendable {
    package var weights: [Float]
    package var bias: Float

    package init(weights: [Float], bias: Float) {
        self.weights = weights
        self.bias = bias
    }

    /// Where training starts: every prediction is one half.
    package static func zero(width: Int) -> LogisticParameters {
        LogisticParameters(weights: [Float](repeating: 0, count: width), bias: 0)
    }

    package var width: Int { weights.count }

    /// How far `other` lies from these.
    func difference(to other: LogisticParameters) -> LogisticParameters {
        LogisticParameters(
            weights: zip(other.weights, weights).map { $0 - $1 }, bias: other.bias - bias)
    }

    /// `weight` of the shape [P] and `bias` of the shape [1], F32.
    package var tensors: [Tensor] {
        [Tensor(name: "weight", vector: weights), Tensor(name: "bias", vector: [bias])]
    }

    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`.
    package init(tensors: [Tensor], width: Int) throws(LearningError) {
        var named = NamedTensors(tensors)
        try self.init(from: &named, width: width)
        try named.finish()
    }

    init(from named: inout NamedTensors, width: Int) throws(LearningError) {
        weights = try named.float32("weight", count: width)
        bias = try named.float32("bias", count: 1)[0]
    }
}
