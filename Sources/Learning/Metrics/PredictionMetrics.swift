package import Encodings

/// How good a model's predictions are, by what it predicts.
package enum PredictionMetrics: Hashable, Sendable {
    case binary(BinaryMetrics)
    case multiclass(MulticlassMetrics)
    case regression(RegressionMetrics)

    /// - Parameters:
    ///   - predictions: For each row a probability, one for each class, or a number.
    ///   - answers: As in ``LabelledRows``, at least one.
    /// - Precondition: The target is not ``Target/nothing``.
    package init(predictions: [Double], answers: [Float], target: Target) {
        switch target {
        case .label, .nothing:
            self = .binary(
                BinaryMetrics(probabilities: predictions, labels: answers.map { $0 != 0 }))
        case .classes(let classes):
            self = .multiclass(
                MulticlassMetrics(
                    probabilities: predictions, answers: answers.map { Int($0) },
                    classes: classes.names))
        case .number:
            self = .regression(
                RegressionMetrics(predictions: predictions, answers: answers.map { Double($0) }))
        }
    }

    /// How many rows were judged by.
    package var count: Int {
        switch self {
        case .binary(let metrics): metrics.count
        case .multiclass(let metrics): metrics.count
        case .regression(let metrics): metrics.count
        }
    }

    /// The metrics for the ledger: integers only, in millionths (`…Micro`), rounded to nearest.
    package var ledgerJSON: JSONValue {
        switch self {
        case .binary(let metrics): metrics.ledgerJSON
        case .multiclass(let metrics): metrics.ledgerJSON
        case .regression(let metrics): metrics.ledgerJSON
        }
    }

    /// The metrics for people, as they are.
    package var json: JSONValue {
        switch self {
        case .binary(let metrics): metrics.json
        case .multiclass(let metrics): metrics.json
        case .regression(let metrics): metrics.json
        }
    }

    /// The few that stand in a contribution, in millionths but for the count of rows:
    /// `holdoutRows`, `holdoutLoss` and, where they are defined, `holdoutAccuracy`, `holdoutAUC`,
    /// `holdoutMAE` and `holdoutR2`. The loss of a regression is its mean squared error.
    package var summaryMicro: [String: Int64] {
        var summary = ["holdoutRows": Int64(count)]
        switch self {
        case .binary(let metrics):
            summary["holdoutLoss"] = Millionths.of(metrics.logLoss)
            summary["holdoutAccuracy"] = Millionths.of(metrics.accuracy)
            summary["holdoutAUC"] = metrics.rocAUC.map(Millionths.of)
        case .multiclass(let metrics):
            summary["holdoutLoss"] = Millionths.of(metrics.logLoss)
            summary["holdoutAccuracy"] = Millionths.of(metrics.accuracy)
            summary["holdoutAUC"] = metrics.macroAUC.map(Millionths.of)
        case .regression(let metrics):
            summary["holdoutLoss"] = Millionths.of(metrics.meanSquaredError)
            summary["holdoutMAE"] = Millionths.of(metrics.meanAbsoluteError)
            summary["holdoutR2"] = metrics.r2.map(Millionths.of)
        }
        return summary
    }
}

/// Numbers as the ledger has them.
package enum Millionths {
    /// Beyond it an integer of JSON is not what every reader takes it for.
    private static let max: Double = 9e15

    /// In millionths, rounded to nearest; what is too large is as large as can be said.
    package static func of(_ value: Double) -> Int64 {
        guard !value.isNaN else { return Int64(max) }
        return Int64(Swift.min(Swift.max((value * 1_000_000).rounded(), -max), max))
    }

    static func json(_ value: Double) -> JSONValue { .integer(of(value)) }

    /// As it is; JSON has no infinity, which the square of a prediction may be.
    static func finite(_ value: Double) -> JSONValue {
        .number(
            value.isNaN
                ? .greatestFiniteMagnitude
                : Swift.min(
                    Swift.max(value, -.greatestFiniteMagnitude), .greatestFiniteMagnitude))
    }
}
