/// What a member's node does for a job with logistic regression, a function for each task.
package enum LogisticTrainer {
    /// What a member contributes to a round.
    package struct Outcome: Hashable, Sendable {
        /// Trained minus base.
        package let update: LogisticParameters
        /// How many rows it was trained on.
        package let exampleCount: Int
        /// The mean log loss of the trained parameters over these rows, without the penalty.
        package let loss: Double
    }

    /// The moments of the numeric features over the rows to train on, to be merged with those of
    /// the other members into a ``Standardisation``.
    package static func statistics(of dataset: LocalDataset) -> ColumnMoments {
        ColumnMoments(of: dataset.training.inputs, layout: dataset.layout)
    }

    /// Trains a model on the rows to train on.
    ///
    /// - Throws: ``LearningError``: `otherLayout`, `otherLabel`, `noTrainingRows` or `diverged`.
    package static func train(
        base: LogisticModel, on dataset: LocalDataset, config: TrainingConfiguration,
        progress: TrainingProgress.Observer? = nil
    ) throws(LearningError) -> Outcome {
        let rows = try standardised(dataset.training, of: dataset, for: base)
        let trained = try LogisticRegression.trained(
            from: base.parameters, on: rows, configuration: config, progress: progress)
        let update = base.parameters.difference(to: trained)
        let loss = LogisticRegression.loss(of: trained, on: rows)
        guard loss.isFinite, update.bias.isFinite, update.weights.allSatisfy(\.isFinite) else {
            throw .diverged(epoch: config.localEpochs, learningRate: config.learningRate)
        }
        return Outcome(update: update, exampleCount: rows.count, loss: loss)
    }

    /// Judges a model by the rows that are held out.
    ///
    /// - Throws: ``LearningError``: `otherLayout`, `otherLabel`, `noHoldoutRows` or `notFinite`.
    package static func evaluate(
        model: LogisticModel, on dataset: LocalDataset
    ) throws(LearningError) -> BinaryMetrics {
        try check(model, fits: dataset)
        guard dataset.holdout.count > 0 else { throw .noHoldoutRows }
        return BinaryMetrics(
            probabilities: try model.probabilities(of: dataset.holdout.inputs),
            labels: dataset.holdout.labels.map { $0 != 0 })
    }

    private static func check(
        _ model: LogisticModel, fits dataset: LocalDataset
    ) throws(LearningError) {
        guard model.layout == dataset.layout else { throw .otherLayout }
        guard let label = dataset.label else {
            throw .otherTarget(model: Target.label(model.label).text, dataset: dataset.target.text)
        }
        guard !model.label.contradicts(label) else {
            throw .otherLabel(model: model.label.positiveText, dataset: label.positiveText)
        }
    }

    private static func standardised(
        _ rows: LabelledRows, of dataset: LocalDataset, for model: LogisticModel
    ) throws(LearningError) -> LabelledRows {
        try check(model, fits: dataset)
        guard rows.count > 0 else { throw .noTrainingRows }
        var inputs = rows.inputs
        inputs.standardise(by: model.standardisation)
        return LabelledRows(inputs: inputs, labels: rows.labels)
    }
}
