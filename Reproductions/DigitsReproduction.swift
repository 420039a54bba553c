import Learning
import Randomness
import Strategies

/// Table 1 of McMahan et al., *Communication-Efficient Learning of Deep Networks from Decentralized
/// Data*, AISTATS 2017, for the 2NN with batches of 10: how many rounds FedAvg takes to 97 % of
/// MNIST's test images.
struct DigitsReproduction {
    struct Cell {
        let partition: DigitClients.Partition
        /// How many of the 100 clients take part in a round.
        let clients: Int
        let epochs: Int
        let rate: Double
        /// Rounds; `nil` where the paper has no such cell.
        let published: Int?
        let rerun: Int?

        var name: String { "\(partition.rawValue), \(clients) of 100, E = \(epochs)" }
    }

    static let accuracyWanted = 0.97
    private static let roundsMax = 800
    static let cells = [
        Cell(partition: .iid, clients: 10, epochs: 1, rate: 0.1, published: 87, rerun: 44),
        Cell(partition: .iid, clients: 10, epochs: 1, rate: 0.215, published: 87, rerun: 38),
        Cell(partition: .iid, clients: 1, epochs: 1, rate: 0.1, published: 316, rerun: 146),
        Cell(partition: .iid, clients: 20, epochs: 1, rate: 0.1, published: 77, rerun: nil),
        Cell(partition: .iid, clients: 10, epochs: 5, rate: 0.1, published: nil, rerun: 21),
        Cell(partition: .nonIID, clients: 10, epochs: 1, rate: 0.1, published: 664, rerun: 252),
    ]

    private let images: DigitImages

    /// - Throws: ``ReferenceDataError``.
    init(reading data: ReferenceData) throws {
        images = try DigitImages(reading: data)
    }

    /// The accuracy on the test images after each round, up to the first that has enough.
    func accuracies(of cell: Cell, seed: UInt64) throws -> [Double] {
        let clients = DigitClients(images, cell.partition, seed: seed)
        var random = SeededRandom(seed: mixedSeed(seed, 2))
        var federation = try NetworkFederation(
            .fedavg, model: images.model(seed: seed), datasets: clients.datasets,
            training: LocalTraining(
                learningRate: cell.rate, amount: .epochs(cell.epochs), batchSize: 10, seed: 0),
            seed: seed)
        var accuracies: [Double] = []
        while accuracies.last ?? 0 < Self.accuracyWanted, accuracies.count < Self.roundsMax {
            let chosen = random.permutation(of: DigitClients.count).prefix(cell.clients)
            try federation.round(of: chosen.sorted())
            accuracies.append(try federation.model.accuracy(on: images.test))
        }
        return accuracies
    }

    /// - Parameter seeds: Of which three are used: a run takes half a minute and more.
    func result(seeds: [UInt64]) throws -> ReproducedResult {
        let seeds = Array(seeds.prefix(3))
        var table = ResultTable([
            "Clients, batch 10", "Rate", "Published", "Re-run in NumPy",
            "Jointlab, mean (range) of \(seeds.count)",
            "Ratio published", "Ratio re-run", "Ratio Jointlab",
        ])
        var lines: [LinePlot.Line] = []
        var means: [Double] = []
        var missed = 0
        for cell in Self.cells {
            var runs: [[Double]] = []
            for seed in seeds {
                runs.append(try accuracies(of: cell, seed: seed))
                Progress.say(
                    "mnist: \(cell.name), rate \(cell.rate), seed \(seed): "
                        + "\(runs.last?.count ?? 0) rounds")
            }
            missed += runs.filter { $0.last ?? 0 < Self.accuracyWanted }.count
            let rounds = FigureSummary(values: runs.map { Double($0.count) })
            means.append(rounds.mean)
            func ratio(_ value: Double?, to base: Double?) -> String {
                guard let value, let base else { return "–" }
                return FigureSummary.decimal(value / base, places: 2)
            }
            let first = Self.cells[0]
            table.rows.append([
                cell.name, "\(cell.rate)", cell.published.map(String.init) ?? "–",
                cell.rerun.map(String.init) ?? "–", rounds.count,
                ratio(cell.published.map(Double.init), to: first.published.map(Double.init)),
                ratio(cell.rerun.map(Double.init), to: first.rerun.map(Double.init)),
                ratio(rounds.mean, to: means.first),
            ])
            lines.append(
                LinePlot.Line(
                    name: "\(cell.name), \(cell.rate)",
                    points: runs[0].enumerated().map { (Double($0 + 1), $1) }))
        }
        let plot = LinePlot(
            title: "MNIST 2NN by FedAvg, seed \(seeds[0])", x: "round (logarithmic)",
            y: "accuracy on the test images", range: 0.8...0.98, isLogarithmic: true, lines: lines)
        return ReproducedResult(
            name: "mnist", tables: [table], notes: [Self.verdict(means, missed: missed)],
            plots: [("mnist.svg", "Accuracy by round", plot.svg)])
    }

    /// Whether the cells that the paper has stand in its order: all at the rate that all were run at,
    /// and with the better rate of those that were run at two, as the paper tunes it for each.
    static func verdict(_ means: [Double], missed: Int) -> String {
        func isOrdered(_ isCounted: (Cell) -> Bool) -> Bool {
            var best: [Int: Double] = [:]
            for (cell, mean) in zip(cells, means) where isCounted(cell) {
                guard let published = cell.published else { continue }
                best[published] = min(best[published] ?? mean, mean)
            }
            let order = best.keys.sorted().compactMap { best[$0] }
            return zip(order, order.dropFirst()).allSatisfy { $0 < $1 }
        }
        func said(_ isOrdered: Bool) -> String { isOrdered ? "the same" : "**not the same**" }
        var text =
            "The published order (20 clients, 10, 1, non-IID): at the rate .1 "
            + "\(said(isOrdered { $0.rate == 0.1 })); with the better rate of each that was run "
            + "\(said(isOrdered { _ in true }))."
        if missed > 0 {
            text +=
                " \(missed) runs had not reached 97 % after \(roundsMax) rounds and count as that "
                + "many."
        }
        return text
    }
}
