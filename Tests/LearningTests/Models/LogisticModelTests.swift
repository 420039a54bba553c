import Encodings
import Tensors
import Testing

@testable import Learning

@Suite struct LogisticModelTests {
    private static func model() throws -> LogisticModel {
        try LogisticModel(
            layout: FeatureLayout(
                commonTo: [schema([("age", .numeric), ("sex", .categorical(["f", "m"]))])]),
            label: LabelRule(column: "y", classes: .listed(positive: ["M"], negative: ["B"])),
            standardisation: Standardisation(means: [50, 0, 0], scales: [10, 1, 1]),
            parameters: LogisticParameters(weights: [2, -1, 0.5], bias: 0.25))
    }

    @Test("A model is read back from its file, and the same model gives the same bytes")
    func roundTrip() throws {
        let model = try Self.model()
        #expect(try LogisticModel(parsing: model.bytes) == model)
        #expect(try Self.model().bytes == model.bytes)
        let file = try Safetensors(parsing: model.bytes)
        #expect(file.tensors.map(\.name) == ["mean", "scale", "bias", "weight"])
        #expect(file.metadata["format"] == "jointlab.logistic-regression/1")
        #expect(file.metadata["label"] == #"{"column":"y","negative":["B"],"positive":["M"]}"#)
    }

