import Encodings
import Randomness
import Testing

@testable import Learning

@Suite struct BinaryMetricsTests {
    private static let probabilities = [0.1, 0.4, 0.35, 0.8, 0.8, 0.35, 0.5, 0.95, 0.02, 0.6, 1, 0]
    private static let labels = [0, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0].map { $0 == 1 }

    @Test("The metrics are those of scikit-learn")
    func knownMetrics() throws {
        // scikit-learn 1.9.1: roc_auc_score(t, p) and log_loss(t, clip(p, 1e-15, 1 - 1e-15)).
        let metrics = BinaryMetrics(probabilities: Self.probabilities, labels: Self.labels)
        #expect(metrics.count == 12)
        #expect(abs(try #require(metrics.rocAUC) - 0.8142857142857143) < 1e-15)
        #expect(abs(metrics.logLoss - 0.4853233881833742) < 1e-14)
        #expect(metrics.accuracy == 9.0 / 12)
        #expect(
            metrics.confusion
                == .init(truePositives: 5, falsePositives: 1, trueNegatives: 4, falseNegatives: 2))
        #expect(abs(metrics.calibration.expectedError - 0.2808333333333333) < 1e-14)
    }

    @Test("Bins count what falls into them, the last one 1 too")
    func calibrationBins() {
        let bins = BinaryMetrics(probabilities: Self.probabilities, labels: Self.labels).calibration
            .bins
        #expect(bins.map(\.count) == [2, 1, 0, 2, 1, 1, 1, 0, 2, 2])
        #expect(bins[0].meanPredicted == 0.01)
        #expect(bins[0].observed == 0)
        #expect(bins[2].meanPredicted == nil && bins[2].observed == nil)
        #expect(bins[8].observed == 0.5)
        #expect(bins[9].range == 0.9..<1.0)
    }

    @Test("The area under the curve is that of its definition", arguments: 0..<150 as Range<UInt64>)
    func areaIsTheDefinedOne(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = random.uniformInteger(in: 1...60)
        let grid = Double(random.uniformInteger(in: 1...20))
        // On a coarse grid many scores are tied.
        let scores = (0..<count).map { _ in (random.uniformFraction() * grid).rounded() / grid }
        let labels = (0..<count).map { _ in random.next().isMultiple(of: 2) }
        var wins = 0.0
        var pairs = 0.0
        for (positive, isPositive) in zip(scores, labels) where isPositive {
            for (negative, isOther) in zip(scores, labels) where !isOther {
                pairs += 1
                wins += positive > negative ? 1 : positive == negative ? 0.5 : 0
            }
        }
        let area = BinaryMetrics(probabilities: scores, labels: labels).rocAUC
        if pairs == 0 {
            #expect(area == nil)
        } else {
            #expect(area == wins / pairs, "seed \(seed)")
        }
    }

    @Test("The area depends on the order of the scores alone, and turns with the labels")
    func areaIsInvariant() throws {
        var random = SeededRandom(seed: 5)
        let scores = (0..<200).map { _ in random.uniformFraction() }
        let labels = scores.map { random.uniformFraction() < $0 }
        let area = try #require(BinaryMetrics(probabilities: scores, labels: labels).rocAUC)
        let squared = BinaryMetrics(probabilities: scores.map { $0 * $0 }, labels: labels)
        #expect(squared.rocAUC == area)
        let turned = BinaryMetrics(probabilities: scores, labels: labels.map { !$0 })
        #expect(abs(try #require(turned.rocAUC) - (1 - area)) < 1e-15)
        #expect(area > 0.7)
    }

    @Test("One class has no area, and perfect predictions have all of it")
    func extremes() {
        let one = BinaryMetrics(probabilities: [0.2, 0.9], labels: [true, true])
        #expect(one.rocAUC == nil)
        #expect(one.ledgerJSON["rocAUCMicro"] == nil)
        #expect(one.json["rocAUC"] == .null)
        let perfect = BinaryMetrics(probabilities: [0, 1], labels: [false, true])
        #expect(perfect.rocAUC == 1)
        #expect(perfect.logLoss < 1e-14)
        #expect(perfect.calibration.expectedError == 0)
    }

    @Test("The ledger gets integers only, and people get the numbers")
    func json() throws {
        let metrics = BinaryMetrics(
            probabilities: [0.25, 0.75, 0.75], labels: [false, true, false])
        #expect(
            metrics.ledgerJSON.canonicalText == """
                {"accuracyMicro":666667,"calibration":[{"count":0},{"count":0},\
                {"count":1,"meanPredictedMicro":250000,"observedMicro":0},{"count":0},{"count":0},\
                {"count":0},{"count":0},{"count":2,"meanPredictedMicro":750000,"observedMicro":500000},\
                {"count":0},{"count":0}],"confusion":{"falseNegatives":0,"falsePositives":1,\
                "trueNegatives":1,"truePositives":1},"count":3,\
                "expectedCalibrationErrorMicro":250000,"logLossMicro":653886,"rocAUCMicro":750000}
                """)
        #expect(metrics.json["accuracy"] == .number(2.0 / 3))
        #expect(metrics.json["rocAUC"] == .number(0.75))
        #expect(metrics.json["calibration"]?.array?[2]["from"] == .number(0.2))
    }
}
