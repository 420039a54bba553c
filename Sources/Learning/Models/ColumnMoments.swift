import CKernels
package import Tensors

/// For each numeric feature, how many values there are, their mean, and the sum of their squared
/// deviations from it: what members tell each other so that all can standardise alike.
///
/// Moments of parts are merged into those of the whole without another pass over the data: Chan,
/// Golub and LeVeque, *Updating Formulae and a Pairwise Algorithm for Computing Sample Variances*,
/// Stanford STAN-CS-79-773, 1979, equation 2.1.
package struct ColumnMoments: Hashable, Sendable {
    /// How many values are not missing.
    package let counts: [Double]
    /// 0 where there is no value.
    package let means: [Double]
    package let squaredDeviations: [Double]

    package var width: Int { counts.count }

    /// No fewer rows can have them.
    var rowsMin: Double { counts.max() ?? 0 }

    /// The moments of the numeric features of some rows. Two passes: the mean first, then the
    /// deviations from it, so that nothing cancels.
    init(of matrix: DesignMatrix, layout: FeatureLayout) {
        precondition(matrix.width == layout.width, "the rows are not of this layout")
        let width = matrix.width
        var counts = [Double](repeating: 0, count: width)
        var sums = counts
        var deviations = counts
        jl_column_sums(&counts, &sums, matrix.values, matrix.rowCount, width)
        let means = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
        jl_column_squared_deviations(&deviations, matrix.values, means, matrix.rowCount, width)
        let inputs = layout.numericInputs
        self.counts = inputs.map { counts[$0] }
        self.means = inputs.map { means[$0] }
        squaredDeviations = inputs.map { deviations[$0] }
    }

    /// The moments of the numeric features of some rows and, behind them, of what is to be predicted
    /// where that is a number.
    init(of rows: LabelledRows, layout: FeatureLayout, target: Target) {
        let features = ColumnMoments(of: rows.inputs, layout: layout)
        guard case .number = target else {
            self = features
            return
        }
        var counts = [0.0]
        var sums = [0.0]
        var deviations = [0.0]
        jl_column_sums(&counts, &sums, rows.labels, rows.count, 1)
        let means = [counts[0] > 0 ? sums[0] / counts[0] : 0]
        jl_column_squared_deviations(&deviations, rows.labels, means, rows.count, 1)
        self.init(
            counts: features.counts + counts, means: features.means + means,
            squaredDeviations: features.squaredDeviations + deviations)
    }

    /// The moments of one column.
    ///
    /// - Parameter answers: Count, mean and squared deviations.
    init(answers: [Double]) throws(LearningError) {
        try self.init(tensors: [
            Tensor(name: "count", vector: [answers[0]]),
            Tensor(name: "mean", vector: [answers[1]]),
            Tensor(name: "squared_deviations", vector: [answers[2]]),
        ])
    }

    /// All moments but the last, and the last.
    var splitLast: (ColumnMoments, ColumnMoments)? {
        guard width > 0 else { return nil }
        func part(_ places: Range<Int>) -> ColumnMoments {
            ColumnMoments(
                counts: Array(counts[places]), means: Array(means[places]),
                squaredDeviations: Array(squaredDeviations[places]))
        }
        return (part(0..<width - 1), part(width - 1..<width))
    }

    private init(counts: [Double], means: [Double], squaredDeviations: [Double]) {
        self.counts = counts
        self.means = means
        self.squaredDeviations = squaredDeviations
    }

    /// The moments of all parts together, merged from the first to the last. The order is part of
    /// the result's last bits: agree on one, such as that of the members' names.
    ///
    /// - Throws: ``LearningError``: `wrongTensors` where there is no part, or they are not of the
    ///   same features.
    package init(merging parts: [ColumnMoments]) throws(LearningError) {
        guard let first = parts.first else { throw .wrongTensors("there are no moments to merge") }
        guard parts.allSatisfy({ $0.width == first.width }) else {
            throw .wrongTensors("the members' moments are of different features")
        }
        self = parts.dropFirst().reduce(first) { $0.merged(with: $1) }
    }

    private func merged(with other: ColumnMoments) -> ColumnMoments {
        var counts: [Double] = []
        var means: [Double] = []
        var squaredDeviations: [Double] = []
        for index in self.counts.indices {
            let (n, m) = (self.counts[index], other.counts[index])
            let total = n + m
            let difference = other.means[index] - self.means[index]
            let share = total > 0 ? m / total : 0
            counts.append(total)
            means.append(self.means[index] + difference * share)
            squaredDeviations.append(
                self.squaredDeviations[index] + other.squaredDeviations[index]
                    + difference * difference * n * share)
        }
        return ColumnMoments(counts: counts, means: means, squaredDeviations: squaredDeviations)
    }

    /// `count`, `mean` and `squared_deviations`, F64, one element for each numeric feature.
    package var tensors: [Tensor] {
        [
            Tensor(name: "count", vector: counts),
            Tensor(name: "mean", vector: means),
            Tensor(name: "squared_deviations", vector: squaredDeviations),
        ]
    }

    /// - Throws: ``LearningError``: `wrongTensors` for other tensors, or for numbers that are not
    ///   those of any data.
    package init(tensors: [Tensor]) throws(LearningError) {
        var named = NamedTensors(tensors)
        let counts = try named.float64("count")
        let means = try named.float64("mean", count: counts.count)
        let squaredDeviations = try named.float64("squared_deviations", count: counts.count)
        try named.finish()
        guard counts.allSatisfy({ $0 >= 0 && $0 <= 0x1p53 && $0 == $0.rounded() }) else {
            throw .wrongTensors("\"count\" should hold numbers of rows")
        }
        guard squaredDeviations.allSatisfy({ $0 >= 0 }) else {
            throw .wrongTensors("\"squared_deviations\" should not be negative")
        }
        // What is merged relies on it: a mean of no values would still weigh in a difference.
        for index in counts.indices where counts[index] == 0 {
            guard means[index] == 0, squaredDeviations[index] == 0 else {
                throw .wrongTensors("where \"count\" is 0, the other moments should be 0 too")
            }
        }
        self.init(counts: counts, means: means, squaredDeviations: squaredDeviations)
    }
}
