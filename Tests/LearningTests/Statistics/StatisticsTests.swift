import Encodings
import Tensors
import Testing

@testable import Learning

@Suite struct StatisticsTests {
    private static func described(
        _ settings: StatisticsSettings, _ sites: [LocalDataset]
    ) throws -> StatisticsModel {
        let model = try StatisticsModel.initial(
            settings,
            merging: sites.map {
                try FeatureRanges(
                    tensors: StatisticsTrainer.statistics(of: $0, settings: settings).tensors,
                    settings: settings)
            })
        let read = try StatisticsModel(parsing: model.bytes)
        #expect(read == model && read.json["rows"] == nil)
        let parts = try sites.map {
            try FeatureCounts(
                tensors: StatisticsTrainer.counts(base: model, on: $0).tensors, settings: settings)
        }
        return model.counted(try FeatureCounts(merging: parts))
    }

    @Test(
        "Three sites together have NumPy's statistics of the pooled rows",
        .enabled(if: PythonPeer.isPresent, PythonPeer.absence))
    func likeNumPy() throws {
        let data = try MadeData(
            seed: 41, rows: 800, numeric: 3, isCategorical: true, missing: 0.15, target: .nothing
        ) { _, _ in 0 }
        let settings = try StatisticsSettings(layout: data.layout, bins: 40)
        let model = try Self.described(settings, data.sites(3))
        #expect(try StatisticsModel(parsing: model.bytes) == model)
        let peer = try PythonPeer.run(
            "statistics_peer.py",
            [
                "x": .numbers(data.rows.inputs.values),
                "width": .integer(Int64(data.layout.width)), "numeric": 3, "bins": 40,
                "shares": .numbers(StatisticsModel.shares),
            ])
        let features = try #require(model.json["features"]?.array)
        let expected = try #require(peer["features"]?.array)
        for (feature, expected) in zip(features, expected) {
            #expect(feature["count"] == expected["count"])
            #expect(feature["missing"] == expected["missing"])
            for key in ["mean", "variance", "minimum", "maximum"] {
                let difference = try feature.number(key) - expected.number(key)
                #expect(abs(difference) < 1e-9, "\(key)")
            }
            let histogram = try #require(feature["histogram"])
            #expect(try histogram.numbers("counts") == expected.numbers("counts"))
            for (edge, other) in zip(
                try histogram.numbers("edges"), try expected.numbers("edges"))
            {
                #expect(abs(edge - other) < 1e-9)
            }
            // Quantiles come from bins: right to a bin's width.
            let edges = try histogram.numbers("edges")
            for (share, other) in zip(StatisticsModel.shares, try expected.numbers("quantiles")) {
                let key = JSONValue.number(share).canonicalText
                let quantile = try #require(feature["quantiles"]?[key]?.double)
                #expect(abs(quantile - other) <= edges[1] - edges[0])
            }
        }
        let counts = try #require(features.last?["categories"]?.array)
        #expect(try counts.map { try $0.number("count") } == peer.numbers("sums"))
        #expect(features.last?["missing"] == 0)
    }

    @Test("The pooled rows have the counts of three sites exactly")
    func sitesArePooled() throws {
        let data = try MadeData(
            seed: 5, rows: 300, numeric: 2, missing: 0.3, target: .nothing
        ) { _, _ in 0 }
        let settings = try StatisticsSettings(layout: data.layout, bins: 7)
        let federated = try Self.described(settings, data.sites(3))
        let pooled = try Self.described(settings, [data.dataset])
        #expect(federated.counts == pooled.counts)
        #expect(federated.ranges.minima == pooled.ranges.minima)
        for (left, right) in zip(
            federated.ranges.moments.squaredDeviations, pooled.ranges.moments.squaredDeviations)
        {
            #expect(abs(left - right) < 1e-9 * right)
        }
    }

    @Test("Columns without a value or with only one, and extreme numbers, are described")
    func extremes() throws {
        let layout = try FeatureLayout(
            commonTo: [schema([("a", .numeric), ("b", .numeric), ("c", .numeric)])])
        let rows = LabelledRows(
            inputs: DesignMatrix(
                width: 3, values: [.nan, 5, 3e38, .nan, 5, -3e38, .nan, .nan, 0]),
            labels: [0, 0, 0])
        let dataset = LocalDataset(layout: layout, target: .nothing, training: rows, holdout: rows)
        let model = try Self.described(StatisticsSettings(layout: layout, bins: 4), [dataset])
        let features = try #require(model.json["features"]?.array)
        #expect(
            features[0].canonicalText == #"{"count":0,"kind":"numeric","missing":3,"name":"a"}"#)
        #expect(features[1]["quantiles"]?["0.5"]?.double == 5)
        #expect(features[1]["missing"] == 1)
        #expect(try features[2].number("maximum") == Double(Float(3e38)))
        #expect(try #require(features[2]["histogram"]).numbers("counts") == [1, 0, 1, 1])
    }

    @Test("Malformed contributions are refused")
    func refusals() throws {
        let data = try MadeData(
            seed: 5, rows: 30, numeric: 2, isCategorical: true, target: .nothing
        ) { _, _ in 0 }
        let settings = try StatisticsSettings(layout: data.layout, bins: 3)
        let ranges = try StatisticsTrainer.statistics(of: data.dataset, settings: settings).tensors
        for (name, values) in [
            ("minimum", [1e9, 0]), ("minimum", [0]), ("maximum", [.nan, 0]), ("count", [0, 0]),
            ("minimum", [-.greatestFiniteMagnitude, -.greatestFiniteMagnitude]),
        ] as [(String, [Double])] {
            var changed = ranges.map { $0.name == name ? Tensor(name: name, vector: values) : $0 }
            if values.first == -.greatestFiniteMagnitude {
                changed = changed.map {
                    $0.name == "maximum" ? Tensor(name: "maximum", vector: [1e308, 1e308]) : $0
                }
            }
            #expect(throws: LearningError.self, "\(name)") {
                try FeatureRanges(tensors: changed, settings: settings)
            }
        }
        let far = ranges.map {
            $0.name == "mean" ? Tensor(name: "mean", vector: [1e308, -1e308]) : $0
        }
        let near = try FeatureRanges(tensors: ranges, settings: settings)
        #expect(throws: LearningError.notFinite("a merged moment")) {
            try FeatureRanges(
                merging: [near, FeatureRanges(tensors: far, settings: settings)])
        }
        let model = try Self.described(settings, [data.dataset])
        let counts = try #require(model.counts).tensors
        for (name, values) in [
            ("rows", [1]), ("rows", [0.5]), ("categories", [1]), ("categories", [-1, 1, 1]),
            ("histograms", [1, 1, 1]), ("histograms", [1e300, 1, 1, 1, 1, 1]),
        ] as [(String, [Double])] {
            #expect(throws: LearningError.self, "\(name)") {
                try FeatureCounts(
                    tensors: counts.map {
                        $0.name == name ? Tensor(name: name, vector: values) : $0
                    },
                    settings: settings)
            }
        }
        #expect(throws: LearningError.self) { try FeatureCounts(merging: []) }
        #expect(throws: LearningError.self) { try StatisticsModel(parsing: [0]) }
        #expect(try StatisticsSettings(json: settings.json) == settings)
    }
}
