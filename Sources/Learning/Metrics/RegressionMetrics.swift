package import Encodings

/// How good predictions of a number are, in its own unit.
package struct RegressionMetrics: Hashable, Sendable {
    package let count: Int
    package let meanSquaredError: Double
    package let meanAbsoluteError: Double
    /// 1 minus the squared errors over the squared deviations from the mean answer; `nil` where all
    /// answers are the same.
    package let r2: Double?

    /// - Precondition: There is at least one row, and an answer for each prediction.
    package init(predictions: [Double], answers: [Double]) {
        precondition(
            !answers.isEmpty && predictions.count == answers.count,
            "there is not a prediction for each answer")
        count = answers.count
        let rows = Double(count)
        let mean = answers.reduce(0, +) / rows
        var (squares, magnitudes, deviations) = (0.0, 0.0, 0.0)
        for (prediction, answer) in zip(predictions, answers) {
            squares += (prediction - answer) * (prediction - answer)
            magnitudes += (prediction - answer).magnitude
            deviations += (answer - mean) * (answer - mean)
        }
        meanSquaredError = squares / rows
        meanAbsoluteError = magnitudes / rows
        r2 = deviations > 0 ? 1 - squares / deviations : nil
    }

    /// Integers only; `r2Micro` is left out where it is undefined, and what is beyond ±9·10⁹ is
    /// said to be that.
    package var ledgerJSON: JSONValue {
        [
            "count": .integer(Int64(count)),
            "meanSquaredErrorMicro": Millionths.json(meanSquaredError),
            "meanAbsoluteErrorMicro": Millionths.json(meanAbsoluteError),
            "r2Micro": r2.map(Millionths.json),
        ]
    }

    package var json: JSONValue {
        [
            "count": .integer(Int64(count)),
            "meanSquaredError": Millionths.finite(meanSquaredError),
            "meanAbsoluteError": Millionths.finite(meanAbsoluteError),
            "r2": r2.map(Millionths.finite) ?? .null,
        ]
    }
}
