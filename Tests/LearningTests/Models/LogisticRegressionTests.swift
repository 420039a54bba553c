import Encodings
import Randomness
import Tensors
import Testing

@testable import Learning

@Suite struct LogisticRegressionTests {
    @Test("The gradient is the derivative of the loss", arguments: 0..<20 as Range<UInt64>)
    func gradientIsTheDerivative(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rows = randomRows(&random, count: 40, width: 5)
        let parameters = LogisticParameters(weights: random.floats(5), bias: 0.3)
        let l2 = 0.1
        let gradient = LogisticRegression.gradient(
            at: parameters, on: rows, indices: Array(0..<40)[...], l2: Float(l2))

        func loss(_ parameters: LogisticParameters) -> Double {
            let penalty = parameters.weights.reduce(0.0) { $0 + Double($1) * Double($1) } * l2 / 2
            return LogisticRegression.loss(of: parameters, on: rows) + penalty
        }
        let step: Float = 1 / 128
        for index in 0...5 {
            var (up, down) = (parameters, parameters)
            if index < 5 {
                up.weights[index] += step
                down.weights[index] -= step
            } else {
                up.bias += step
                down.bias -= step
            }
            let slope = (loss(up) - loss(down)) / (2 * Double(step))
            let derivative = Double(index < 5 ? gradient.weights[index] : gradient.bias)
            #expect(abs(slope - derivative) < 2e-4, "seed \(seed), parameter \(index)")
        }
    }

    @Test("A whole batch is one gradient step")
    func wholeBatch() throws {
        var random = SeededRandom(seed: 3)
        let rows = randomRows(&random, count: 16, width: 3)
        let trained = try LogisticRegression.trained(
            from: .zero(width: 3), on: rows,
            configuration: TrainingConfiguration(learningRate: 0.5, batchSize: 100, seed: 1))
        for j in 0..<3 {
            let gradient = (0..<16).reduce(0.0) { sum, row in
                sum + (0.5 - Double(rows.labels[row]))
                    * Double(rows.inputs[row].dropFirst(j).first ?? 0) / 16
            }
            #expect(abs(Double(trained.weights[j]) + 0.5 * gradient) < 1e-6)
        }
    }

    @Test("The same seed gives the same bits, another seed others")
    func trainingRepeats() throws {
        var random = SeededRandom(seed: 4)
        let rows = randomRows(&random, count: 200, width: 7)
        func train(_ seed: UInt64) throws -> LogisticParameters {
            try LogisticRegression.trained(
                from: .zero(width: 7), on: rows,
                configuration: TrainingConfiguration(
                    learningRate: 0.3, localEpochs: 3, batchSize: 9, l2: 0.01, seed: seed))
        }
        let first = try train(1)
        #expect(first.tensors == (try train(1)).tensors)
        #expect(first.tensors != (try train(2)).tensors)
        // Pinned: a change here is a change of every future model, and of what an auditor
        // recomputes.
        let bytes = try Safetensors(first.tensors).bytes.suffix(32)
        #expect(Hex.encode(bytes) == pinnedParameters)
    }

    @Test("Training brings the loss to its minimum")
    func lossFalls() throws {
        var random = SeededRandom(seed: 5)
        let rows = randomRows(&random, count: 500, width: 4)
        let trained = try LogisticRegression.trained(
            from: .zero(width: 4), on: rows,
            configuration: TrainingConfiguration(
                learningRate: 1, localEpochs: 300, batchSize: 500, seed: 1))
        let gradient = LogisticRegression.gradient(
            at: trained, on: rows, indices: Array(0..<500)[...], l2: 0)
        #expect((gradient.weights + [gradient.bias]).allSatisfy { abs($0) < 1e-4 })
        #expect(LogisticRegression.loss(of: trained, on: rows) < 0.6)
    }

    @Test("A learning rate that is too high is named as the reason")
    func divergence() throws {
        let rows = LabelledRows(
            inputs: DesignMatrix(width: 1, values: [1e30, -1e30]), labels: [1, 0])
        let configuration = try TrainingConfiguration(learningRate: 1e10, localEpochs: 5, seed: 1)
        let error = #expect(throws: LearningError.self) {
            try LogisticRegression.trained(
                from: .zero(width: 1), on: rows, configuration: configuration)
        }
        #expect(error == .diverged(epoch: 1, learningRate: 1e10))
        #expect(
            error.map { "\($0)" }
                == "training ran away in epoch 1: the learning rate 10000000000 is too high for this "
                + "data; try a tenth of it")
    }

    @Test("A configuration that makes no sense is refused, and a good one is read back")
    func configurations() throws {
        let good = try TrainingConfiguration(
            learningRate: 0.05, localEpochs: 2, batchSize: 16, l2: 1, seed: 1 << 53 - 1)
        #expect(
            good.json.canonicalText
                == #"{"batchSize":16,"l2":1,"learningRate":0.05,"localEpochs":2,"seed":9007199254740991}"#
        )
        #expect(
            try TrainingConfiguration(json: JSONValue(parsing: good.json.canonicalText)) == good)
        #expect(try good.seeded(7).seed == 7)
        for (text, message) in [
            ("{}", "job.learningRate is missing"),
            (
                #"{"learningRate":0,"localEpochs":1,"batchSize":1,"l2":0,"seed":1}"#,
                "job.learningRate should be a number above 0"
            ),
            (
                #"{"learningRate":"1","localEpochs":1,"batchSize":1,"l2":0,"seed":1}"#,
                "job.learningRate should be a number, and is a string"
            ),
            (
                #"{"learningRate":1,"localEpochs":0,"batchSize":1,"l2":0,"seed":1}"#,
                "job.localEpochs should be from 1 to 2147483648"
            ),
            (
                #"{"learningRate":1,"localEpochs":1,"batchSize":-2,"l2":0,"seed":1}"#,
                "job.batchSize should be from 1 to 2147483648"
            ),
            (
                #"{"learningRate":1,"localEpochs":1,"batchSize":1,"l2":-1,"seed":1}"#,
                "job.l2 should be a number, 0 or above"
            ),
            (
                #"{"learningRate":1,"localEpochs":1,"batchSize":1,"l2":0,"seed":-1}"#,
                "job.seed should be from 0 to 9007199254740991, and is -1"
            ),
            (
                #"{"learningRate":1,"localEpochs":1,"batchSize":1,"l2":0,"seed":1,"mu":0}"#,
                "job.mu is not a known field"
            ),
        ] {
            let error = #expect(throws: JSONShapeError.self) {
                try TrainingConfiguration(json: JSONValue(parsing: text), at: "job")
            }
            #expect(error.map { "\($0)" } == message)
        }
    }

    private func randomRows(
        _ random: inout SeededRandom, count: Int, width: Int
    ) -> LabelledRows {
        let truth = random.floats(width)
        let inputs = DesignMatrix(width: width, values: random.floats(count * width))
        let labels = (0..<count).map { row -> Float in
            let logit = zip(inputs[row], truth).reduce(0) { $0 + $1.0 * $1.1 }
            return Float(random.normalNumber()) < logit ? 1 : 0
        }
        return LabelledRows(inputs: inputs, labels: labels)
    }
}

private let pinnedParameters = "1502e93d430a8abe2bd899bd802fafbfc7f63bbec80dcebe0a856ebec594c73f"
