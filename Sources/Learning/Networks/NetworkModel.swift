/// A network that can be used on its own: its parameters, which features it reads and how they are
/// standardised, and what it predicts.
package struct NetworkModel: Hashable, Sendable {
    package let kind: NetworkSettings.Kind
    package let layout: FeatureLayout
    package let target: Target
    package let standardisation: Standardisation
    /// How a number that is predicted is brought back to its unit: mean 0 and scale 1 where
    /// something else is predicted.
    package let answerMean: Double
    package let answerScale: Double
    package let parameters: NetworkParameters

    init(
        kind: NetworkSettings.Kind, layout: FeatureLayout, target: Target,
        standardisation: Standardisation, answerMean: Double, answerScale: Double,
        parameters: NetworkParameters
    ) throws(LearningError) {
        try Self.check(
            standardisation, layout: layout, answerMean: answerMean, answerScale: answerScale)
        self.kind = kind
        self.layout = layout
        self.target = target
        self.standardisation = standardisation
        self.answerMean = answerMean
        self.answerScale = answerScale
        self.parameters = parameters
    }

    static func check(
        _ standardisation: Standardisation, layout: FeatureLayout, answerMean: Double,
        answerScale: Double
    ) throws(LearningError) {
        guard standardisation.means.count == layout.width else {
            throw .wrongTensors(
                "the layout has \(layout.width) inputs, and the standardisation "
                    + "\(standardisation.means.count)")
        }
        guard answerMean.isFinite, answerScale.isFinite else {
            throw .notFinite("the scale of what is predicted")
        }
        guard answerScale > 0 else {
            throw .wrongTensors("the scale of what is predicted should be above 0")
        }
    }

    /// The model from which a job starts, in memory.
    ///
    /// - Throws: As ``InitialNetwork/init(_:moments:)``.
    package static func initial(
        _ settings: NetworkSettings, moments: ColumnMoments
    ) throws(LearningError) -> NetworkModel {
        try InitialNetwork(settings, moments: moments).model()
    }

    /// The same model with other parameters.
    ///
    /// - Throws: ``LearningError``: `wrongTensors` where they are of another shape.
    package func with(_ parameters: NetworkParameters) throws(LearningError) -> NetworkModel {
        guard parameters.shape == self.parameters.shape else {
            throw .wrongTensors("the parameters are of a network of another shape")
        }
        return try NetworkModel(
            kind: kind, layout: layout, target: target, standardisation: standardisation,
            answerMean: answerMean, answerScale: answerScale, parameters: parameters)
    }

    /// What is predicted for rows that are not yet standardised: for each row the probability of
    /// the positive class, or that of each class, or the number.
    ///
    /// - Throws: ``LearningError``: `otherLayout`, `notFinite` or `noMatrixProducts`.
    package func predictions(of inputs: DesignMatrix) throws(LearningError) -> [Double] {
        guard inputs.width == layout.width else { throw .otherLayout }
        var inputs = inputs
        inputs.standardise(by: standardisation)
        var predictions = try NetworkPass.predictions(of: parameters, on: inputs)
        if case .number = target {
            for index in predictions.indices {
                predictions[index] = answerMean + answerScale * predictions[index]
            }
        }
        guard predictions.allSatisfy(\.isFinite) else { throw .notFinite("a prediction") }
        return predictions
    }

    /// The prediction for one case, given as text by the features' names; one element, or one for
    /// each class. A value that is absent or missing counts as the mean, or as no category.
    ///
    /// - Throws: ``LearningError``: `wrongValue` for a feature that the model does not read, or a
    ///   value that is not a number where there should be one; `noMatrixProducts`.
    package func prediction(of values: [String: String]) throws(LearningError) -> [Double] {
        try predictions(of: layout.inputs(of: values))
    }
}

/// The moments of features, and the mean and scale of a number that is to be predicted, out of the
/// moments in which it stands last.
struct AnswerScale {
    let features: ColumnMoments
    let mean: Double
    let scale: Double
    /// How many rows have an answer.
    let count: Double

    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`.
    init(
        _ moments: ColumnMoments, layout: FeatureLayout, target: Target
    ) throws(LearningError) {
        guard case .number = target else {
            features = moments
            (mean, scale, count) = (0, 1, 0)
            return
        }
        guard let (features, answer) = moments.splitLast else {
            throw .wrongTensors("the moments of what is to be predicted are missing")
        }
        self.features = features
        mean = answer.means[0]
        scale = try Standardisation.scale(answer, at: 0)
        count = answer.counts[0]
    }
}
