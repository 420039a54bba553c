import CKernels
package import Tensors

/// What a member contributes to a round of k-means: for each centre the sum and number of the rows
/// that it is nearest to, and the sum of their squared distances.
package struct KMeansSums: Hashable, Sendable {
    /// k × P, of standardised inputs.
    package private(set) var sums: [Double]
    /// k.
    package private(set) var counts: [Double]
    /// The sum of the squared distances to the nearest centre.
    package private(set) var inertia: Double

    /// - Parameter inputs: Standardised.
    init(of inputs: DesignMatrix, centres: [Double]) {
        let count = centres.count / inputs.width
        sums = [Double](repeating: 0, count: centres.count)
        counts = [Double](repeating: 0, count: count)
        inertia = 0
        guard count > 0 else { return }
        let (nearest, inertia) = Self.nearest(to: inputs, centres: centres)
        self.inertia = inertia
        jl_cluster_sums(
            &sums, &counts, inputs.values, nearest, inputs.rowCount, inputs.width)
    }

    /// For each row the nearest centre, and the sum of the squared distances.
    static func nearest(
        to inputs: DesignMatrix, centres: [Double]
    ) -> (centres: [UInt32], inertia: Double) {
        var nearest = [UInt32](repeating: 0, count: inputs.rowCount)
        let inertia = jl_nearest_centres(
            &nearest, inputs.values, centres, inputs.rowCount, inputs.width,
            centres.count / inputs.width)
        return (nearest, inertia)
    }

    /// The sums of all members, added in this order, which is part of their last bits.
    ///
    /// - Throws: ``LearningError/wrongTensors(_:)`` where there are none, or of different centres.
    package init(merging parts: [KMeansSums]) throws(LearningError) {
        guard let first = parts.first else { throw .wrongTensors("there are no sums to merge") }
        self = first
        for part in parts.dropFirst() {
            guard part.counts.count == counts.count, part.sums.count == sums.count else {
                throw .wrongTensors("the members' sums are of different centres")
            }
            for place in sums.indices { sums[place] += part.sums[place] }
            for place in counts.indices { counts[place] += part.counts[place] }
            inertia += part.inertia
        }
    }

    /// The means, and the centre itself where it has no rows.
    func centres(keeping centres: [Double]) -> [Double] {
        let width = counts.isEmpty ? 1 : sums.count / counts.count
        return sums.indices.map { place in
            let count = counts[place / width]
            return count > 0 ? sums[place] / count : centres[place]
        }
    }

    /// `sums` ([k, P]), `counts` ([k]) and `inertia` ([1]), F64.
    package var tensors: [Tensor] {
        [
            Tensor(matrix: sums, name: "sums", width: sums.count / max(counts.count, 1)),
            Tensor(name: "counts", vector: counts), Tensor(name: "inertia", vector: [inertia]),
        ]
    }

    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`, also for what no rows can have.
    package init(tensors: [Tensor], settings: KMeansSettings) throws(LearningError) {
        let width = settings.layout.width
        var named = NamedTensors(tensors)
        sums = try named.float64("sums", shape: [settings.clusters, width])
        counts = try named.integers("counts", count: settings.clusters, in: 0...1 << 40)
            .map { Double($0) }
        inertia = try named.float64("inertia", count: 1)[0]
        try named.finish()
        guard inertia >= 0 else { throw .wrongTensors("\"inertia\" should not be negative") }
        for place in sums.indices where counts[place / width] == 0 && sums[place] != 0 {
            throw .wrongTensors("where \"counts\" is 0, the sums should be 0 too")
        }
    }
}
