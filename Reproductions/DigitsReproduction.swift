import Learning
import Randomness
import Strategies

/// Table 1 of McMahan et al., *Communication-Efficient Learning of Deep Networks from Decentralized
/// Data*, AISTATS 2017, for the 2NN with E = 1: how many rounds FedAvg takes to 97 % of MNIST's test
/// images, each cell with the best rate of a grid.
struct DigitsReproduction {
    /// A column of the table.
    struct Column: Hashable {
        let partition: DigitClients.Partition
        let batch: Batch

        enum Batch: Hashable {
            case rows(Int)
            /// All 600 images in one step: B = ∞.
            case all
        }

        static let iid = Column(partition: .iid, batch: .rows(10))
        static let nonIID = Column(partition: .nonIID, batch: .rows(10))
        static let wholeIID = Column(partition: .iid, batch: .all)
        static let all = [iid, nonIID, wholeIID]

        var name: String {
            switch batch {
            case .rows(let count): "\(partition.rawValue), B = \(count)"
            case .all: "\(partition.rawValue), B = ∞"
            }
        }
    }

    struct Cell {
        let column: Column
        /// How many of the 100 clients take part in a round.
        let clients: Int
        /// Rounds.
        let published: Double
        /// Where the search for the rate starts.
        let rateStart: Double
        /// Whether it takes so long that it is run last, and with one seed.
        var isLong = false

        /// The share of clients as the paper writes it: 0 is one client.
        var share: String {
            clients == 1 ? "0" : FigureSummary.decimal(Double(clients) / 100, places: 1)
        }
        var name: String { "\(column.name), C = \(share)" }
    }

    /// A cell and what was found for it.
    struct Outcome {
        let cell: Cell
        let search: RateSearch
        /// Of the best rate and the first seed.
        let curve: LearningCurve
    }

    static let accuracyWanted = 0.97
    /// From where on a run is judged after each round, and not only after every fifth.
    private static let accuracyNear = 0.965
    private static let roundsMax = 6_000.0
    /// The paper's resolution, 10^(1/3).
    static let grid = [0.01, 0.0215, 0.0464, 0.1, 0.215, 0.464, 1]

    static let cells = [
        Cell(column: .iid, clients: 1, published: 316, rateStart: 0.1),
        Cell(column: .iid, clients: 10, published: 87, rateStart: 0.215),
        Cell(column: .iid, clients: 20, published: 77, rateStart: 0.215),
        Cell(column: .iid, clients: 50, published: 75, rateStart: 0.215, isLong: true),
        Cell(column: .iid, clients: 100, published: 70, rateStart: 0.215, isLong: true),
        Cell(column: .nonIID, clients: 1, published: 3_275, rateStart: 0.0215),
        Cell(column: .nonIID, clients: 10, published: 664, rateStart: 0.215),
        Cell(column: .nonIID, clients: 20, published: 619, rateStart: 0.215),
        Cell(column: .nonIID, clients: 50, published: 443, rateStart: 0.215, isLong: true),
        Cell(column: .nonIID, clients: 100, published: 380, rateStart: 0.215, isLong: true),
        Cell(column: .wholeIID, clients: 1, published: 1_455, rateStart: 0.464, isLong: true),
        Cell(column: .wholeIID, clients: 10, published: 1_474, rateStart: 0.464, isLong: true),
    ]

    private let images: DigitImages

    /// - Throws: ``ReferenceDataError``.
    init(reading data: ReferenceData) throws {
        images = try DigitImages(reading: data)
    }

    /// A run up to the accuracy wanted, or up to `roundsMax` rounds.
    ///
    /// - Throws: ``LearningError``: `diverged` where the rate is too large.
    func curve(of cell: Cell, rate: Double, seed: UInt64, roundsMax: Double) throws -> LearningCurve
    {
        let clients = DigitClients(images, cell.column.partition, seed: seed)
        let share = clients.datasets[0].training.count
        let batchSize =
            switch cell.column.batch {
            case .rows(let count): count
            case .all: share
            }
        var random = SeededRandom(seed: mixedSeed(seed, 2))
        var federation = try NetworkFederation(
            .fedavg, model: images.model(seed: seed), datasets: clients.datasets,
            training: LocalTraining(learningRate: rate, batchSize: batchSize, seed: 0), seed: seed)
        var curve = LearningCurve()
        var round = 0
        // To the first judgement beyond the last round that counts: the crossing may lie before it.
        while curve.best < Self.accuracyWanted, Double(curve.points.last?.round ?? 0) < roundsMax {
            round += 1
            let chosen = random.permutation(of: DigitClients.count).prefix(cell.clients)
            try federation.round(of: chosen.sorted())
            if curve.best >= Self.accuracyNear || round.isMultiple(of: 5) {
                curve.append(try federation.model.accuracy(on: images.test), after: round)
            }
        }
        return curve
    }

    /// Searches a cell's rate.
    private func outcome(of cell: Cell, seeds: [UInt64]) throws -> Outcome {
        var curves: [Double: LearningCurve] = [:]
        let search = try RateSearch(
            grid: Self.grid, from: cell.rateStart, seeds: seeds, roundsMax: Self.roundsMax
        ) { rate, seed, roundsMax in
            var rounds: Double?
            do {
                let curve = try curve(of: cell, rate: rate, seed: seed, roundsMax: roundsMax)
                rounds = curve.crossing(of: Self.accuracyWanted).flatMap {
                    $0 <= roundsMax ? $0 : nil
                }
                if seed == seeds[0] { curves[rate] = curve }
            } catch LearningError.diverged {
            }
            let said = rounds.map { FigureSummary.decimal($0, places: 1) + " rounds" }
            Progress.say("mnist: \(cell.name), rate \(rate), seed \(seed): \(said ?? "given up")")
            return rounds
        }
        return Outcome(
            cell: cell, search: search,
            curve: search.best.flatMap { curves[$0.rate] } ?? LearningCurve())
    }

    /// - Parameters:
    ///   - seeds: Of which three are used, or one in cells that take long.
    ///   - report: Is given what there is after each cell, so that a run that is broken off leaves it.
    func result(
        seeds: [UInt64], report: (ReproducedResult) throws -> Void
    ) throws -> ReproducedResult {
        var outcomes: [Outcome] = []
        for cell in Self.cells.filter({ !$0.isLong }) + Self.cells.filter(\.isLong) {
            outcomes.append(
                try outcome(of: cell, seeds: Array(seeds.prefix(cell.isLong ? 1 : 3))))
            try report(Self.result(outcomes, seeds: seeds))
        }
        return Self.result(outcomes, seeds: seeds)
    }

    private static func result(_ outcomes: [Outcome], seeds: [UInt64]) -> ReproducedResult {
        let plot = LinePlot(
            title: "MNIST 2NN by FedAvg, best so far, seed \(seeds[0])", x: "round (logarithmic)",
            y: "accuracy on the test images", range: 0.8...0.98, isLogarithmic: true,
            // One client, some and all: more lines than eight have no colour of their own.
            lines: outcomes.filter { [1, 10, 100].contains($0.cell.clients) }.map { outcome in
                LinePlot.Line(
                    name: outcome.cell.name,
                    points: outcome.curve.points.map { (Double($0.round), $0.best) })
            })
        let table = DigitsTable(
            rows: cells.map { cell in
                DigitsTable.Row(
                    cell: cell, search: outcomes.first { $0.cell.name == cell.name }?.search)
            })
        return ReproducedResult(
            name: "mnist", tables: [table.cells, table.partitions], notes: [table.verdict],
            plots: [("mnist.svg", "Accuracy by round", plot.svg)])
    }
}
