package import Encodings

/// The settings of a job that trains a network, as they stand on the ledger in `job.trainer`.
///
/// The kinds differ in what they allow: `linear-regression` predicts a number and
/// `multinomial-regression` one of several classes, both without hidden layers;
/// `multilayer-perceptron` predicts any of a label, classes or a number, and says its `hidden`
/// layers' widths (none make it logistic regression for a label) and the `activation` after them.
///
/// Updates are averaged: every strategy for tensors can be used.
package struct NetworkSettings: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case linearRegression = "linear-regression"
        case multinomialRegression = "multinomial-regression"
        case multilayerPerceptron = "multilayer-perceptron"
    }

    package let kind: Kind
    /// The features that all participants have agreed on.
    package let layout: FeatureLayout
    package let target: Target
    package let shape: NetworkShape
    package let training: LocalTraining

    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    package init(
        kind: Kind, layout: FeatureLayout, target: Target, hidden: [Int] = [],
        activation: NetworkShape.Activation = .relu, training: LocalTraining
    ) throws(LearningError) {
        self.kind = kind
        self.layout = layout
        self.target = target
        self.training = training
        shape = try kind.shape(
            layout: layout, target: target, hidden: hidden, activation: activation)
    }

    package var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "layout": layout.json, "target": target.json,
            "hidden": kind.hidden(of: shape), "activation": kind.activation(of: shape),
            "training": training.json,
        ]
    }

    /// - Throws: ``JSONShapeError``, also for a trainer of another kind.
    package init(json: JSONValue, at path: String = "trainer") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        let kind = try Kind(from: &fields)
        let layout = try FeatureLayout(
            json: try fields.required("layout"), at: fields.path(to: "layout"))
        let target = try Target(json: try fields.required("target"), at: fields.path(to: "target"))
        let (hidden, activation) = try kind.hidden(from: &fields)
        let training = try LocalTraining(
            json: try fields.required("training"), at: fields.path(to: "training"))
        try fields.finish()
        self = try fields.checked { () throws(LearningError) in
            try NetworkSettings(
                kind: kind, layout: layout, target: target, hidden: hidden,
                activation: activation, training: training)
        }
    }
}

extension NetworkSettings.Kind {
    init(from fields: inout JSONFields) throws(JSONShapeError) {
        guard let kind = Self(rawValue: try fields.string("kind")) else {
            throw fields.wrong(
                "kind", "should be one of \(shown(Self.allCases.map(\.rawValue)))")
        }
        self = kind
    }

    /// The form of the network that reads these features and predicts this.
    ///
    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    func shape(
        layout: FeatureLayout, target: Target, hidden: [Int], activation: NetworkShape.Activation
    ) throws(LearningError) -> NetworkShape {
        let output: NetworkShape.Output
        switch (self, target) {
        case (.linearRegression, .number), (.multilayerPerceptron, .number):
            output = .identity
        case (.multinomialRegression, .classes(let classes)),
            (.multilayerPerceptron, .classes(let classes)):
            guard classes.names.count > 1 else {
                throw .wrongValue(name: "target", problem: "should have two classes or more")
            }
            output = .softmax(classes.names.count)
        case (.multilayerPerceptron, .label):
            output = .logistic
        case (.linearRegression, _):
            throw .wrongValue(name: "target", problem: "should be a number for \(rawValue)")
        case (.multinomialRegression, _):
            throw .wrongValue(name: "target", problem: "should be classes for \(rawValue)")
        case (.multilayerPerceptron, .nothing):
            throw .wrongValue(
                name: "target", problem: "should be a label, classes or a number for \(rawValue)")
        }
        guard self == .multilayerPerceptron || hidden.isEmpty else {
            throw .wrongValue(name: "hidden", problem: "should be left out for \(rawValue)")
        }
        return try NetworkShape(
            inputs: layout.width, hidden: hidden, activation: activation, output: output)
    }

    func hidden(of shape: NetworkShape) -> JSONValue? {
        self == .multilayerPerceptron
            ? .array(shape.hidden.map { .integer(Int64($0)) }) : nil
    }

    func activation(of shape: NetworkShape) -> JSONValue? {
        self == .multilayerPerceptron ? .string(shape.activation.rawValue) : nil
    }

    func hidden(
        from fields: inout JSONFields
    ) throws(JSONShapeError) -> ([Int], NetworkShape.Activation) {
        guard self == .multilayerPerceptron else { return ([], .relu) }
        let hidden = try fields.integers("hidden", in: 1...Int64(NetworkShape.widthMax))
        guard
            let activation = NetworkShape.Activation(rawValue: try fields.string("activation"))
        else { throw fields.wrong("activation", "should be relu or tanh") }
        return (hidden, activation)
    }
}
