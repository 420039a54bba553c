import CKernels
package import Tensors

/// What a member tells before rows are counted: for each numeric feature its moments, and its least
/// and greatest value.
package struct FeatureRanges: Hashable, Sendable {
    package let moments: ColumnMoments
    /// 0 where there is no value, as the other.
    package let minima: [Double]
    package let maxima: [Double]

    init(of rows: LabelledRows, layout: FeatureLayout) {
        moments = ColumnMoments(of: rows.inputs, layout: layout)
        var minima: [Double] = []
        var maxima: [Double] = []
        for input in layout.numericInputs {
            var (low, high) = (0.0, 0.0)
            jl_column_range(
                &low, &high, rows.inputs.values, input, rows.count, rows.inputs.width)
            minima.append(low)
            maxima.append(high)
        }
        self.minima = minima
        self.maxima = maxima
    }

    /// - Throws: ``LearningError/wrongTensors(_:)`` where there is no part, or of other features.
    package init(merging parts: [FeatureRanges]) throws(LearningError) {
        let moments = try ColumnMoments(merging: parts.map(\.moments))
        guard (moments.means + moments.squaredDeviations).allSatisfy({ $0.isFinite }) else {
            throw .notFinite("a merged moment")
        }
        self.moments = moments
        func merged(
            _ ends: KeyPath<FeatureRanges, [Double]>, _ pick: (Double, Double) -> Double
        ) -> [Double] {
            (0..<moments.width).map { feature in
                let present = parts.filter { $0.moments.counts[feature] > 0 }
                    .map { $0[keyPath: ends][feature] }
                return present.dropFirst().reduce(present.first ?? 0, pick)
            }
        }
        minima = merged(\.minima, min)
        maxima = merged(\.maxima, max)
    }

    /// Those of ``ColumnMoments``, and `minimum` and `maximum`, F64, one element for each numeric
    /// feature.
    package var tensors: [Tensor] {
        moments.tensors + [
            Tensor(name: "minimum", vector: minima), Tensor(name: "maximum", vector: maxima),
        ]
    }

    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`.
    package init(tensors: [Tensor], settings: StatisticsSettings) throws(LearningError) {
        let own = ["minimum", "maximum"]
        moments = try ColumnMoments(tensors: tensors.filter { !own.contains($0.name) })
        let count = settings.layout.numericInputs.count
        guard moments.width == count else {
            throw .wrongTensors(
                "the ranges are of \(moments.width) features, and the layout has \(count) numeric "
                    + "ones")
        }
        var named = NamedTensors(tensors.filter { own.contains($0.name) })
        minima = try named.float64("minimum", count: count)
        maxima = try named.float64("maximum", count: count)
        try named.finish()
        for feature in 0..<count {
            let (low, high) = (minima[feature], maxima[feature])
            // Values are in single precision, so that no difference of two overflows.
            let bound = Double(Float.greatestFiniteMagnitude)
            guard low >= -bound, low <= high, high <= bound else {
                throw .wrongTensors(
                    "\"minimum\" should be at most \"maximum\", both in single precision")
            }
            guard moments.counts[feature] > 0 || (low == 0 && high == 0) else {
                throw .wrongTensors("where \"count\" is 0, the range should be 0 too")
            }
        }
    }

    /// The edges of a feature's bins, equally wide from its least to its greatest value.
    func edges(of feature: Int, bins: Int) -> [Double] {
        let (low, high) = (minima[feature], maxima[feature])
        return (0...bins).map {
            $0 == bins ? high : low + (high - low) * Double($0) / Double(bins)
        }
    }
}
