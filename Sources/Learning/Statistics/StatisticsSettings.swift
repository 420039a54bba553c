package import Encodings

/// The settings of a job that describes the rows of all members together, as they stand on the
/// ledger in `job.trainer`.
///
/// The statistics round gathers moments and ranges; one round of training then counts within ranges
/// that all have agreed on. Counts are added and not averaged, so that no strategy has a say. The
/// least and the greatest value of a feature become known: leave out a feature where that is too
/// much.
package struct StatisticsSettings: Hashable, Sendable {
    package static let kind = "statistics"
    private static let binsMax = 1_024

    /// The features that are described.
    package let layout: FeatureLayout
    /// Of each numeric feature's histogram.
    package let bins: Int

    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    package init(layout: FeatureLayout, bins: Int = 50) throws(LearningError) {
        guard 1...Self.binsMax ~= bins else {
            throw .wrongValue(name: "bins", problem: "should be from 1 to \(Self.binsMax)")
        }
        self.layout = layout
        self.bins = bins
    }

    package var json: JSONValue {
        [
            "kind": .string(Self.kind), "layout": layout.json, "bins": .integer(Int64(bins)),
        ]
    }

    /// - Throws: ``JSONShapeError``, also for a trainer of another kind.
    package init(json: JSONValue, at path: String = "trainer") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        try fields.kind(Self.kind)
        let layout = try FeatureLayout(
            json: try fields.required("layout"), at: fields.path(to: "layout"))
        let bins = try fields.integer("bins")
        try fields.finish()
        self = try fields.checked { () throws(LearningError) in
            try StatisticsSettings(layout: layout, bins: Int(bins))
        }
    }
}
