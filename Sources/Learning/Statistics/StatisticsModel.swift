package import Encodings
package import Tensors

/// The statistics of the rows of all members: their ranges and, after the round that counts, all
/// else.
package struct StatisticsModel: Hashable, Sendable {
    package static let format = "jointlab.statistics/1"
    /// Of which quantiles are said.
    package static let shares = [0.05, 0.25, 0.5, 0.75, 0.95]

    package let settings: StatisticsSettings
    package let ranges: FeatureRanges
    /// `nil` until rows have been counted.
    package let counts: FeatureCounts?

    private init(settings: StatisticsSettings, ranges: FeatureRanges, counts: FeatureCounts?) {
        self.settings = settings
        self.ranges = ranges
        self.counts = counts
    }

    /// - Throws: ``LearningError/wrongTensors(_:)``.
    package static func initial(
        _ settings: StatisticsSettings, merging parts: [FeatureRanges]
    ) throws(LearningError) -> StatisticsModel {
        StatisticsModel(
            settings: settings, ranges: try FeatureRanges(merging: parts), counts: nil)
    }

    /// The model after the round that counts.
    ///
    /// - Parameter counts: Merged over all members.
    package func counted(_ counts: FeatureCounts) -> StatisticsModel {
        StatisticsModel(settings: settings, ranges: ranges, counts: counts)
    }

    /// A value below which a share of a numeric feature's values lies, as far as its histogram
    /// tells: values are taken to be spread evenly within a bin, so that the error is at most a
    /// bin's width.
    ///
    /// - Parameter feature: Its place among the numeric ones.
    /// - Returns: `nil` where there is no value, or rows have not been counted.
    package func quantile(_ share: Double, of feature: Int) -> Double? {
        guard let counts else { return nil }
        let bins = counts.histograms[feature * settings.bins..<(feature + 1) * settings.bins]
        let total = bins.reduce(0, +)
        guard total > 0 else { return nil }
        let edges = ranges.edges(of: feature, bins: settings.bins)
        let wanted = share * total
        var below = 0.0
        for (bin, count) in bins.enumerated() {
            if count > 0, below + count >= wanted {
                let part = max(0, (wanted - below) / count)
                return edges[bin] + (edges[bin + 1] - edges[bin]) * part
            }
            below += count
        }
        return edges[settings.bins]
    }

    /// The statistics for people and programs: for each feature what is known of it. The variance is
    /// the mean squared deviation.
    package var json: JSONValue {
        var numeric = 0
        var category = 0
        let features = settings.layout.features.map { feature -> JSONValue in
            switch feature.kind {
            case .numeric:
                defer { numeric += 1 }
                return numericJSON(feature.name, numeric)
            case .categorical(let names):
                defer { category += names.count }
                return categoricalJSON(feature.name, names, from: category)
            }
        }
        return [
            "rows": counts.map { .integer(Int64($0.rows)) }, "features": .array(features),
        ]
    }

    private func numericJSON(_ name: String, _ feature: Int) -> JSONValue {
        let count = ranges.moments.counts[feature]
        let isEmpty = count == 0
        let variance = isEmpty ? 0 : ranges.moments.squaredDeviations[feature] / count
        func known(_ value: Double) -> JSONValue? {
            isEmpty ? Optional.none : Millionths.finite(value)
        }
        let histogram = counts.map { counts -> JSONValue in
            [
                "edges": .array(
                    ranges.edges(of: feature, bins: settings.bins).map { .number($0) }),
                "counts": .array(
                    counts.histograms[feature * settings.bins..<(feature + 1) * settings.bins]
                        .map { .integer(Int64($0)) }),
            ]
        }
        let quantiles = Self.shares.compactMap { share in
            quantile(share, of: feature).map {
                JSONObject.Member(
                    key: JSONValue.number(share).canonicalText, value: .number($0))
            }
        }
        return [
            "name": .string(name), "kind": "numeric", "count": .integer(Int64(count)),
            "missing": counts.map { .integer(Int64(max(0, $0.rows - count))) },
            "mean": known(ranges.moments.means[feature]), "variance": known(variance),
            "minimum": known(ranges.minima[feature]), "maximum": known(ranges.maxima[feature]),
            "histogram": isEmpty ? Optional.none : histogram,
            "quantiles": quantiles.isEmpty
                ? Optional.none : JSONObject(quantiles).map { .object($0) },
        ]
    }

    private func categoricalJSON(
        _ name: String, _ categories: [String], from place: Int
    ) -> JSONValue {
        guard let counts else { return ["name": .string(name), "kind": "categorical"] }
        let own = counts.categories[place..<place + categories.count]
        let total = own.reduce(0, +)
        return [
            "name": .string(name), "kind": "categorical", "count": .integer(Int64(total)),
            // A value that is none of the categories counts as missing.
            "missing": .integer(Int64(max(0, counts.rows - total))),
            "categories": .array(
                zip(categories, own).map {
                    ["name": .string($0), "count": .integer(Int64($1))]
                }),
        ]
    }

    /// The tensors of ``FeatureRanges`` and ``FeatureCounts``; the metadata are `format` and
    /// `settings`. The same model gives the same bytes.
    package var safetensors: Safetensors {
        Safetensors(
            model: ranges.tensors + (counts?.tensors ?? []), format: Self.format,
            [("settings", settings.json)])
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
            try StatisticsSettings(json: json, at: "settings")
        }
        let own = ["rows", "histograms", "categories"]
        let counts = file.tensors.filter { own.contains($0.name) }
        self.init(
            settings: settings,
            ranges: try FeatureRanges(
                tensors: file.tensors.filter { !own.contains($0.name) }, settings: settings),
            counts: counts.isEmpty ? nil : try FeatureCounts(tensors: counts, settings: settings))
    }
}
