import CKernels
package import Encodings

/// How good predictions of two classes are.
package struct BinaryMetrics: Hashable, Sendable {
    /// How many rows of each class were predicted to be of which, where a probability of one half
    /// or more is a prediction of the positive class.
    package struct Confusion: Hashable, Sendable {
        package let truePositives: Int
        package let falsePositives: Int
        package let trueNegatives: Int
        package let falseNegatives: Int
    }

    package let count: Int
    /// The mean of −ln of the probability that the true class was given, in nats; probabilities
    /// are taken to be from 10⁻¹⁵ to 1 − 10⁻¹⁵.
    package let logLoss: Double
    /// The area under the receiver operating characteristic: how likely a row of the positive class
    /// gets a higher probability than one of the other, ties counting half. `nil` where all rows
    /// are of one class.
    package let rocAUC: Double?
    package let accuracy: Double
    package let confusion: Confusion
    package let calibration: Calibration

    /// - Precondition: There is at least one row, a label for each, and every probability is from 0
    ///   to 1.
    package init(probabilities: [Double], labels: [Bool]) {
        precondition(
            !labels.isEmpty && probabilities.count == labels.count
                && probabilities.allSatisfy { $0 >= 0 && $0 <= 1 },
            "there is not a probability for each label")
        count = labels.count
        let bytes = labels.map { $0 ? 1 : 0 as UInt8 }
        logLoss = jl_log_loss(probabilities, bytes, count) / Double(count)
        rocAUC = Self.areaUnderCurve(probabilities, labels)
        var counts = (truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0)
        for (probability, isPositive) in zip(probabilities, labels) {
            switch (probability >= 0.5, isPositive) {
            case (true, true): counts.truePositives += 1
            case (true, false): counts.falsePositives += 1
            case (false, false): counts.trueNegatives += 1
            case (false, true): counts.falseNegatives += 1
            }
        }
        confusion = Confusion(
            truePositives: counts.truePositives, falsePositives: counts.falsePositives,
            trueNegatives: counts.trueNegatives, falseNegatives: counts.falseNegatives)
        accuracy = Double(counts.truePositives + counts.trueNegatives) / Double(count)
        calibration = Calibration(probabilities: probabilities, labels: labels)
    }

    /// The area is the statistic of Mann and Whitney over the number of pairs (Hanley and McNeil,
    /// *The Meaning and Use of the Area under a ROC Curve*, Radiology 143(1), 1982): one pass over
    /// the rows in the order of their scores, each group of equal scores at once. The pairs are
    /// counted in integers, so the result has one rounding.
    static func areaUnderCurve(_ scores: [Double], _ labels: [Bool]) -> Double? {
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        var twiceWins = 0
        var positives = 0
        var negatives = 0
        var start = 0
        while start < order.count {
            var end = start
            var groupPositives = 0
            while end < order.count, scores[order[end]] == scores[order[start]] {
                if labels[order[end]] { groupPositives += 1 }
                end += 1
            }
            let groupNegatives = end - start - groupPositives
            twiceWins += groupPositives * (2 * negatives + groupNegatives)
            positives += groupPositives
            negatives += groupNegatives
            start = end
        }
        guard positives > 0, negatives > 0 else { return nil }
        return Double(twiceWins) / (2 * Double(positives) * Double(negatives))
    }
}

extension BinaryMetrics {
    /// The metrics for the ledger: integers only, rates and losses in millionths (`…Micro`),
    /// rounded to nearest; `rocAUCMicro` is left out where it is undefined.
    package var ledgerJSON: JSONValue {
        [
            "count": .integer(Int64(count)),
            "logLossMicro": Millionths.json(logLoss),
            "rocAUCMicro": rocAUC.map(Millionths.json),
            "accuracyMicro": Millionths.json(accuracy),
            "confusion": confusionJSON,
            "expectedCalibrationErrorMicro": Millionths.json(calibration.expectedError),
            "calibration": .array(
                calibration.bins.map { bin in
                    [
                        "count": .integer(Int64(bin.count)),
                        "meanPredictedMicro": bin.meanPredicted.map(Millionths.json),
                        "observedMicro": bin.observed.map(Millionths.json),
                    ]
                }),
        ]
    }

    /// The metrics for people, as they are.
    package var json: JSONValue {
        [
            "count": .integer(Int64(count)),
            "logLoss": .number(logLoss),
            "rocAUC": rocAUC.map { .number($0) } ?? .null,
            "accuracy": .number(accuracy),
            "confusion": confusionJSON,
            "expectedCalibrationError": .number(calibration.expectedError),
            "calibration": .array(
                calibration.bins.map { bin in
                    [
                        "from": .number(bin.range.lowerBound),
                        "to": .number(bin.range.upperBound),
                        "count": .integer(Int64(bin.count)),
                        "meanPredicted": bin.meanPredicted.map { .number($0) } ?? .null,
                        "observed": bin.observed.map { .number($0) } ?? .null,
                    ]
                }),
        ]
    }

    private var confusionJSON: JSONValue {
        [
            "truePositives": .integer(Int64(confusion.truePositives)),
            "falsePositives": .integer(Int64(confusion.falsePositives)),
            "trueNegatives": .integer(Int64(confusion.trueNegatives)),
            "falseNegatives": .integer(Int64(confusion.falseNegatives)),
        ]
    }
}
