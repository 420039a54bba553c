import CKernels
package import Tensors

/// What a member contributes to the round that counts: rows, histograms of the numeric features,
/// and how often each category comes.
package struct FeatureCounts: Hashable, Sendable {
    package private(set) var rows: Double
    /// N × bins, for the numeric features.
    package private(set) var histograms: [Double]
    /// One for each input of a categorical feature, in the order of the layout.
    package private(set) var categories: [Double]

    init(of rows: LabelledRows, ranges: FeatureRanges, settings: StatisticsSettings) {
        let (inputs, layout) = (rows.inputs, settings.layout)
        self.rows = Double(rows.count)
        var histograms: [Double] = []
        for (feature, input) in layout.numericInputs.enumerated() {
            var counts = [Double](repeating: 0, count: settings.bins)
            jl_column_histogram(
                &counts, inputs.values, ranges.edges(of: feature, bins: settings.bins),
                settings.bins, input, rows.count, inputs.width)
            histograms += counts
        }
        self.histograms = histograms
        var counts = [Double](repeating: 0, count: layout.width)
        var sums = counts
        jl_column_sums(&counts, &sums, inputs.values, rows.count, inputs.width)
        let numeric = Set(layout.numericInputs)
        categories = sums.indices.filter { !numeric.contains($0) }.map { sums[$0] }
    }

    /// - Throws: ``LearningError/wrongTensors(_:)`` where there is no part, or of other features.
    package init(merging parts: [FeatureCounts]) throws(LearningError) {
        guard let first = parts.first else { throw .wrongTensors("there are no counts to merge") }
        self = first
        for part in parts.dropFirst() {
            guard part.histograms.count == histograms.count,
                part.categories.count == categories.count
            else { throw .wrongTensors("the members' counts are of different features") }
            rows += part.rows
            for place in histograms.indices { histograms[place] += part.histograms[place] }
            for place in categories.indices { categories[place] += part.categories[place] }
        }
    }

    /// `rows` ([1]), `histograms` ([N · bins]) and `categories`, F64.
    package var tensors: [Tensor] {
        [
            Tensor(name: "rows", vector: [rows]), Tensor(name: "histograms", vector: histograms),
            Tensor(name: "categories", vector: categories),
        ]
    }

    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`, also for what no rows can have.
    package init(tensors: [Tensor], settings: StatisticsSettings) throws(LearningError) {
        var named = NamedTensors(tensors)
        try self.init(from: &named, settings: settings)
        try named.finish()
    }

    init(
        from named: inout NamedTensors, settings: StatisticsSettings
    ) throws(LearningError) {
        let numeric = settings.layout.numericInputs.count
        let max = 1 << 40
        let rows = try named.integers("rows", count: 1, in: 0...max)[0]
        histograms = try named.integers(
            "histograms", count: numeric * settings.bins, in: 0...max
        ).map { Double($0) }
        categories = try named.integers(
            "categories", count: settings.layout.width - numeric, in: 0...max
        ).map { Double($0) }
        self.rows = Double(rows)
        for feature in 0..<numeric {
            let places = feature * settings.bins..<(feature + 1) * settings.bins
            guard histograms[places].reduce(0, +) <= self.rows else {
                throw .wrongTensors("a histogram counts more rows than there are")
            }
        }
        var place = 0
        for feature in settings.layout.features {
            guard case .categorical(let names) = feature.kind else { continue }
            guard categories[place..<place + names.count].reduce(0, +) <= self.rows else {
                throw .wrongTensors("categories are counted in more rows than there are")
            }
            place += names.count
        }
    }
}
