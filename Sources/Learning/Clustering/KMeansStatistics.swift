import CKernels
import Randomness
package import Tensors

/// What a member tells before clustering: the moments of its numeric features, and the centres of
/// its own k clusters with their numbers of rows, as candidates for the start.
///
/// This is the one shot of Dennis, Li and Smith, *Heterogeneity for the Win: One-Shot Federated
/// Clustering*, ICML 2021. The candidates are means in the features' own units; members standardise
/// by their own moments to find them, and the rows of all by the merged ones afterwards.
package struct KMeansStatistics: Hashable, Sendable {
    private static let stepCount = 10

    package let moments: ColumnMoments
    /// m × P, m at most k, in the features' units.
    package let candidates: [Double]
    /// How many rows each is the mean of.
    package let candidateRows: [Double]

    init(
        of rows: LabelledRows, settings: KMeansSettings, seed: UInt64
    ) throws(LearningError) {
        moments = ColumnMoments(of: rows.inputs, layout: settings.layout)
        let standardisation = try Standardisation(moments, layout: settings.layout)
        var inputs = rows.inputs
        inputs.standardise(by: standardisation)
        let width = inputs.width
        let points = inputs.values.map { Double($0) }
        var random = SeededRandom(seed: seed)
        var centres = KMeansStart.chosen(
            settings.clusters, of: points, weights: [Double](repeating: 1, count: rows.count),
            width: width, random: &random
        ).flatMap { points[$0 * width..<($0 + 1) * width] }
        var sums = KMeansSums(of: inputs, centres: centres)
        for _ in 0..<Self.stepCount {
            centres = sums.centres(keeping: centres)
            sums = KMeansSums(of: inputs, centres: centres)
        }
        centres = sums.centres(keeping: centres)
        var candidates: [Double] = []
        var candidateRows: [Double] = []
        for (place, count) in sums.counts.enumerated()
        where count >= Double(settings.candidateRowsMin) {
            for input in 0..<width {
                candidates.append(
                    standardisation.means[input]
                        + standardisation.scales[input] * centres[place * width + input])
            }
            candidateRows.append(count)
        }
        self.candidates = candidates
        self.candidateRows = candidateRows
    }

    private init(moments: ColumnMoments, candidates: [Double], candidateRows: [Double]) {
        self.moments = moments
        self.candidates = candidates
        self.candidateRows = candidateRows
    }

    /// That of both's rows. Where the candidates are more than k, the nearest are joined.
    ///
    /// - Throws: ``LearningError``: `wrongTensors` where they are of different features, or `notFinite`.
    func merged(
        with other: KMeansStatistics, _ settings: KMeansSettings
    ) throws(LearningError) -> KMeansStatistics {
        let moments = try ColumnMoments(merging: [moments, other.moments])
        var joins = WardJoins(
            candidates + other.candidates, weights: candidateRows + other.candidateRows,
            scales: try Standardisation(moments, layout: settings.layout).scales)
        joins.join(to: settings.clusters)
        return KMeansStatistics(
            moments: moments, candidates: joins.points, candidateRows: joins.weights)
    }

    /// Those of ``ColumnMoments``, and `candidates` (F64, [m, P]) and `candidate_rows` (F64, [m]).
    package var tensors: [Tensor] {
        let width = candidateRows.isEmpty ? 0 : candidates.count / candidateRows.count
        return moments.tensors + [
            Tensor(matrix: candidates, name: "candidates", width: width),
            Tensor(name: "candidate_rows", vector: candidateRows),
        ]
    }

    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`.
    package init(tensors: [Tensor], settings: KMeansSettings) throws(LearningError) {
        let own = ["candidates", "candidate_rows"]
        moments = try ColumnMoments(tensors: tensors.filter { !own.contains($0.name) })
        _ = try Standardisation(moments, layout: settings.layout)
        var named = NamedTensors(tensors.filter { own.contains($0.name) })
        let rows = try named.integers(
            "candidate_rows", count: nil, in: settings.candidateRowsMin...1 << 40)
        guard rows.count <= settings.clusters else {
            throw .wrongTensors("there should be at most \(settings.clusters) candidates")
        }
        candidates = try named.float64(
            "candidates", shape: [rows.count, rows.isEmpty ? 0 : settings.layout.width])
        candidateRows = rows.map { Double($0) }
        try named.finish()
    }
}

extension Tensor {
    /// Rows of so many F64 elements.
    init(matrix elements: [Double], name: String, width: Int) {
        do {
            try self.init(
                name: name, shape: [width == 0 ? 0 : elements.count / width, width],
                float64: elements)
        } catch {
            preconditionFailure("the rows are complete: \(error)")
        }
    }
}
