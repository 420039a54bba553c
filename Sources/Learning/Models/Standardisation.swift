/// How each input of a model is brought to mean 0 and scale 1 over the rows of all members.
///
/// Inputs of categorical features are 0 or 1 and are left as they are: mean 0, scale 1. So is a
/// feature that does not vary, but for its mean.
package struct Standardisation: Hashable, Sendable {
    /// P of them, finite.
    package let means: [Double]
    /// P of them, finite and above 0.
    package let scales: [Double]

    /// - Throws: ``LearningError``: `wrongTensors` where the moments are not those of the layout.
    package init(_ moments: ColumnMoments, layout: FeatureLayout) throws(LearningError) {
        let inputs = layout.numericInputs
        guard moments.width == inputs.count else {
            throw .wrongTensors(
                "the moments are of \(moments.width) features, and the layout has \(inputs.count) "
                    + "numeric ones")
        }
        var means = [Double](repeating: 0, count: layout.width)
        var scales = [Double](repeating: 1, count: layout.width)
        for (index, input) in inputs.enumerated() where moments.counts[index] > 0 {
            means[input] = moments.means[index]
            scales[input] = try Self.scale(moments, at: index)
        }
        try self.init(means: means, scales: scales)
    }

    /// The standard deviation, or 1 where nothing varies.
    ///
    /// - Throws: ``LearningError/notFinite(_:)``.
    static func scale(_ moments: ColumnMoments, at index: Int) throws(LearningError) -> Double {
        guard moments.counts[index] > 0 else { return 1 }
        let variance = moments.squaredDeviations[index] / moments.counts[index]
        guard variance.isFinite else { throw .notFinite("the variance of a feature") }
        let deviation = variance.squareRoot()
        // What single precision cannot tell apart does not vary; what is left of it here is the
        // rounding of the mean.
        let leastDeviation = moments.means[index].magnitude * Double(Float.ulpOfOne)
        return deviation > leastDeviation ? deviation : 1
    }

    /// - Throws: ``LearningError``: `notFinite` or `wrongTensors`.
    init(means: [Double], scales: [Double]) throws(LearningError) {
        guard means.allSatisfy(\.isFinite) else { throw .notFinite("a mean") }
        guard scales.allSatisfy(\.isFinite) else { throw .notFinite("a scale") }
        guard means.count == scales.count, scales.allSatisfy({ $0 > 0 }) else {
            throw .wrongTensors("there should be a scale above 0 for each mean")
        }
        self.means = means
        self.scales = scales
    }
}
