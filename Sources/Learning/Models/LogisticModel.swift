/// A model that can be used on its own: the parameters, which features it reads and how they are
/// standardised, and what it predicts.
package struct LogisticModel: Hashable, Sendable {
    package let layout: FeatureLayout
    package let label: LabelRule
    package let standardisation: Standardisation
    package let parameters: LogisticParameters

    /// - Throws: ``LearningError``: `wrongTensors` where the parts are not of one width.
    package init(
        layout: FeatureLayout, label: LabelRule, standardisation: Standardisation,
        parameters: LogisticParameters
    ) throws(LearningError) {
        guard standardisation.means.count == layout.width, parameters.width == layout.width else {
            throw .wrongTensors(
                "the layout has \(layout.width) inputs, the standardisation "
                    + "\(standardisation.means.count) and the parameters \(parameters.width)")
        }
        self.layout = layout
        self.label = label
        self.standardisation = standardisation
        self.parameters = parameters
    }

    /// The model from which a job starts.
    ///
    /// - Throws: ``LearningError``: `wrongTensors` where the standardisation is of another layout.
    package static func initial(
        layout: FeatureLayout, label: LabelRule, standardisation: Standardisation
    ) throws(LearningError) -> LogisticModel {
        try LogisticModel(
            layout: layout, label: label, standardisation: standardisation,
            parameters: .zero(width: layout.width))
    }

    /// The same model with other parameters.
    ///
    /// - Throws: ``LearningError``: `wrongTensors` where they are not of its width.
    package func with(_ parameters: LogisticParameters) throws(LearningError) -> LogisticModel {
        try LogisticModel(
            layout: layout, label: label, standardisation: standardisation, parameters: parameters)
    }

    /// For each row, not yet standardised, the probability of the positive class.
    ///
    /// - Throws: ``LearningError``: `otherLayout` or `notFinite`.
    package func probabilities(of inputs: DesignMatrix) throws(LearningError) -> [Double] {
        guard inputs.width == layout.width else { throw .otherLayout }
        var inputs = inputs
        inputs.standardise(by: standardisation)
        let probabilities = LogisticRegression.probabilities(of: parameters, on: inputs)
        guard probabilities.allSatisfy(\.isFinite) else { throw .notFinite("a prediction") }
        return probabilities
    }

    /// The probability of the positive class for one case, given as text by the features' names. A
    /// value that is absent or missing counts as the mean, or as no category.
    ///
    /// - Throws: ``LearningError``: `wrongValue` for a feature that the model does not read, or a
    ///   value that is not a number where there should be one.
    package func probability(of values: [String: String]) throws(LearningError) -> Double {
        try probabilities(of: layout.inputs(of: values))[0]
    }
}
