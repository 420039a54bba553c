/// The form of a network of fully connected layers: how wide they are, and what stands between them
/// and after the last.
///
/// Layer l has the weights `layer<l>.weight`, of the shape [outputs, inputs] as in PyTorch, and
/// `layer<l>.bias`, of the shape [outputs]. All of them stand in one vector in the order of their
/// names, compared as bytes, so that it is the order in which a safetensors file holds them.
package struct NetworkShape: Hashable, Sendable {
    /// What stands after each hidden layer.
    package enum Activation: String, CaseIterable, Hashable, Sendable {
        case relu, tanh
    }

    /// What stands after the last layer, and with it the loss.
    package enum Output: Hashable, Sendable {
        /// A number as it is; half the squared error.
        case identity
        /// The probability 1 / (1 + e^−z); the log loss.
        case logistic
        /// A probability for each of so many classes; the cross entropy.
        case softmax(Int)

        package var width: Int {
            switch self {
            case .identity, .logistic: 1
            case .softmax(let count): count
            }
        }
    }

    struct Layer: Hashable, Sendable {
        let inputs: Int
        let outputs: Int
        /// Where its numbers stand in the vector of all parameters.
        let bias: Int
        let weight: Int
    }

    /// More would give a layer's number a second digit, and the names another order.
    package static let hiddenLayersMax = 9
    package static let widthMax = 1 << 16
    /// 1 GiB of parameters.
    package static let parametersMax = 1 << 28

    package let inputs: Int
    /// The width of each hidden layer.
    package let hidden: [Int]
    package let activation: Activation
    package let output: Output
    let layers: [Layer]
    package let parameterCount: Int

    /// - Parameter inputs: P, at least 1.
    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    package init(
        inputs: Int, hidden: [Int], activation: Activation, output: Output
    ) throws(LearningError) {
        guard hidden.count <= Self.hiddenLayersMax else {
            throw .wrongValue(
                name: "hidden", problem: "should be at most \(Self.hiddenLayersMax) layers")
        }
        guard hidden.allSatisfy({ 1...Self.widthMax ~= $0 }) else {
            throw .wrongValue(
                name: "hidden", problem: "should be widths from 1 to \(Self.widthMax)")
        }
        guard 1...Self.parametersMax ~= inputs, 1...Self.widthMax ~= output.width else {
            throw .wrongValue(name: "layout", problem: "makes a network that is too wide")
        }
        var layers: [Layer] = []
        var count = 0
        for (inputs, outputs) in zip([inputs] + hidden, hidden + [output.width]) {
            layers.append(
                Layer(inputs: inputs, outputs: outputs, bias: count, weight: count + outputs))
            count += outputs + outputs * inputs
        }
        guard count <= Self.parametersMax else {
            throw .wrongValue(
                name: "hidden",
                problem: "makes \(count) parameters, and at most \(Self.parametersMax) are allowed")
        }
        self.inputs = inputs
        self.hidden = hidden
        self.activation = activation
        self.output = output
        self.layers = layers
        parameterCount = count
    }
}
