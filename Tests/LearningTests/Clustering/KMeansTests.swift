import Encodings
import Randomness
import Tensors
import Testing

@testable import Learning

@Suite struct KMeansTests {
    /// Five clouds of different places and sizes.
    private static func data(seed: UInt64 = 31) throws -> MadeData {
        var random = SeededRandom(seed: seed)
        let places = (0..<5).map { _ in (0..<3).map { _ in Float(random.normalNumber() * 6) } }
        let made = try MadeData(
            seed: seed, rows: 700, numeric: 3, isCategorical: true, target: .nothing
        ) { _, _ in 0 }
        var values = made.rows.inputs.values
        for row in 0..<made.rows.count {
            for input in 0..<3 { values[row * 6 + input] += places[row * row % 5][input] }
        }
        return MadeData(
            layout: made.layout, target: .nothing,
            rows: LabelledRows(
                inputs: DesignMatrix(width: 6, values: values), labels: made.rows.labels))
    }

    private static func start(
        _ settings: KMeansSettings, _ sites: [LocalDataset]
    ) throws -> KMeansModel {
        try KMeansModel.initial(
            settings,
            merging: sites.enumerated().map { number, site in
                let statistics = try KMeansTrainer.statistics(
                    of: site, settings: settings, seed: UInt64(number))
                // As it travels.
                return try KMeansStatistics(
                    tensors: Safetensors(parsing: Safetensors(statistics.tensors).bytes).tensors,
                    settings: settings)
            })
    }

    private static func converged(
        _ model: KMeansModel, _ sites: [LocalDataset]
    ) throws -> KMeansModel {
        var model = model
        for _ in 0..<60 {
            let parts = try sites.map {
                try KMeansSums(
                    tensors: KMeansTrainer.sums(base: model, on: $0).tensors,
                    settings: model.settings)
            }
            model = try model.moved(by: KMeansSums(merging: parts))
        }
        return model
    }

    @Test(
        "From the same start, three sites end at scikit-learn's centres to 1e-6, and near its best",
        .enabled(if: PythonPeer.isPresent, PythonPeer.absence))
    func likeScikitLearn() throws {
        let data = try Self.data()
        let settings = try KMeansSettings(layout: data.layout, clusters: 5, seed: 1)
        let start = try Self.start(settings, data.sites(3))
        let model = try Self.converged(start, data.sites(3))
        let peer = try PythonPeer.run(
            "kmeans.py",
            [
                "x": .numbers(data.rows.inputs.values), "width": 6, "numeric": 3,
                "start": .numbers(start.centres),
            ])
        for (centre, expected) in zip(model.centres, try peer.numbers("centres")) {
            #expect(abs(centre - expected) < 1e-6)
        }
        let inertia = try peer.number("inertia")
        #expect(abs(model.inertia - inertia) < 1e-6 * inertia)
        #expect(try model.inertia < 1.2 * peer.number("best"))
        #expect(model.counts.reduce(0, +) == 700)
    }

    @Test("Three sites move the centres as their pooled rows do, to 1e-12")
    func sitesArePooled() throws {
        let data = try Self.data(seed: 7)
        let settings = try KMeansSettings(layout: data.layout, clusters: 4, seed: 3)
        let start = try Self.start(settings, data.sites(3))
        let federated = try Self.converged(start, data.sites(3))
        let pooled = try Self.converged(start, [data.dataset])
        #expect(federated.counts == pooled.counts)
        for (left, right) in zip(federated.centres, pooled.centres) {
            #expect(abs(left - right) < 1e-12)
        }
        #expect(abs(federated.inertia - pooled.inertia) < 1e-9 * pooled.inertia)
        let again = try Self.start(settings, data.sites(3))
        #expect(again.bytes == start.bytes)
        #expect(try KMeansModel(parsing: federated.bytes) == federated)
        #expect(federated.json["clusters"]?.array?.count == 4)
    }

    @Test("A centre without rows stays where it is, and candidates may be too few")
    func emptyClusters() throws {
        let data = try Self.data()
        let settings = try KMeansSettings(
            layout: data.layout, clusters: 9, candidateRowsMin: 200, seed: 3)
        let start = try Self.start(settings, data.sites(2))
        #expect(start.centres.count == 9 * 6)
        var far = start.centres
        for input in 0..<6 { far[input] = 1e6 }
        let model = try KMeansModel(
            settings: settings, standardisation: start.standardisation, centres: far,
            counts: start.counts, inertia: 0)
        let moved = try model.moved(by: KMeansTrainer.sums(base: model, on: data.dataset))
        #expect(moved.counts[0] == 0)
        #expect(moved.centres[..<6] == far[..<6])
        let clusters = try moved.clusters(of: data.rows.inputs)
        #expect(clusters.count == 700 && !clusters.contains(0))
        let metrics = try KMeansTrainer.evaluate(model: moved, on: data.dataset)
        #expect(metrics.count == 700 && metrics.meanInertia > 0)
    }

    @Test("Malformed contributions and models are refused, and one repeated row is a cluster")
    func refusals() throws {
        let data = try Self.data()
        let settings = try KMeansSettings(layout: data.layout, clusters: 2, seed: 3)
        let start = try Self.start(settings, [data.dataset])
        let sums = try KMeansTrainer.sums(base: start, on: data.dataset).tensors
        for (name, values) in [
            ("counts", [1.5, 2]), ("counts", [-1, 2]), ("counts", [0, 700]), ("counts", [1]),
            ("inertia", [-1]), ("inertia", [.infinity]),
        ] as [(String, [Double])] {
            #expect(throws: LearningError.self, "\(name)") {
                try KMeansSums(
                    tensors: sums.map { $0.name == name ? Tensor(name: name, vector: values) : $0 },
                    settings: settings)
            }
        }
        #expect(throws: LearningError.self) { try KMeansSums(merging: []) }
        #expect(throws: LearningError.self) { try KMeansModel.initial(settings, merging: []) }
        #expect(throws: LearningError.self) { try KMeansModel(parsing: [0]) }
        #expect(throws: LearningError.self) {
            try KMeansSettings(layout: data.layout, clusters: 0, seed: 1)
        }
        #expect(try KMeansSettings(json: settings.json) == settings)

        let same = LabelledRows(
            inputs: DesignMatrix(width: 6, values: [Float](repeating: 3e38, count: 60)),
            labels: [Float](repeating: 0, count: 10))
        let dataset = LocalDataset(
            layout: data.layout, target: .nothing, training: same, holdout: same)
        let model = try Self.converged(Self.start(settings, [dataset]), [dataset])
        #expect(model.counts.contains(10))
    }
}
