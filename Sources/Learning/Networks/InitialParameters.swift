import Randomness

/// The parameters from which training starts, one after the other.
///
/// Biases are 0, and so are the weights of a network without hidden layers, whose loss is convex. The
/// others are uniform between ±√(6 / (inputs + outputs)): Glorot and Bengio, *Understanding the
/// Difficulty of Training Deep Feedforward Neural Networks*, AISTATS 2010, equation 16. They are drawn
/// layer by layer, output by output.
struct InitialParameters {
    private let shape: NetworkShape
    private var random: SeededRandom
    private var place = 0
    private var layer = 0

    init(shape: NetworkShape, seed: UInt64) {
        self.shape = shape
        random = SeededRandom(seed: seed)
    }

    /// Fills an array with those that come next.
    ///
    /// - Returns: How many there were left of them, at most the array's length.
    mutating func fill(_ values: inout [Float]) -> Int {
        let count = min(values.count, shape.parameterCount - place)
        for index in 0..<count {
            values[index] = next()
        }
        return count
    }

    private mutating func next() -> Float {
        defer { place += 1 }
        while place >= shape.layers[layer].end { layer += 1 }
        let current = shape.layers[layer]
        guard place >= current.weight, !shape.hidden.isEmpty else { return 0 }
        return Float((2 * random.uniformFraction() - 1) * current.glorotLimit)
    }
}

extension NetworkShape.Layer {
    fileprivate var end: Int { weight + inputs * outputs }
    fileprivate var glorotLimit: Double { (6 / Double(inputs + outputs)).squareRoot() }
}
