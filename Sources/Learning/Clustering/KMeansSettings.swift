package import Encodings

/// The settings of a job that groups rows by k-means, as they stand on the ledger in `job.trainer`.
///
/// A round of training is one step of Lloyd's: what members contribute are sums and counts, which
/// are added and not averaged, so that no strategy has a say.
package struct KMeansSettings: Hashable, Sendable {
    package static let kind = "k-means"
    package static let clustersMax = 1_024
    private static let seedMax: UInt64 = 1 << 53 - 1

    /// The features that all participants have agreed on.
    package let layout: FeatureLayout
    /// k.
    package let clusters: Int
    /// A member tells of no local centre that fewer of its rows are nearest to.
    package let candidateRowsMin: Int
    /// Decides the start. Below 2⁵³.
    package let seed: UInt64

    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    package init(
        layout: FeatureLayout, clusters: Int, candidateRowsMin: Int = 5, seed: UInt64
    ) throws(LearningError) {
        guard 1...Self.clustersMax ~= clusters else {
            throw .wrongValue(name: "clusters", problem: "should be from 1 to \(Self.clustersMax)")
        }
        guard 1...1 << 31 ~= candidateRowsMin else {
            throw .wrongValue(name: "candidateRowsMin", problem: "should be from 1 to 2147483648")
        }
        guard seed <= Self.seedMax else {
            throw .wrongValue(name: "seed", problem: "should be from 0 to \(Self.seedMax)")
        }
        self.layout = layout
        self.clusters = clusters
        self.candidateRowsMin = candidateRowsMin
        self.seed = seed
    }

    package var json: JSONValue {
        [
            "kind": .string(Self.kind), "layout": layout.json,
            "clusters": .integer(Int64(clusters)),
            "candidateRowsMin": .integer(Int64(candidateRowsMin)), "seed": .integer(Int64(seed)),
        ]
    }

    /// - Throws: ``JSONShapeError``, also for a trainer of another kind.
    package init(json: JSONValue, at path: String = "trainer") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        try fields.kind(Self.kind)
        let layout = try FeatureLayout(
            json: try fields.required("layout"), at: fields.path(to: "layout"))
        let clusters = try fields.integer("clusters")
        let candidateRowsMin = try fields.integer("candidateRowsMin")
        let seed = try fields.integer("seed", in: 0...Int64(Self.seedMax))
        try fields.finish()
        self = try fields.checked { () throws(LearningError) in
            try KMeansSettings(
                layout: layout, clusters: Int(clusters), candidateRowsMin: Int(candidateRowsMin),
                seed: UInt64(seed))
        }
    }
}
