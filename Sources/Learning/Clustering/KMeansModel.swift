package import Encodings
import Randomness
package import Tensors

/// Centres that rows are grouped around.
package struct KMeansModel: Hashable, Sendable {
    package static let format = "jointlab.k-means/1"

    package let settings: KMeansSettings
    package let standardisation: Standardisation
    /// k × P, standardised.
    package let centres: [Double]
    /// How many rows each had in the last round, of all members; zeros before the first.
    package let counts: [Double]
    /// The sum of the squared distances to the nearest centre in the last round, at the centres
    /// before it; 0 before the first.
    package let inertia: Double

    /// The model from which a job starts: k-means++ over the candidates of all members, weighted by
    /// their rows, from the settings' seed. Where these are fewer than k different ones, the other
    /// centres are drawn from the normal distribution of mean 0 and scale 1.
    ///
    /// - Parameter parts: In the order of the sealed contributions, which decides with the seed.
    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`.
    package static func initial(
        _ settings: KMeansSettings, merging parts: [KMeansStatistics]
    ) throws(LearningError) -> KMeansModel {
        let moments = try ColumnMoments(merging: parts.map(\.moments))
        let standardisation = try Standardisation(moments, layout: settings.layout)
        let width = settings.layout.width
        var points = parts.flatMap(\.candidates)
        for place in points.indices {
            let input = place % width
            points[place] =
                (points[place] - standardisation.means[input]) / standardisation.scales[input]
        }
        guard points.allSatisfy(\.isFinite) else { throw .notFinite("a candidate") }
        var random = SeededRandom(seed: settings.seed)
        var centres = KMeansStart.chosen(
            settings.clusters, of: points, weights: parts.flatMap(\.candidateRows), width: width,
            random: &random
        ).flatMap { points[$0 * width..<($0 + 1) * width] }
        while centres.count < settings.clusters * width { centres.append(random.normalNumber()) }
        return try KMeansModel(
            settings: settings, standardisation: standardisation, centres: centres,
            counts: [Double](repeating: 0, count: settings.clusters), inertia: 0)
    }

    /// The model with centres of the caller's choice, standardised.
    init(
        settings: KMeansSettings, standardisation: Standardisation, centres: [Double],
        counts: [Double], inertia: Double
    ) throws(LearningError) {
        guard centres.allSatisfy(\.isFinite) else { throw .notFinite("a centre") }
        guard inertia.isFinite else { throw .notFinite("the inertia") }
        self.settings = settings
        self.standardisation = standardisation
        self.centres = centres
        self.counts = counts
        self.inertia = inertia
    }

    /// The model after a round: each centre the mean of its rows. One without rows stays where it
    /// is, so that what a verifier computes does not depend on rows that nobody may see.
    ///
    /// - Parameter sums: Merged over all members.
    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`.
    package func moved(by sums: KMeansSums) throws(LearningError) -> KMeansModel {
        guard sums.counts.count == settings.clusters, sums.sums.count == centres.count else {
            throw .wrongTensors("the sums are not of the model's centres")
        }
        return try KMeansModel(
            settings: settings, standardisation: standardisation,
            centres: sums.centres(keeping: centres), counts: sums.counts, inertia: sums.inertia)
    }

    /// For each row, not yet standardised, the place of its cluster.
    ///
    /// - Throws: ``LearningError``: `otherLayout`.
    package func clusters(of inputs: DesignMatrix) throws(LearningError) -> [Int] {
        guard inputs.width == settings.layout.width else { throw .otherLayout }
        var inputs = inputs
        inputs.standardise(by: standardisation)
        return KMeansSums.nearest(to: inputs, centres: centres).centres.map { Int($0) }
    }

    /// For people: for each cluster its rows, and its centre by the inputs' names in their units.
    package var json: JSONValue {
        let names = settings.layout.inputNames
        let clusters = (0..<settings.clusters).map { cluster -> JSONValue in
            let members = names.indices.map { input in
                JSONObject.Member(
                    key: names[input],
                    value: Millionths.finite(
                        standardisation.means[input] + standardisation.scales[input]
                            * centres[cluster * names.count + input]))
            }
            return [
                "rows": .integer(Int64(counts[cluster])),
                "centre": JSONObject(members).map { .object($0) },
            ]
        }
        return ["inertia": .number(inertia), "clusters": .array(clusters)]
    }

    /// `mean` and `scale` ([P]), `centres` ([k, P]), `counts` ([k]) and `inertia` ([1]), F64; the
    /// metadata are `format` and `settings`. The same model gives the same bytes.
    package var safetensors: Safetensors {
        Safetensors(
            model: [
                Tensor(name: "mean", vector: standardisation.means),
                Tensor(name: "scale", vector: standardisation.scales),
                Tensor(matrix: centres, name: "centres", width: settings.layout.width),
                Tensor(name: "counts", vector: counts),
                Tensor(name: "inertia", vector: [inertia]),
            ], format: Self.format, [("settings", settings.json)])
    }

    /// The model as a file.
    package var bytes: [UInt8] { safetensors.bytes }

    /// Reads a model from a file.
    ///
    /// - Throws: ``LearningError``: `notSafetensors`, `wrongMetadata`, `wrongTensors` or
    ///   `notFinite`.
    package init(parsing bytes: [UInt8]) throws(LearningError) {
        let file = try Safetensors(model: bytes)
        let metadata = try ModelMetadata(file, format: Self.format, keys: ["settings"])
        let settings = try metadata.json("settings") { (json) throws(JSONShapeError) in
            try KMeansSettings(json: json, at: "settings")
        }
        let width = settings.layout.width
        var named = NamedTensors(file.tensors)
        let standardisation = try Standardisation(
            means: named.float64("mean", count: width), scales: named.float64("scale", count: width)
        )
        let centres = try named.float64("centres", shape: [settings.clusters, width])
        let counts = try named.integers("counts", count: settings.clusters, in: 0...1 << 50)
        let inertia = try named.float64("inertia", count: 1)[0]
        try named.finish()
        try self.init(
            settings: settings, standardisation: standardisation, centres: centres,
            counts: counts.map { Double($0) }, inertia: inertia)
    }
}
