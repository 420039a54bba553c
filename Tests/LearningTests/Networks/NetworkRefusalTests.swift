import Encodings
import Tensors
import Testing

@testable import Learning

/// What does not belong together is refused with words, and extreme numbers end in an error.
@Suite struct NetworkRefusalTests {
    private static func made() throws -> (data: MadeData, model: NetworkModel) {
        let data = try MadeData(seed: 2, rows: 30, numeric: 2, target: MadeData.number) {
            row, noise in row[0] + Float(noise)
        }
        let settings = try NetworkSettings(
            kind: .multilayerPerceptron, layout: data.layout, target: data.target, hidden: [3],
            training: LocalTraining(seed: 1))
        return (
            data,
            try NetworkModel.initial(
                settings, moments: NetworkTrainer.statistics(of: data.dataset))
        )
    }

    @Test("A rate that is too high ends in an error that says so")
    func divergence() throws {
        let (data, model) = try Self.made()
        for rate in [1e3, 1e30] {
            #expect(throws: LearningError.diverged(epoch: 1, learningRate: rate)) {
                for epochs in [1, 5, 100] {
                    do {
                        _ = try NetworkTrainer.train(
                            base: model, on: data.dataset,
                            training: LocalTraining(
                                learningRate: rate, momentum: 0.9, amount: .epochs(epochs),
                                batchSize: 4, seed: 1))
                    } catch LearningError.diverged(_, let rate) {
                        throw LearningError.diverged(epoch: 1, learningRate: rate)
                    }
                }
            }
        }
    }

    @Test("Extreme inputs and answers give an error or a finite model, and never a crash")
    func extremes() throws {
        let layout = try FeatureLayout(commonTo: [schema([("x", .numeric)])])
        let extremes: [Float] = [3e38, -3e38, .leastNonzeroMagnitude, 0, .nan, 3e38]
        let rows = LabelledRows(
            inputs: DesignMatrix(width: 1, values: extremes),
            labels: extremes.map { $0.isNaN ? 1 : $0 })
        let dataset = LocalDataset(
            layout: layout, target: MadeData.number, training: rows, holdout: rows)
        let settings = try NetworkSettings(
            kind: .linearRegression, layout: layout, target: MadeData.number,
            training: LocalTraining(seed: 1))
        let model = try NetworkModel.initial(
            settings, moments: NetworkTrainer.statistics(of: dataset))
        let outcome = try NetworkTrainer.train(
            base: model, on: dataset, training: settings.training)
        #expect(outcome.update.values.allSatisfy { $0.isFinite })
        let metrics = try NetworkTrainer.evaluate(model: model, on: dataset)
        #expect(metrics.summaryMicro["holdoutLoss"] == 9_000_000_000_000_000)
        #expect(!metrics.json.canonicalText.isEmpty && !metrics.ledgerJSON.canonicalText.isEmpty)
    }

    @Test("A batch may be larger than the data, and takes no memory for rows that are not there")
    func hugeBatch() throws {
        let (data, model) = try Self.made()
        let whole = try NetworkTrainer.train(
            base: model, on: data.dataset,
            training: LocalTraining(amount: .epochs(3), batchSize: 30, seed: 1))
        let huge = try NetworkTrainer.train(
            base: model, on: data.dataset,
            training: LocalTraining(amount: .epochs(3), batchSize: 1 << 24, seed: 1))
        #expect(huge == whole)
        #expect(huge.stepCount == 3)
    }

    @Test("Settings say what they do not allow")
    func settings() throws {
        let layout = try FeatureLayout(commonTo: [schema([("x", .numeric)])])
        let training = try LocalTraining(seed: 1)
        func problem(
            _ kind: NetworkSettings.Kind, _ target: Target, hidden: [Int] = []
        ) -> String? {
            do {
                _ = try NetworkSettings(
                    kind: kind, layout: layout, target: target, hidden: hidden, training: training)
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(problem(.linearRegression, MadeData.number) == nil)
        #expect(
            problem(.linearRegression, MadeData.label)
                == "target: should be a number for linear-regression")
        #expect(
            problem(.multinomialRegression, MadeData.number)
                == "target: should be classes for multinomial-regression")
        #expect(
            problem(.linearRegression, MadeData.number, hidden: [3])
                == "hidden: should be left out for linear-regression")
        let one = Target.classes(try #require(ClassTarget(column: "y", names: ["a"])))
        #expect(
            problem(.multilayerPerceptron, one) == "target: should have two classes or more")
        #expect(problem(.multilayerPerceptron, .nothing) != nil)
        #expect(problem(.multilayerPerceptron, MadeData.label, hidden: [0]) != nil)
        #expect(
            problem(.multilayerPerceptron, MadeData.label, hidden: [Int](repeating: 2, count: 10))
                == "hidden: should be at most 9 layers")
        #expect(
            problem(.multilayerPerceptron, MadeData.label, hidden: [65_536, 65_536])
                == "hidden: makes 4295229441 parameters, and at most 268435456 are allowed")
    }

    @Test("Settings stand on the ledger as JSON, and a mistake in it is named by its place")
    func settingsJSON() throws {
        let layout = try FeatureLayout(commonTo: [schema([("x", .numeric)])])
        for (kind, target) in [
            (NetworkSettings.Kind.linearRegression, MadeData.number),
            (.multinomialRegression, try MadeData.classTarget()),
            (.multilayerPerceptron, MadeData.label),
        ] {
            let settings = try NetworkSettings(
                kind: kind, layout: layout, target: target,
                hidden: kind == .multilayerPerceptron ? [4, 3] : [], activation: .relu,
                training: LocalTraining(
                    learningRate: 0.5, momentum: 0.9, l2: 0.01, amount: .steps(9), batchSize: 8,
                    seed: 7))
            let text = settings.json.canonicalText
            #expect(try NetworkSettings(json: JSONValue(parsing: text)) == settings)
            for (right, wrong, message) in [
                ("\"momentum\":0.9", "\"momentum\":1", "trainer.training.momentum should be"),
                ("\"localSteps\":9", "\"localSteps\":0", "trainer.training.localSteps should be"),
                ("\"batchSize\":8", "\"batch\":8", "trainer.training.batchSize is missing"),
                ("\"kind\":\"\(kind.rawValue)", "\"kind\":\"magic", "trainer.kind should be one"),
            ] {
                let changed = text.replacing(right, with: wrong)
                #expect(changed != text)
                let error = #expect(throws: JSONShapeError.self) {
                    try NetworkSettings(json: JSONValue(parsing: changed))
                }
                #expect(error?.description.hasPrefix(message) == true, "\(error as Any)")
            }
        }
    }

    @Test("Updates and models of another shape, or with what is no number, are refused")
    func tensors() throws {
        let (data, model) = try Self.made()
        let tensors = model.parameters.tensors
        let shape = model.parameters.shape
        #expect(try NetworkParameters(tensors: tensors, shape: shape) == model.parameters)
        #expect(tensors.map(\.name) == tensors.map(\.name).sorted())
        #expect(throws: LearningError.wrongTensors("the tensor layer1.weight is missing")) {
            try NetworkParameters(tensors: tensors.dropLast(), shape: shape)
        }
        let nan = Tensor(name: "layer1.bias", vector: [Float.nan])
        #expect(throws: LearningError.notFinite("an element of layer1.bias")) {
            try NetworkParameters(
                tensors: tensors.map { $0.name == nan.name ? nan : $0 }, shape: shape)
        }
        #expect(throws: LearningError.wrongTensors("there should be no tensor more")) {
            try NetworkParameters(
                tensors: tensors + [Tensor(name: "more", vector: [Float(1)])], shape: shape)
        }
        let huge = NetworkParameters(
            shape: shape, values: model.parameters.values.map { _ in 3e38 })
        #expect(throws: LearningError.notFinite("a parameter of the next model")) {
            try huge.adding(huge)
        }
        #expect(throws: LearningError.self) { try NetworkModel(parsing: []) }
        let linear = try LogisticModel.initial(
            layout: data.layout, label: LabelRule(column: "y", classes: .compared(.above, 0)),
            standardisation: model.standardisation)
        let error = #expect(throws: LearningError.self) { try NetworkModel(parsing: linear.bytes) }
        #expect(error?.description.contains("jointlab.logistic-regression/1") == true)
    }

    @Test("A model meets only data that was loaded for it")
    func otherData() throws {
        let (data, model) = try Self.made()
        let other = LocalDataset(
            layout: data.layout, target: .number(column: "z"), training: data.rows,
            holdout: data.rows)
        #expect(
            throws: LearningError.otherTarget(
                model: "the number in y", dataset: "the number in z")
        ) { try NetworkTrainer.evaluate(model: model, on: other) }
        let training = try LocalTraining(momentum: 0.5, seed: 1)
        #expect(throws: LearningError.self) {
            try NetworkTrainer.train(
                base: model, on: data.dataset, training: training,
                objective: .controlled(own: [0], common: [0]))
        }
        let zeros = [Float](repeating: 0, count: model.parameters.values.count)
        let error = #expect(throws: LearningError.self) {
            try NetworkTrainer.train(
                base: model, on: data.dataset, training: training,
                objective: .controlled(own: zeros, common: zeros))
        }
        #expect(error?.description.hasPrefix("momentum: should be 0") == true)
    }
}
