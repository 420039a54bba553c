import Encodings
import Learning
import Randomness
import Strategies

/// Training with Adam (Kingma and Ba, *Adam*, ICLR 2015, algorithm 1 in the order of section 2's
/// end), which the built-in trainers do not have: their step gives the gradient, and the server
/// rule of FedAdam, with the rate of the step that corrects the bias, makes Adam of it.
enum AdamDescent {
    private static let (beta1, beta2) = (0.9, 0.999)

    /// - Parameter model: With the parameters from which to start.
    static func trained(
        _ model: NetworkModel, on dataset: LocalDataset, rate: Double, epochs: Int, batchSize: Int,
        seed: UInt64
    ) throws -> NetworkModel {
        // One step of the rate 1 moves the parameters by the gradient.
        let step = try LocalTraining(
            learningRate: 1, amount: .steps(1), batchSize: batchSize, seed: 0)
        let rows = dataset.training
        var random = SeededRandom(seed: seed)
        var model = model
        var states: [String: [Float]] = [:]
        var (power1, power2) = (1.0, 1.0)
        for _ in 0..<epochs {
            let order = random.permutation(of: rows.count)
            for start in stride(from: 0, to: order.count, by: batchSize) {
                let batch = dataset.with(
                    training: rows.rows(at: order[start..<min(start + batchSize, order.count)]))
                let gradient = try NetworkTrainer.train(base: model, on: batch, training: step)
                power1 *= beta1
                power2 *= beta2
                let rule = try Strategy.adaptive(
                    .adam, serverRate: rate * (1 - power2).squareRoot() / (1 - power1),
                    beta1: beta1, beta2: beta2, tau: 1e-8)
                let parameters: [Float]
                (parameters, states) = try Aggregation(
                    rule, base: ParameterSource(model.parameters.values),
                    states: states.mapValues { ParameterSource($0) },
                    updates: [Update(weight: 1, delta: ParameterSource(gradient.update.values))]
                ).result()
                model = try model.with(
                    NetworkParameters(shape: model.parameters.shape, values: parameters))
            }
        }
        return model
    }
}

extension LocalDataset {
    /// The same with other rows to train on.
    func with(training: LabelledRows) -> LocalDataset {
        LocalDataset(layout: layout, target: target, training: training, holdout: holdout)
    }
}

extension LabelledRows {
    /// Some rows, in this order.
    func rows(at places: some Collection<Int>) -> LabelledRows {
        LabelledRows(
            inputs: DesignMatrix(width: inputs.width, values: places.flatMap { inputs[$0] }),
            labels: places.map { labels[$0] })
    }
}
