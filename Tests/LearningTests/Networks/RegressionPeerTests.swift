import Encodings
import Testing

@testable import Learning

/// Linear and multinomial regression against scikit-learn's exact solutions.
@Suite struct RegressionPeerTests {
    @Test(
        "Linear regression over three sites finds scikit-learn's coefficients to 1e-3",
        .enabled(if: PythonPeer.isPresent, PythonPeer.absence), arguments: [0, 0.05])
    func linear(l2: Double) throws {
        let data = try MadeData(
            seed: 11, rows: 400, numeric: 4, target: MadeData.number
        ) { row, noise in
            1_000 + 3 * row[0] - 2 * row[1] + 0.5 * row[2] + Float(noise)
        }
        let settings = try NetworkSettings(
            kind: .linearRegression, layout: data.layout, target: data.target,
            training: LocalTraining(
                learningRate: 0.3, l2: l2, amount: .epochs(1), batchSize: 400, seed: 1))
        let model = try FederatedSteps.averaged(
            FederatedSteps.start(settings, data), settings.training, data, rounds: 300)
        let peer = try PythonPeer.run(
            "linear.py",
            [
                "x": .numbers(data.rows.inputs.values), "y": .numbers(data.rows.labels),
                "width": 4, "l2": .number(l2),
            ])
        let weights = model.parameters.values.dropFirst()
        for (weight, expected) in zip(weights, try peer.numbers("weights")) {
            #expect(abs(Double(weight) - expected) < 1e-3)
        }
        let predictions = try model.predictions(of: data.rows.inputs)
        for (prediction, expected) in zip(predictions, try peer.numbers("predictions")) {
            #expect(abs(prediction - expected) < 1e-3 * model.answerScale)
        }
    }

    @Test(
        "Multinomial regression over three sites gives scikit-learn's probabilities to 2e-3",
        .enabled(if: PythonPeer.isPresent, PythonPeer.absence))
    func multinomial() throws {
        let data = try MadeData(
            seed: 12, rows: 500, numeric: 3, isCategorical: false,
            target: MadeData.classTarget()
        ) { row, noise in
            let score = row[0] - (row[1] - 3) / 2 + Float(noise)
            return score < -0.7 ? 0 : score < 0.7 ? 1 : 2
        }
        let l2 = 0.01
        let settings = try NetworkSettings(
            kind: .multinomialRegression, layout: data.layout, target: data.target,
            training: LocalTraining(
                learningRate: 0.5, l2: l2, amount: .epochs(1), batchSize: 500, seed: 1))
        let model = try FederatedSteps.averaged(
            FederatedSteps.start(settings, data), settings.training, data, rounds: 1_500)
        let peer = try PythonPeer.run(
            "multinomial.py",
            [
                "x": .numbers(data.rows.inputs.values), "y": .numbers(data.rows.labels),
                "width": 3, "l2": .number(l2),
            ])
        let predictions = try model.predictions(of: data.rows.inputs)
        for (prediction, expected) in zip(predictions, try peer.numbers("probabilities")) {
            #expect(abs(prediction - expected) < 2e-3)
        }
        guard
            case .multiclass(let metrics) = try NetworkTrainer.evaluate(
                model: model, on: data.dataset)
        else {
            Issue.record("classes should be judged as classes")
            return
        }
        #expect(try abs(metrics.accuracy - peer.number("accuracy")) <= 0.004)
        #expect(try abs(metrics.logLoss - peer.number("logLoss")) < 1e-3)
        let area = try #require(metrics.macroAUC)
        #expect(try abs(area - peer.number("macroAUC")) < 1e-3)
    }
}
