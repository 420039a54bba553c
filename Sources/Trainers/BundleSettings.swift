package import Contracts
package import Encodings
package import Learning

/// The settings of a job whose trainer a member has brought, as they stand on the ledger in
/// `job.trainer`.
///
/// The bundle itself is a blob; its digest pins every byte that runs at the sites. Sites show it the
/// inputs of the layout and the answer, and no other column.
package struct BundleSettings: Hashable, Sendable {
    package static let kind = "bundle"
    /// What stands under `inputs` in the place of a layout where the trainer reads files.
    private static let filesInput = "files"
    private static let seedMax: UInt64 = 1 << 53 - 1

    /// The SHA-256 of the bundle's archive.
    package let digest: BlobDigest
    /// As the bundle's manifest has them; for people.
    package let name: String
    package let version: String
    /// What the trainer gets as `job.config`.
    package let config: JSONValue
    /// Below 2⁵³.
    package let seed: UInt64
    /// The features that all participants have agreed on; `nil` where the trainer reads files.
    package let layout: FeatureLayout?
    /// What a dataset is read for.
    package let target: Target

    package init(
        digest: BlobDigest, name: String, version: String, config: JSONValue, seed: UInt64,
        layout: FeatureLayout?, target: Target
    ) {
        self.digest = digest
        self.name = name
        self.version = version
        self.config = config
        self.seed = min(seed, Self.seedMax)
        self.layout = layout
        self.target = target
    }

    package var json: JSONValue {
        [
            "kind": .string(Self.kind), "digest": digest.json, "name": .string(name),
            "version": .string(version), "config": config, "seed": .integer(Int64(seed)),
            "layout": layout?.json,
            "inputs": layout == nil ? .string(Self.filesInput) : nil, "target": target.json,
        ]
    }

    /// - Throws: `JSONShapeError`, also for a trainer of another kind.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: "trainer")
        guard try fields.string("kind") == Self.kind else {
            throw fields.wrong("kind", "should be \(Self.kind)")
        }
        digest = try fields.digest("digest")
        name = try fields.title("name", bytesMax: 64)
        version = try fields.title("version", bytesMax: 32)
        config = try fields.required("config")
        guard config.object != nil else { throw fields.wrong("config", "should be an object") }
        seed = UInt64(try fields.integer("seed", in: 0...Int64(Self.seedMax)))
        if fields.optional("inputs") != nil {
            guard try fields.string("inputs") == Self.filesInput else {
                throw fields.wrong("inputs", "should be \(Self.filesInput)")
            }
            layout = nil
        } else {
            layout = try FeatureLayout(
                json: try fields.required("layout"), at: fields.path(to: "layout"))
        }
        target = try Target(json: try fields.required("target"), at: fields.path(to: "target"))
        try fields.finish()
    }

    /// The trainer's metrics as a contribution carries them: `loss` of the rows that are held out is
    /// `holdoutLoss`, so that a job is judged by the same names whoever wrote its trainer.
    ///
    /// - Parameters:
    ///   - part: `training` or `holdout`.
    ///   - values: By the trainer's own names; finite.
    package static func metricsMicro(
        _ values: [String: Double], of part: String
    ) -> [String: Int64] {
        let named = values.map { name, value in
            (part + (name == "auc" ? "AUC" : name.prefix(1).uppercased() + name.dropFirst()), value)
        }
        .filter { $0.0.utf8.count <= 40 && $0.0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
        .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        .prefix(Contribution.metricsMax / 2)
        return Dictionary(named.map { ($0.0, Millionths.of($0.1)) }, uniquingKeysWith: { $1 })
    }
}
