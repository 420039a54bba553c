import Encodings
import Testing

@testable import Learning

/// Multilayer perceptrons of several sites against scikit-learn's on their pooled rows.
@Suite struct PerceptronPeerTests {
    struct Case: CustomTestStringConvertible {
        let output: NetworkShape.Output
        let activation: NetworkShape.Activation
        let l2: Double

        var testDescription: String { "\(output) \(activation) l2 \(l2)" }
    }

    private static let hidden = [7, 5]
    private static let rounds = 60
    private static let learningRate = 0.3

    private static func data(_ output: NetworkShape.Output) throws -> MadeData {
        let target: Target =
            switch output {
            case .identity: MadeData.number
            case .logistic: MadeData.label
            case .softmax: try MadeData.classTarget()
            }
        return try MadeData(seed: 21, rows: 300, numeric: 3, target: target) { row, noise in
            let score = row[0] - (row[1] - 3) / 2 + Float(noise) / 2
            switch output {
            case .identity: return 50 + 10 * score
            case .logistic: return score > 0 ? 1 : 0
            case .softmax: return score < -0.7 ? 0 : score < 0.7 ? 1 : 2
            }
        }
    }

    @Test(
        """
        After 60 rounds of a step at each of three sites, parameters are within 1e-5 of scikit-learn's \
        on the pooled rows, the loss within 1e-5 of its own size, and accuracy within a row
        """,
        .enabled(if: PythonPeer.isPresent, PythonPeer.absence),
        arguments: [
            Case(output: .softmax(3), activation: .relu, l2: 0.01),
            Case(output: .softmax(3), activation: .tanh, l2: 0),
            Case(output: .logistic, activation: .tanh, l2: 0.02),
            Case(output: .identity, activation: .relu, l2: 0.01),
        ])
    func likeScikitLearn(test: Case) throws {
        let data = try Self.data(test.output)
        let settings = try NetworkSettings(
            kind: .multilayerPerceptron, layout: data.layout, target: data.target,
            hidden: Self.hidden, activation: test.activation,
            training: LocalTraining(
                learningRate: Self.learningRate, l2: test.l2, amount: .epochs(1),
                batchSize: data.rows.count, seed: 4))
        let start = try FederatedSteps.start(settings, data)
        let model = try FederatedSteps.averaged(
            start, settings.training, data, rounds: Self.rounds)
        let output =
            switch test.output {
            case .identity: "identity"
            case .logistic: "logistic"
            case .softmax: "softmax"
            }
        let peer = try PythonPeer.run(
            "sklearn_perceptron.py",
            [
                "x": .numbers(data.rows.inputs.values), "y": .numbers(data.rows.labels),
                "width": 3,
                "widths": .numbers(([3] + Self.hidden + [test.output.width]).map { Double($0) }),
                "start": .numbers(start.parameters.values),
                "activation": .string(test.activation.rawValue), "output": .string(output),
                "l2": .number(test.l2), "learningRate": .number(Self.learningRate),
                "steps": .integer(Int64(Self.rounds)),
            ])
        let expected = try peer.numbers("parameters")
        #expect(expected.count == model.parameters.values.count)
        let distances = zip(model.parameters.values, expected).map { abs(Double($0) - $1) }
        #expect(try #require(distances.max()) < 1e-5)
        // That the two agree says something only if both have gone some way.
        let moved = zip(model.parameters.values, start.parameters.values).map { abs($0 - $1) }
        #expect(try #require(moved.max()) > 0.2)

        let (loss, accuracy): (Double, Double?) =
            switch try NetworkTrainer.evaluate(model: model, on: data.dataset) {
            case .binary(let metrics): (metrics.logLoss, metrics.accuracy)
            case .multiclass(let metrics): (metrics.logLoss, metrics.accuracy)
            case .regression(let metrics): (metrics.meanSquaredError, nil)
            }
        let expectedLoss = try peer.number("loss")
        #expect(abs(loss - expectedLoss) < 1e-5 * expectedLoss)
        if let accuracy {
            let row = 1 / Double(data.rows.count)
            #expect(try abs(accuracy - peer.number("accuracy")) < 1.5 * row)
            #expect(accuracy > 0.75)
        }
    }
}
