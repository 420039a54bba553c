import CKernels
import Encodings
import Randomness
import Tensors
import Testing

@testable import Learning

@Suite struct PerceptronTests {
    private static func data(_ output: NetworkShape.Output, seed: UInt64 = 5) throws -> MadeData {
        let target: Target =
            switch output {
            case .identity: MadeData.number
            case .logistic: MadeData.label
            case .softmax: try MadeData.classTarget()
            }
        return try MadeData(
            seed: seed, rows: 60, numeric: 3, isCategorical: true, target: target
        ) { row, noise in
            let score = row[0] + row[3] - row[4] + Float(noise)
            switch output {
            case .identity: return 10 * score
            case .logistic: return score > 0 ? 1 : 0
            case .softmax: return score < -1 ? 0 : score < 1 ? 1 : 2
            }
        }
    }

    private static func model(
        _ data: MadeData, hidden: [Int] = [7, 5], activation: NetworkShape.Activation,
        seed: UInt64 = 3
    ) throws -> NetworkModel {
        let settings = try NetworkSettings(
            kind: .multilayerPerceptron, layout: data.layout, target: data.target, hidden: hidden,
            activation: activation, training: LocalTraining(seed: seed))
        return try NetworkModel.initial(
            settings, moments: NetworkTrainer.statistics(of: data.dataset))
    }

    struct Case: CustomTestStringConvertible {
        var output: NetworkShape.Output
        var activation: NetworkShape.Activation
        var momentum = 0.0
        var l2 = 0.0
        var mu = 0.0
        var isControlled = false
        var startsElsewhere = false
        var testDescription: String {
            "\(output) \(activation) momentum \(momentum) l2 \(l2) mu \(mu) "
                + "\(isControlled ? "controlled" : "") \(startsElsewhere ? "elsewhere" : "")"
        }
    }

    @Test(
        "Four steps are those of NumPy to 1e-5, whatever the objective",
        .enabled(if: PythonPeer.isPresent, PythonPeer.absence),
        arguments: [
            Case(output: .softmax(3), activation: .relu),
            Case(output: .softmax(3), activation: .tanh, momentum: 0.9),
            Case(output: .logistic, activation: .tanh, l2: 0.1),
            Case(output: .identity, activation: .relu, momentum: 0.5, l2: 0.1),
            Case(output: .logistic, activation: .relu, mu: 0.7),
            Case(output: .identity, activation: .tanh, momentum: 0.9, l2: 0.01, mu: 0.3),
            Case(output: .softmax(3), activation: .relu, l2: 0.01, isControlled: true),
            Case(output: .softmax(3), activation: .tanh, l2: 0.02, mu: 2, startsElsewhere: true),
        ])
    func steps(of test: Case) throws {
        let data = try Self.data(test.output)
        let base = try Self.model(data, activation: test.activation)
        let count = base.parameters.values.count
        var random = SeededRandom(seed: 9)
        func noise() -> [Float] { (0..<count).map { _ in Float(random.normalNumber() / 10) } }
        let (own, common) = (noise(), noise())
        let start =
            test.startsElsewhere
            ? NetworkParameters(
                shape: base.parameters.shape,
                values: zip(base.parameters.values, noise()).map { $0 + $1 }) : base.parameters
        let objective: LocalObjective =
            test.isControlled
            ? .controlled(own: own, common: common)
            : test.mu > 0 ? .proximal(mu: test.mu) : .plain
        let outcome = try NetworkTrainer.train(
            base: base, start: start, on: data.dataset,
            training: LocalTraining(
                learningRate: 0.2, momentum: test.momentum, l2: test.l2, amount: .steps(4),
                batchSize: 60, seed: 1), objective: objective)

        let prepared = try NetworkTrainer.prepared(data.rows, of: data.dataset, for: base)
        let output =
            switch test.output {
            case .identity: "identity"
            case .logistic: "logistic"
            case .softmax: "softmax"
            }
        let peer = try PythonPeer.run(
            "perceptron.py",
            [
                "x": .numbers(prepared.inputs.values), "y": .numbers(prepared.labels),
                "width": .integer(Int64(data.layout.width)),
                "widths": .numbers(
                    [data.layout.width, 7, 5, test.output.width].map { Double($0) }),
                "start": .numbers(start.values), "anchor": .numbers(base.parameters.values),
                "drift": .numbers(
                    zip(common, own).map { test.isControlled ? $0 - $1 : 0 }),
                "activation": .string(test.activation.rawValue), "output": .string(output),
                "steps": 4, "momentum": .number(test.momentum), "l2": .number(test.l2),
                "mu": .number(test.mu), "learningRate": .number(0.2),
            ])
        for (value, expected) in zip(outcome.trained.values, try peer.numbers("parameters")) {
            #expect(abs(Double(value) - expected) < 1e-5)
        }
        for (index, value) in outcome.update.values.enumerated() {
            #expect(value == outcome.trained.values[index] - base.parameters.values[index])
        }
        #expect(outcome.stepCount == 4 && outcome.rowCount == 60)
        guard test.isControlled else {
            #expect(outcome.control == nil)
            return
        }
        let control = try #require(outcome.control)
        for index in 0..<count {
            let expected =
                own[index] - common[index]
                + (start.values[index] - outcome.trained.values[index]) / 0.8
            #expect(abs(control.own[index] - expected) < 1e-5)
            #expect(abs(control.difference[index] - (expected - own[index])) < 1e-5)
        }
    }

