package import Encodings
package import Learning

/// The settings of a job that trains a logistic regression, as they stand on the ledger in
/// `job.trainer`.
package struct LogisticSettings: Hashable, Sendable {
    package static let kind = "logistic-regression"

    /// The features that all participants have agreed on.
    package let layout: FeatureLayout
    /// What the model predicts.
    package let label: LabelRule
    package let training: TrainingConfiguration

    /// A node trains one order at a time: a longer one would keep all others out.
    private static let localEpochsMax = 1_000

    package init(layout: FeatureLayout, label: LabelRule, training: TrainingConfiguration) {
        self.layout = layout
        self.label = label
        self.training = training
    }

    package var json: JSONValue {
        [
            "kind": .string(Self.kind), "layout": layout.json, "label": label.json,
            "training": training.json,
        ]
    }

    /// - Throws: `JSONShapeError`, also for a trainer of another kind.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: "trainer")
        let kind = try fields.string("kind")
        guard kind == Self.kind else {
            throw fields.wrong(
                "kind", "is “\(kind.prefix(40))”; this version has \(Self.kind) built in")
        }
        layout = try FeatureLayout(
            json: try fields.required("layout"), at: fields.path(to: "layout"))
        label = try LabelRule(json: try fields.required("label"), at: fields.path(to: "label"))
        training = try TrainingConfiguration(
            json: try fields.required("training"), at: fields.path(to: "training"))
        guard training.localEpochs <= Self.localEpochsMax else {
            throw fields.wrong(
                "training",
                "has localEpochs \(training.localEpochs); at most \(Self.localEpochsMax) in one round"
            )
        }
        try fields.finish()
    }
}