    @Test("A case is predicted from text, what is missing counts as the mean")
    func predictionOfOneCase() throws {
        let model = try Self.model()
        func expected(_ logit: Double) -> Double {
            LogisticRegression.probabilities(
                of: .init(weights: [1], bias: 0), on: DesignMatrix(width: 1, values: [Float(logit)])
            )[0]
        }
        #expect(try model.probability(of: ["age": "60", "sex": "m"]) == expected(2.75))
        #expect(try model.probability(of: ["age": "60.0", "sex": "x"]) == expected(2.25))
        #expect(try model.probability(of: ["sex": "f"]) == expected(-0.75))
        #expect(try model.probability(of: ["age": "NaN"]) == expected(0.25))
        #expect(throws: LearningError.wrongValue(name: "age", problem: "old is not a number")) {
            try model.probability(of: ["age": "old"])
        }
        #expect(
            throws: LearningError.wrongValue(
                name: "height", problem: "the model reads no such feature, but age, sex")
        ) {
            try model.probability(of: ["height": "1"])
        }
    }

    @Test("Rows of another layout are refused")
    func otherLayout() throws {
        let model = try Self.model()
        #expect(throws: LearningError.otherLayout) {
            try model.probabilities(of: DesignMatrix(width: 2, values: [1, 2]))
        }
        let layout = try FeatureLayout(commonTo: [schema([("age", .numeric)])])
        let rows = LabelledRows(inputs: DesignMatrix(width: 1, values: [1, 2]), labels: [0, 1])
        let empty = LabelledRows(inputs: DesignMatrix(width: 1, values: []), labels: [])
        let dataset = LocalDataset(
            layout: layout, label: model.label, training: rows, holdout: empty)
        let configuration = try TrainingConfiguration(seed: 1)
        #expect(throws: LearningError.otherLayout) {
            try LogisticTrainer.train(base: model, on: dataset, config: configuration)
        }
        #expect(throws: LearningError.otherLayout) {
            try LogisticTrainer.evaluate(model: model, on: dataset)
        }
        let narrow = try LogisticModel.initial(
            layout: layout, label: model.label,
            standardisation: Standardisation(
                LogisticTrainer.statistics(of: dataset), layout: layout))
        #expect(throws: LearningError.noHoldoutRows) {
            try LogisticTrainer.evaluate(model: narrow, on: dataset)
        }
        let untrained = LocalDataset(
            layout: layout, label: model.label, training: empty, holdout: rows)
        #expect(throws: LearningError.noTrainingRows) {
            try LogisticTrainer.train(base: narrow, on: untrained, config: configuration)
        }
        #expect(try LogisticTrainer.evaluate(model: narrow, on: untrained).logLoss < 0.6932)
    }

    @Test("A dataset whose positive class is the model's negative one is refused")
    func otherLabel() throws {
        let model = try Self.model()
        let rows = LabelledRows(
            inputs: DesignMatrix(width: 3, values: [1, 0, 0, 2, 0, 1]), labels: [0, 1])
        func judge(_ classes: LabelRule.Classes) throws {
            let dataset = LocalDataset(
                layout: model.layout, label: LabelRule(column: "d", classes: classes),
                training: rows, holdout: rows)
            _ = try LogisticTrainer.evaluate(model: model, on: dataset)
        }
        #expect(throws: LearningError.otherLabel(model: "y is M", dataset: "d is B")) {
            try judge(.listed(positive: ["B"], negative: ["M"]))
        }
        #expect(throws: LearningError.self) {
            try judge(.listed(positive: ["X"], negative: ["M"]))
        }
        #expect(throws: Never.self) { try judge(.listed(positive: ["M", "X"], negative: ["N"])) }
        #expect(throws: Never.self) { try judge(.compared(.above, 0)) }
        #expect(
            LabelRule(column: "a", classes: .compared(.above, 0))
                .contradicts(LabelRule(column: "a", classes: .compared(.above, 1))))
    }

    @Test("Parameters travel as tensors")
    func parameterTensors() throws {
        let parameters = LogisticParameters(weights: [1, 2], bias: 3)
        let tensors = try Safetensors(parsing: Safetensors(parameters.tensors).bytes).tensors
        #expect(try LogisticParameters(tensors: tensors, width: 2) == parameters)
        #expect(throws: LearningError.self) { try LogisticParameters(tensors: tensors, width: 3) }
        #expect(throws: LearningError.self) {
            try LogisticParameters(
                tensors: LogisticParameters(weights: [.nan], bias: 0).tensors, width: 1)
        }
    }

    @Test("A file that is not a model is refused with the reason", arguments: wrongFiles)
    func wrongFile(
        change: @Sendable (inout [Tensor], inout SafetensorsMetadata) throws -> Void,
        message: String
    ) throws {
        let file = try Self.model().safetensors
        var tensors = file.tensors
        var metadata = file.metadata
        try change(&tensors, &metadata)
        let changed = try Safetensors(tensors, metadata: metadata)
        let error = #expect(throws: LearningError.self) {
            try LogisticModel(parsing: changed.bytes)
        }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("Parts of different widths make no model")
    func widths() throws {
        let model = try Self.model()
        #expect(throws: LearningError.self) { try model.with(.zero(width: 2)) }
        #expect(try model.with(.zero(width: 3)).parameters.bias == 0)
        #expect(
            throws: LearningError.notSafetensors(
                "a safetensors file begins with the length of its header, 8 bytes, and this one has 0 bytes in all"
            )
        ) {
            try LogisticModel(parsing: [])
        }
    }

    typealias Change = @Sendable (inout [Tensor], inout SafetensorsMetadata) throws -> Void
    private static let wrongFiles: [(Change, String)] = [
        ({ $1["format"] = nil }, "its metadata says no format"),
        (
            { $1["format"] = "other/1" },
            "its format is \"other/1\", and not jointlab.logistic-regression/1"
        ),
        ({ $1["layout"] = nil }, "its metadata has no layout"),
        ({ $1["layout"] = "{" }, "its layout is not JSON: line 1, column 2"),
        ({ $1["layout"] = "{}" }, "layout.format is missing"),
        ({ $1["label"] = "{}" }, "label.column is missing"),
        ({ $1["note"] = "x" }, "its metadata has the unknown key note"),
        ({ tensors, _ in tensors.removeAll { $0.name == "scale" } }, "the tensor scale is missing"),
        (
            { tensors, _ in tensors.append(Tensor(name: "more", vector: [1.0])) },
            "there should be no tensor more"
        ),
        (
            {
                try replace("weight", in: &$0, by: Tensor(name: "weight", vector: [Float(1)]))
                _ = $1
            }, "the tensor weight should have the shape [3], and has [1]"
        ),
        (
            {
                try replace(
                    "weight", in: &$0,
                    by: Tensor(name: "weight", shape: [1, 3], float32: [1, 2, 3]))
                _ = $1
            }, "should have the shape [3], and has [1, 3]"
        ),
        (
            {
                try replace("weight", in: &$0, by: Tensor(name: "weight", vector: [1.0, 2, 3]))
                _ = $1
            }, "the tensor weight should be F32"
        ),
        (
            {
                try replace("bias", in: &$0, by: Tensor(name: "bias", vector: [Float.infinity]))
                _ = $1
            }, "an element of bias is not a finite number"
        ),
        (
            {
                try replace("scale", in: &$0, by: Tensor(name: "scale", vector: [1.0, 0, 1]))
                _ = $1
            }, "there should be a scale above 0 for each mean"
        ),
    ]

    private static func replace(
        _ name: String, in tensors: inout [Tensor], by tensor: @autoclosure () throws -> Tensor
    ) throws {
        tensors.removeAll { $0.name == name }
        tensors.append(try tensor())
    }
}
