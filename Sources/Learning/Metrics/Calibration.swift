/// How far probabilities can be taken at their word: of the rows that were given a probability near
/// p, are p in the positive class?
///
/// Ten bins of equal width. The expected calibration error is the mean over all rows of how far the
/// share of the positive class in a row's bin lies from the mean probability in it: Naeini, Cooper
/// and Hauskrecht, *Obtaining Well Calibrated Probabilities Using Bayesian Binning*, AAAI 2015.
package struct Calibration: Hashable, Sendable {
    package struct Bin: Hashable, Sendable {
        /// The probabilities that fall into it; the last bin has its upper end too.
        package let range: Range<Double>
        package let count: Int
        /// `nil` in an empty bin.
        package let meanPredicted: Double?
        /// The share of the positive class; `nil` in an empty bin.
        package let observed: Double?
    }

    package static let binCount = 10

    package let bins: [Bin]
    package let expectedError: Double

    init(probabilities: [Double], labels: [Bool]) {
        var counts = [Int](repeating: 0, count: Self.binCount)
        var positives = counts
        var sums = [Double](repeating: 0, count: Self.binCount)
        for (probability, isPositive) in zip(probabilities, labels) {
            let bin = min(Int(probability * Double(Self.binCount)), Self.binCount - 1)
            counts[bin] += 1
            sums[bin] += probability
            if isPositive { positives[bin] += 1 }
        }
        bins = (0..<Self.binCount).map { bin in
            let count = Double(counts[bin])
            let lower = Double(bin) / Double(Self.binCount)
            return Bin(
                range: lower..<Double(bin + 1) / Double(Self.binCount), count: counts[bin],
                meanPredicted: counts[bin] > 0 ? sums[bin] / count : nil,
                observed: counts[bin] > 0 ? Double(positives[bin]) / count : nil)
        }
        let total = zip(sums, positives).reduce(0) { $0 + ($1.0 - Double($1.1)).magnitude }
        expectedError = total / Double(probabilities.count)
    }
}
