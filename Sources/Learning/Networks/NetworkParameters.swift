package import Tensors

/// The weights and biases of a network, or how far a member moved them, in single precision.
package struct NetworkParameters: Hashable, Sendable {
    package let shape: NetworkShape
    /// All of them in the order that ``NetworkShape`` defines.
    package var values: [Float]

    /// - Precondition: There are as many values as the shape has parameters.
    package init(shape: NetworkShape, values: [Float]) {
        precondition(values.count == shape.parameterCount, "the values are not of this shape")
        self.shape = shape
        self.values = values
    }

    /// Where training starts, the same on every machine.
    package static func initial(shape: NetworkShape, seed: UInt64) -> NetworkParameters {
        var parameters = InitialParameters(shape: shape, seed: seed)
        var values = [Float](repeating: 0, count: shape.parameterCount)
        _ = parameters.fill(&values)
        return NetworkParameters(shape: shape, values: values)
    }

    /// These parameters moved by an update.
    ///
    /// - Throws: ``LearningError``: `wrongTensors` for another shape, `notFinite` for an overflow.
    package func adding(_ update: NetworkParameters) throws(LearningError) -> NetworkParameters {
        guard update.shape == shape else {
            throw .wrongTensors("the update is of a network of another shape")
        }
        let sum = zip(values, update.values).map { $0 + $1 }
        guard sum.allSatisfy(\.isFinite) else { throw .notFinite("a parameter of the next model") }
        return NetworkParameters(shape: shape, values: sum)
    }

    /// How far `other` lies from these.
    func difference(to other: NetworkParameters) -> NetworkParameters {
        NetworkParameters(shape: shape, values: zip(other.values, values).map { $0 - $1 })
    }

    /// `layer0.bias`, `layer0.weight`, `layer1.bias` …, F32.
    package var tensors: [Tensor] {
        shape.tensorPlaces.map { name, tensorShape, places in
            do {
                return try Tensor(
                    name: name, shape: tensorShape, float32: Array(values[places]))
            } catch {
                preconditionFailure("the places are those of the shape: \(error)")
            }
        }
    }

    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`.
    package init(tensors: [Tensor], shape: NetworkShape) throws(LearningError) {
        var named = NamedTensors(tensors)
        try self.init(from: &named, shape: shape)
        try named.finish()
    }

    init(from named: inout NamedTensors, shape: NetworkShape) throws(LearningError) {
        self.shape = shape
        var values: [Float] = []
        values.reserveCapacity(shape.parameterCount)
        for (name, tensorShape, _) in shape.tensorPlaces {
            values += try named.float32(name, shape: tensorShape)
        }
        self.values = values
    }
}

extension NetworkShape {
    /// The tensors that hold the parameters, in order, and where each stands in the vector.
    var tensorPlaces: [(name: String, shape: [Int], places: Range<Int>)] {
        layers.enumerated().flatMap { number, layer in
            [
                ("layer\(number).bias", [layer.outputs], layer.bias..<layer.weight),
                (
                    "layer\(number).weight", [layer.outputs, layer.inputs],
                    layer.weight..<layer.weight + layer.inputs * layer.outputs
                ),
            ]
        }
    }
}
