import CKernels
import Encodings
import Randomness

/// What a member's node does for a job with a network, a function for each task.
package enum NetworkTrainer {
    /// What a member contributes to a round.
    package struct Outcome: Hashable, Sendable {
        package let trained: NetworkParameters
        /// Trained minus base.
        package let update: NetworkParameters
        /// How many rows it was trained on.
        package let rowCount: Int
        package let stepCount: Int
        /// ‖a‖₁, which FedNova divides by: ``LocalTraining/gradientWeight(stepCount:pull:)``.
        package let gradientWeight: Double
        /// The mean loss of the trained parameters over these rows, without any penalty. For a
        /// number it is half the squared error in units of its standard deviation.
        package let loss: Double
        /// Where the objective is controlled.
        package let control: Control?
    }

    /// A member's new control variate, and how far it moved.
    package struct Control: Hashable, Sendable {
        package let own: [Float]
        package let difference: [Float]
    }

    /// The moments of the numeric features and of a number to be predicted, over the rows to train
    /// on: to be merged with those of the other members, and given to
    /// ``NetworkModel/initial(_:moments:)``.
    package static func statistics(of dataset: LocalDataset) -> ColumnMoments {
        ColumnMoments(of: dataset.training, layout: dataset.layout, target: dataset.target)
    }

    /// Trains a model on the rows to train on.
    ///
    /// - Parameters:
    ///   - base: The model of the round; the update is counted from it.
    ///   - start: Where to start instead, such as a personal model.
    /// - Throws: ``LearningError``: `otherLayout`, `otherTarget`, `otherLabel`, `noTrainingRows`,
    ///   `wrongTensors`, `wrongValue`, `notFinite`, `diverged` or `noMatrixProducts`.
    package static func train(
        base: NetworkModel, start: NetworkParameters? = nil, on dataset: LocalDataset,
        training: LocalTraining, objective: LocalObjective = .plain,
        progress: TrainingProgress.Observer? = nil
    ) throws(LearningError) -> Outcome {
        let rows = try prepared(dataset.training, of: dataset, for: base)
        let start = start ?? base.parameters
        guard start.shape == base.parameters.shape else {
            throw .wrongTensors("training should start from a network of the base model's shape")
        }
        try objective.check(parameterCount: start.values.count, training: training)
        let (trained, stepCount) = try descend(
            from: start, anchor: base.parameters, on: rows, training: training,
            objective: objective, progress: progress)
        let update = base.parameters.difference(to: trained)
        let loss = try NetworkPass.loss(of: trained, on: rows)
        guard loss.isFinite, update.values.allSatisfy(\.isFinite) else {
            throw diverged(training, rows: rows.count, afterSteps: stepCount)
        }
        return Outcome(
            trained: trained, update: update, rowCount: rows.count, stepCount: stepCount,
            gradientWeight: training.gradientWeight(stepCount: stepCount, pull: objective.pull),
            loss: loss,
            control: try control(
                objective, start: start, trained: trained, stepCount: stepCount,
                learningRate: training.learningRate))
    }

    /// Judges a model by the rows that are held out.
    ///
    /// - Throws: ``LearningError``: `otherLayout`, `otherTarget`, `otherLabel`, `noHoldoutRows`,
    ///   `notFinite` or `noMatrixProducts`.
    package static func evaluate(
        model: NetworkModel, on dataset: LocalDataset
    ) throws(LearningError) -> PredictionMetrics {
        try dataset.check(layout: model.layout, target: model.target)
        guard dataset.holdout.count > 0 else { throw .noHoldoutRows }
        return PredictionMetrics(
            predictions: try model.predictions(of: dataset.holdout.inputs),
            answers: dataset.holdout.labels, target: model.target)
    }

    /// Rows as the network reads them: inputs and a number to be predicted standardised.
    static func prepared(
        _ rows: LabelledRows, of dataset: LocalDataset, for model: NetworkModel
    ) throws(LearningError) -> LabelledRows {
        try dataset.check(layout: model.layout, target: model.target)
        guard rows.count > 0 else { throw .noTrainingRows }
        var inputs = rows.inputs
        inputs.standardise(by: model.standardisation)
        var answers = rows.labels
        if case .number = model.target {
            jl_standardise(&answers, [model.answerMean], [model.answerScale], answers.count, 1)
        }
        return LabelledRows(inputs: inputs, labels: answers)
    }

    /// Descends on an objective.
    ///
    /// - Returns: The parameters, and how many steps led to them.
    static func descend(
        from start: NetworkParameters, anchor: NetworkParameters, on rows: LabelledRows,
        training: LocalTraining, objective: LocalObjective,
        progress: TrainingProgress.Observer? = nil
    ) throws(LearningError) -> (NetworkParameters, stepCount: Int) {
        var parameters = start
        var descent = try Descent(
            shape: start.shape, anchor: anchor, rowCount: rows.count, training: training,
            objective: objective)
        var order = Array(0..<UInt32(rows.count))
        var random = SeededRandom(seed: training.seed)
        let stepCount = training.stepCount(rows: rows.count)
        var steps = 0
        let rowsTotal = training.rowCount(rows: rows.count)
        var rowsDone = 0
        while steps < stepCount {
            random.shuffle(&order)
            for batch in stride(from: 0, to: order.count, by: training.batchSize) {
                guard steps < stepCount else { break }
                let end = min(batch + training.batchSize, order.count)
                descent.step(&parameters.values, on: rows, indices: order[batch..<end])
                steps += 1
                rowsDone += end - batch
                progress?(TrainingProgress(rowsDone: rowsDone, rowsTotal: rowsTotal))
            }
            guard
                jl_first_not_finite(parameters.values, parameters.values.count)
                    == parameters.values.count
            else { throw diverged(training, rows: rows.count, afterSteps: steps) }
        }
        return (parameters, steps)
    }

    private static func diverged(
        _ training: LocalTraining, rows: Int, afterSteps steps: Int
    ) -> LearningError {
        let stepsInEpoch = (rows + training.batchSize - 1) / training.batchSize
        return .diverged(
            epoch: (steps + stepsInEpoch - 1) / stepsInEpoch, learningRate: training.learningRate)
    }

    /// Option II: c_i' = c_i − c + (x − y) / (K η).
    private static func control(
        _ objective: LocalObjective, start: NetworkParameters, trained: NetworkParameters,
        stepCount: Int, learningRate: Double
    ) throws(LearningError) -> Control? {
        guard case .controlled(let own, let common) = objective else { return nil }
        let scale = Float(1 / (Double(stepCount) * learningRate))
        var difference = [Float](repeating: 0, count: own.count)
        jl_add_scaled_difference(
            &difference, scale, start.values, trained.values, difference.count)
        jl_axpy(&difference, -1, common, difference.count)
        var next = own
        jl_axpy(&next, 1, difference, next.count)
        guard next.allSatisfy(\.isFinite) else {
            throw .notFinite("an element of the control variate")
        }
        return Control(own: next, difference: difference)
    }
}

extension LocalDataset {
    /// - Throws: ``LearningError``: `otherLayout`, `otherLabel` or `otherTarget`.
    func check(layout: FeatureLayout, target: Target) throws(LearningError) {
        guard layout == self.layout else { throw .otherLayout }
        if case (.label(let model), .label(let own)) = (target, self.target) {
            guard !model.contradicts(own) else {
                throw .otherLabel(model: model.positiveText, dataset: own.positiveText)
            }
            return
        }
        // Byte for byte, as other nodes compare.
        guard target.json.canonicalBytes == self.target.json.canonicalBytes else {
            throw .otherTarget(model: target.text, dataset: self.target.text)
        }
    }
}