    @Test(
        "A step descends along the loss's own slope, by finite differences",
        arguments: [NetworkShape.Output.identity, .logistic, .softmax(3)])
    func gradient(output: NetworkShape.Output) throws {
        let data = try Self.data(output)
        let model = try Self.model(data, activation: .tanh)
        let rows = try NetworkTrainer.prepared(data.rows, of: data.dataset, for: model)
        let outcome = try NetworkTrainer.train(
            base: model, on: data.dataset,
            training: LocalTraining(learningRate: 1, amount: .steps(1), batchSize: 60, seed: 1))
        let step: Float = 1.0 / 64
        for index in model.parameters.values.indices {
            var (upper, lower) = (model.parameters, model.parameters)
            upper.values[index] += step
            lower.values[index] -= step
            let slope =
                try (NetworkPass.loss(of: upper, on: rows) - NetworkPass.loss(of: lower, on: rows))
                / Double(2 * step)
            #expect(abs(slope + Double(outcome.update.values[index])) < 1e-3, "\(index)")
        }
    }

    @Test("With control variates of zero, one step's new variate is the gradient itself")
    func firstVariate() throws {
        let data = try Self.data(.logistic)
        let model = try Self.model(data, activation: .relu)
        let zeros = [Float](repeating: 0, count: model.parameters.values.count)
        let training = try LocalTraining(
            learningRate: 0.25, amount: .steps(1), batchSize: 60, seed: 1)
        let plain = try NetworkTrainer.train(base: model, on: data.dataset, training: training)
        let controlled = try NetworkTrainer.train(
            base: model, on: data.dataset, training: training,
            objective: .controlled(own: zeros, common: zeros))
        #expect(controlled.update == plain.update)
        let control = try #require(controlled.control)
        #expect(control.own == control.difference)
        for (variate, step) in zip(control.own, plain.update.values) {
            #expect(abs(variate + 4 * step) < 1e-6)
        }
    }

    @Test("The gradients' weight is that of the closed forms of FedNova")
    func gradientWeight() throws {
        for (momentum, steps) in [(0.0, 7), (0.9, 1), (0.9, 25), (0.5, 100)] {
            let training = try LocalTraining(learningRate: 0.1, momentum: momentum, seed: 0)
            let expected = (0..<steps).reduce(0.0) { sum, j in
                sum
                    + (0..<steps - j).reduce(0.0) { power, _ in power * momentum + 1 }
            }
            #expect(abs(training.gradientWeight(stepCount: steps) - expected) < 1e-9 * expected)
        }
        // With a pull the weights are (1 − ημ)^(τ−1−j).
        let training = try LocalTraining(learningRate: 0.1, seed: 0)
        let expected = (1 - 0.8 * 0.8 * 0.8 * 0.8 * 0.8) / 0.2
        #expect(abs(training.gradientWeight(stepCount: 5, pull: 2) - expected) < 1e-12)
    }

