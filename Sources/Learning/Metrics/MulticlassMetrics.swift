import CKernels
package import Encodings

/// How good predictions of several classes are.
package struct MulticlassMetrics: Hashable, Sendable {
    package let count: Int
    /// The share of rows whose own class has the highest probability, the first of equals.
    package let accuracy: Double
    /// The mean of −ln of the probability that the true class was given, in nats; probabilities
    /// are taken to be at least 10⁻¹⁵.
    package let logLoss: Double
    /// The mean over the classes of the area under the curve of this class against all others
    /// together, classes that no row or every row is of left out; `nil` where none is left.
    package let macroAUC: Double?
    /// For each class in its order how many rows of it were predicted to be of each.
    package let confusion: [[Int]]
    package let classes: [String]

    /// - Parameters:
    ///   - probabilities: For each row one for each class.
    ///   - answers: For each row the place of its class; at least one.
    package init(probabilities: [Double], answers: [Int], classes: [String]) {
        let width = classes.count
        precondition(
            !answers.isEmpty && probabilities.count == answers.count * width
                && answers.allSatisfy { 0..<width ~= $0 },
            "there is not a probability of each class for each row")
        count = answers.count
        self.classes = classes
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: width), count: width)
        var loss = 0.0
        for (row, answer) in answers.enumerated() {
            let chances = probabilities[row * width..<(row + 1) * width]
            var best = chances.startIndex
            for place in chances.indices where chances[place] > chances[best] { best = place }
            confusion[answer][best - chances.startIndex] += 1
            loss -= jl_log(max(chances[chances.startIndex + answer], 1e-15))
        }
        self.confusion = confusion
        logLoss = loss / Double(count)
        accuracy = Double((0..<width).reduce(0) { $0 + confusion[$1][$1] }) / Double(count)
        let areas = (0..<width).compactMap { place in
            BinaryMetrics.areaUnderCurve(
                answers.indices.map { probabilities[$0 * width + place] },
                answers.map { $0 == place })
        }
        macroAUC = areas.isEmpty ? nil : areas.reduce(0, +) / Double(areas.count)
    }

    /// Integers only; `macroAUCMicro` is left out where it is undefined.
    package var ledgerJSON: JSONValue {
        [
            "count": .integer(Int64(count)),
            "accuracyMicro": Millionths.json(accuracy),
            "logLossMicro": Millionths.json(logLoss),
            "macroAUCMicro": macroAUC.map(Millionths.json),
            "confusion": confusionJSON,
        ]
    }

    package var json: JSONValue {
        [
            "count": .integer(Int64(count)),
            "accuracy": .number(accuracy),
            "logLoss": .number(logLoss),
            "macroAUC": macroAUC.map { .number($0) } ?? .null,
            "classes": .array(classes.map { .string($0) }),
            "confusion": confusionJSON,
        ]
    }

    private var confusionJSON: JSONValue {
        .array(confusion.map { .array($0.map { .integer(Int64($0)) }) })
    }
}
