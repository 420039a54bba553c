import Learning
import Randomness
import Strategies

/// What compressed updates cost in accuracy, beside the bytes of their files: FedAvg on MNIST, IID,
/// 10 of 100 clients, batches of 10, one epoch.
struct CompressionReproduction {
    static let rounds = 20
    private static let variants: [(name: String, compression: Compression)] = [
        ("none", .none), ("int8", .int8), ("qsgd, 7 levels", .stochastic(levels: 7)),
        ("qsgd, 127 levels", .stochastic(levels: 127)), ("topK, .1", .topK(share: 0.1)),
        ("topK, .01", .topK(share: 0.01)), ("randomMask, .1", .randomMask(share: 0.1)),
    ]

    private let images: DigitImages

    /// - Throws: ``ReferenceDataError``.
    init(reading data: ReferenceData) throws {
        images = try DigitImages(reading: data)
    }

    /// - Returns: The accuracy on the test images, and how many bytes an update's file has.
    func outcome(
        of compression: Compression, seed: UInt64
    ) throws -> (accuracy: Double, bytesPerUpdate: Double) {
        let clients = DigitClients(images, .iid, seed: seed)
        var random = SeededRandom(seed: mixedSeed(seed, 2))
        var federation = try NetworkFederation(
            .fedavg, compression: compression, model: images.model(seed: seed),
            datasets: clients.datasets,
            training: LocalTraining(learningRate: 0.1, batchSize: 10, seed: 0), seed: seed)
        for _ in 0..<Self.rounds {
            let chosen = random.permutation(of: DigitClients.count).prefix(10)
            try federation.round(of: chosen.sorted())
        }
        let sent = federation.federation
        return (
            try federation.model.accuracy(on: images.test),
            Double(sent.uploadedBytes) / Double(sent.uploadCount)
        )
    }

    /// - Parameter seeds: Of which three are used.
    func result(seeds: [UInt64]) throws -> ReproducedResult {
        let seeds = seeds.prefix(3)
        var table = ResultTable([
            "Compression", "Bytes an update", "Share of none",
            "Accuracy after \(Self.rounds) rounds, mean ± SD of \(seeds.count)",
        ])
        var plain = 0.0
        var lines: [LinePlot.Line] = []
        for variant in Self.variants {
            let outcomes = try seeds.map { try outcome(of: variant.compression, seed: $0) }
            let bytes = FigureSummary(values: outcomes.map(\.bytesPerUpdate)).mean
            let accuracy = FigureSummary(values: outcomes.map(\.accuracy))
            Progress.say("compression: \(variant.name): \(accuracy.share)")
            if variant.compression == .none { plain = bytes }
            table.rows.append([
                variant.name, FigureSummary.decimal(bytes, places: 0),
                "\(FigureSummary.decimal(100 * bytes / plain, places: 1)) %", accuracy.share,
            ])
            lines.append(
                LinePlot.Line(
                    name: variant.name, points: [(bytes / 1_000, accuracy.mean)], isMarked: true))
        }
        let plot = LinePlot(
            title: "MNIST 2NN after \(Self.rounds) rounds: accuracy by the size of updates",
            x: "kilobytes an update (logarithmic)", y: "accuracy on the test images",
            range: 0.92...0.96, isLogarithmic: true, lines: lines)
        return ReproducedResult(
            name: "compression", tables: [table],
            plots: [("compression.svg", "Accuracy by bytes an update", plot.svg)])
    }
}