    @Test("The initial model is the same everywhere, and reads back as it was written")
    func initialModel() throws {
        for output in [NetworkShape.Output.identity, .logistic, .softmax(3)] {
            let data = try Self.data(output)
            let model = try Self.model(data, activation: .tanh)
            let second = try Self.model(data, activation: .tanh)
            #expect(model.bytes == second.bytes)
            #expect(try NetworkModel(parsing: model.bytes) == model)
            let other = try Self.model(data, activation: .tanh, seed: 4)
            #expect(model != other)
            let inFile = model.safetensors.tensors.compactMap(\.float32).flatMap(\.self)
            #expect(inFile == model.parameters.values)
        }
        // Glorot's bound for 6 inputs and 7 outputs, and numbers that stay what they are.
        let shape = try NetworkShape(
            inputs: 6, hidden: [7], activation: .relu, output: .logistic)
        let values = NetworkParameters.initial(shape: shape, seed: 1).values
        #expect(values.prefix(7).allSatisfy { $0 == 0 })
        let weights = values[7..<49]
        #expect(weights.allSatisfy { abs($0) <= Float((6.0 / 13).squareRoot()) })
        #expect(weights.contains { abs($0) > 0.5 })
        var random = SeededRandom(seed: 1)
        let first = (2 * random.uniformFraction() - 1) * (6.0 / 13).squareRoot()
        #expect(weights.first == Float(first))
    }

    @Test("A first model that is written block by block is the one that is made in memory")
    func firstModelInBlocks() throws {
        for target in [MadeData.label, MadeData.number] {
            let data = try MadeData(seed: 4, rows: 60, numeric: 3, target: target) { row, _ in
                row[0] > 0 ? 1 : 0
            }
            for hidden in [[], [5], [300, 300, 2]] {
                let settings = try NetworkSettings(
                    kind: .multilayerPerceptron, layout: data.dataset.layout,
                    target: data.dataset.target, hidden: hidden, activation: .tanh,
                    training: LocalTraining(
                        learningRate: 0.1, amount: .steps(1), batchSize: 1, seed: 3))
                let moments = NetworkTrainer.statistics(of: data.dataset)
                var written: [UInt8] = []
                var pieceMax = 0
                try InitialNetwork(settings, moments: moments).write {
                    written += $0
                    pieceMax = max(pieceMax, $0.count)
                }
                #expect(try NetworkModel.initial(settings, moments: moments).bytes == written)
                #expect(pieceMax <= 1 << 18)
            }
        }
    }

    @Test("A perceptron learns what no line can separate")
    func exclusiveOr() throws {
        let data = try MadeData(seed: 8, rows: 800, numeric: 2, target: MadeData.label) {
            row, _ in (row[0] > 0) != (row[1] > 3) ? 1 : 0
        }
        let model = try Self.model(data, hidden: [16], activation: .relu)
        let outcome = try NetworkTrainer.train(
            base: model, on: data.dataset,
            training: LocalTraining(
                learningRate: 0.1, momentum: 0.9, amount: .epochs(40), batchSize: 32, seed: 2))
        guard
            case .binary(let metrics) = try NetworkTrainer.evaluate(
                model: model.with(outcome.trained), on: data.dataset)
        else {
            Issue.record("a label should be judged as a label")
            return
        }
        #expect(metrics.accuracy > 0.95)
        #expect(outcome.loss < 0.2)
    }

    @Test("The hyperbolic tangent is exact to a few units in the last place")
    func tanh() {
        var random = SeededRandom(seed: 3)
        let inputs =
            [0, 1e-30, -1e-6, 0.5, 0.71, -0.71, 8.9, 9.1, 100, -1e30].map { Float($0) }
            + (0..<2_000).map { _ in Float(random.normalNumber() * 3) }
        var outputs = inputs
        jl_tanh(&outputs, outputs.count)
        for (input, output) in zip(inputs, outputs) {
            let power = jl_exp(-2 * abs(Double(input)))
            // Near zero the quotient cancels; there the series has three terms that count.
            let x = Double(input)
            let expected =
                abs(x) < 1e-3
                ? x - x * x * x / 3 : (x < 0 ? -1 : 1) * (1 - power) / (1 + power)
            #expect(abs(Double(output) - expected) <= 4 * Double(Float(expected).ulp))
        }
        var special: [Float] = [.nan, .infinity, -.infinity]
        jl_tanh(&special, 3)
        #expect(special[0].isNaN && special[1] == 1 && special[2] == -1)
    }
}
