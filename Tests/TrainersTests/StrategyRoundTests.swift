import Contracts
import Encodings
import Learning
import Memory
import Randomness
import SampleLab
import Strategies
import Testing
import Trainers

/// Jobs from their first round to their last, under every strategy, compression and trainer.
@Suite struct StrategyRoundTests {
    private static func datasets() throws -> [LocalDataset] {
        try (0..<3).map { try SampleData.dataset(rows: 80, seed: $0) }
    }

    private static func network(
        hidden: [Int] = [], momentum: Double = 0
    ) throws -> JSONValue {
        try NetworkSettings(
            kind: .multilayerPerceptron, layout: SampleData.layout,
            target: .label(SampleData.label), hidden: hidden,
            training: LocalTraining(
                learningRate: 0.1, momentum: momentum, amount: .epochs(2), batchSize: 16, seed: 5)
        ).json
    }

    @Test(
        "Every strategy trains a perceptron to a lower loss, and who checks a round gets the same",
        arguments: [
            #"{"kind": "fedavg"}"#, #"{"kind": "fedavgm", "beta": 0.5}"#,
            #"{"kind": "fedprox", "mu": 0.1}"#, #"{"kind": "fedadagrad", "serverRate": 0.1}"#,
            #"{"kind": "fedadam", "serverRate": 0.1}"#, #"{"kind": "fedyogi", "serverRate": 0.1}"#,
            #"{"kind": "scaffold"}"#, #"{"kind": "fednova"}"#,
            #"{"kind": "fedbuff", "bufferSize": 3}"#, #"{"kind": "ditto", "lambda": 0.5}"#,
            #"{"kind": "fedavg", "combination": {"kind": "median"}}"#,
            #"{"kind": "fedavg", "combination": {"kind": "trimmedMean", "f": 1}}"#,
            #"{"kind": "fedavg", "combination": {"kind": "geometricMedian"}}"#,
            #"{"kind": "fedavg", "combination": {"kind": "meanClipped", "norm": 1}}"#,
            #"{"kind": "fedavg", "compression": {"kind": "int8"}}"#,
            #"{"kind": "fedavg", "compression": {"kind": "qsgd", "levels": 16}}"#,
            #"{"kind": "fedavg", "compression": {"kind": "topK", "share": 0.3}}"#,
            #"{"kind": "fedavg", "compression": {"kind": "randomMask", "share": 0.5}}"#,
        ])
    func trains(text: String) throws {
        let asked = try JSONValue(parsing: Array(text.utf8))
        let strategy = try JobStrategy(asked, fillsDefaults: true)
        #expect(try JobStrategy(strategy.json) == strategy)
        var run = FederatedRun(
            try Self.network(hidden: [8]), strategy: strategy.json, datasets: try Self.datasets())
        #expect(try run.round(.statistics))
        #expect(try run.round(.train))
        let first = try #require(run.mean("holdoutLoss"))
        for _ in 0..<8 { #expect(try run.round(.train)) }
        #expect(try run.round(.evaluate))
        let last = try #require(run.mean("holdoutLoss"))
        #expect(last < first * 9 / 10, "from \(first) to \(last)")
        #expect((run.strategyState != nil) == !strategy.strategy.stateNames.isEmpty)
    }

    @Test("SCAFFOLD's control variates, Ditto's model and top-k's rest stay with their member")
    func localStates() throws {
        func states(_ strategy: JSONValue) throws -> [LocalState] {
            var run = FederatedRun(
                try Self.network(), strategy: strategy, datasets: try Self.datasets())
            try run.round(.statistics)
            for _ in 0..<2 { try run.round(.train) }
            return run.states
        }
        let scaffold = try states(["kind": "scaffold", "serverRate": 1])
        #expect(scaffold.allSatisfy { $0.control.contains { $0 != 0 } && $0.personal.isEmpty })
        #expect(Set(scaffold).count == 3)
        let ditto = try states(["kind": "ditto", "lambda": .number(0.5)])
        #expect(ditto.allSatisfy { $0.personal.count == 5 && $0.control.isEmpty })
        let topK = try states([
            "kind": "fedavg", "compression": ["kind": "topK", "share": .number(0.2)],
        ])
        #expect(topK.allSatisfy { $0.residual.count { $0 == 0 } == 1 })
        #expect(try states(["kind": "fedavg"]).allSatisfy(\.isEmpty))
    }

    @Test("Ditto says how a member's own model does, beside that of all")
    func personalMetrics() throws {
        var run = FederatedRun(
            try Self.network(), strategy: ["kind": "ditto", "lambda": .number(0.1)],
            datasets: try Self.datasets())
        try run.round(.statistics)
        try run.round(.train)
        #expect(run.last.allSatisfy { $0.metricsMicro["personalLoss"] != nil })
        #expect(run.last.allSatisfy { $0.metricsMicro["personalRows"] == nil })
    }

    @Test("A compressed update is smaller")
    func bytes() throws {
        func size(_ strategy: JSONValue?) throws -> Int {
            var run = FederatedRun(
                try Self.network(hidden: [64, 64]), strategy: strategy,
                datasets: try Self.datasets())
            try run.round(.statistics)
            try run.round(.train)
            return run.blobs[run.last[0].update]?.count ?? 0
        }
        let dense = try size(nil)
        #expect(try size(["kind": "fedavg", "compression": ["kind": "int8"]]) < dense / 3)
        #expect(
            try size(["kind": "fedavg", "compression": ["kind": "topK", "share": .number(0.01)]])
                < dense / 10)
    }

    // MARK: - Trainers of sums

    @Test("Trees of three members grow as a job to their last level, and tell classes apart")
    func trees() throws {
        let settings = try TreeSettings(
            layout: SampleData.layout, target: .label(SampleData.label), trees: 3, depth: 3,
            learningRate: 0.3, childRowsMin: 5, bins: 16, cellRowsMin: 1)
        let parts = try Self.datasets()
        var run = FederatedRun(settings.json, datasets: parts)
        #expect(try run.round(.statistics))
        for _ in 0..<settings.roundCountMax { #expect(try run.round(.train)) }
        #expect(try run.round(.evaluate))
        #expect(try #require(run.mean("holdoutAUC")) > 800_000)
        #expect(try ForestModel(parsing: run.model).isComplete)
    }

    /// Rows whose numbers are rounded to a few values, all of which every member has.
    private static func coarseRows(seed: UInt64) throws -> (inputs: [Float], labels: [Float]) {
        var random = SeededRandom(seed: seed)
        var rows: (inputs: [Float], labels: [Float]) = ([], [])
        for row in 0..<90 {
            let (age, dose) = (Float(20 + row % 7 * 10), Float(row % 5) / 4)
            let isFemale = random.uniformInteger(below: 2) == 0
            let noise = Float(random.normalNumber())
            rows.inputs += [age, dose, isFemale ? 1 : 0, isFemale ? 0 : 1]
            rows.labels.append((age - 50) / 10 + dose * 2 - 1 + noise > 0 ? 1 : 0)
        }
        return rows
    }

    @Test(
        """
        Where each member has every value, and there are no more of them than bins, trees of three \
        members are those of the rows in one place, edges and all, to the last bit
        """)
    func pooledTrees() throws {
        let layout = try SampleData.layout
        let settings = try TreeSettings(
            layout: layout, target: .label(SampleData.label), trees: 3, depth: 3,
            learningRate: 0.3, childRowsMin: 5, bins: 16, cellRowsMin: 1)
        func dataset(_ rows: (inputs: [Float], labels: [Float])) -> LocalDataset {
            let rows = LabelledRows(
                inputs: DesignMatrix(width: layout.width, values: rows.inputs),
                labels: rows.labels)
            return LocalDataset(
                layout: layout, label: SampleData.label, training: rows, holdout: rows)
        }
        let parts = try (0..<3).map { try Self.coarseRows(seed: $0) }
        let together = dataset((parts.flatMap(\.inputs), parts.flatMap(\.labels)))

        var pooled = try ForestModel.initial(
            settings, merging: [TreeTrainer.statistics(of: together, settings: settings)])
        #expect(pooled.edges.edges.map(\.count) == [6, 4, 1, 1])
        var run = FederatedRun(settings.json, datasets: parts.map(dataset))
        try run.round(.statistics)
        #expect(run.model == pooled.bytes)
        for _ in 0..<settings.roundCountMax {
            try run.round(.train)
            pooled = try pooled.grown(by: TreeTrainer.sums(base: pooled, on: together).sums)
            #expect(run.model == pooled.bytes)
        }
        #expect(pooled.isComplete && pooled.trees.allSatisfy { $0.nodes.count > 3 })
    }

    @Test("k-means and statistics run as jobs")
    func clustersAndStatistics() throws {
        let parts = try Self.datasets()
        var clusters = FederatedRun(
            try KMeansSettings(layout: SampleData.layout, clusters: 3, seed: 1).json,
            datasets: parts)
        #expect(try clusters.round(.statistics))
        #expect(try clusters.round(.train))
        let first = try #require(clusters.mean("holdoutLoss"))
        for _ in 0..<5 { #expect(try clusters.round(.train)) }
        #expect(try #require(clusters.mean("holdoutLoss")) <= first)

        var statistics = FederatedRun(
            try StatisticsSettings(layout: SampleData.layout).json, datasets: parts)
        #expect(try statistics.round(.statistics))
        #expect(try statistics.round(.train))
        let counts = try #require(try StatisticsModel(parsing: statistics.model).counts)
        #expect(Int(counts.rows) == parts.reduce(0) { $0 + $1.training.count })
        #expect(throws: WorkError.nothingToJudge(trainer: "statistics")) {
            try statistics.round(.evaluate)
        }
    }

    // MARK: - What does not go together

    @Test("A strategy that a trainer cannot take is refused before anything is trained")
    func refusals() throws {
        let logistic = JobTrainer.averaged(try SampleData.settings)
        let prox = try JobStrategy(["kind": "fedprox", "mu": .number(0.1)])
        #expect(throws: WorkError.self) { try logistic.check(prox) }
        let trees = JobTrainer.merged(
            try TreeSettings(layout: SampleData.layout, target: .label(SampleData.label)))
        let error = #expect(throws: WorkError.self) { try trees.check(prox) }
        #expect(
            error?.description
                == "gradient-boosted-trees cannot be trained with fedprox; use none: its "
                + "contributions are sums, which are added")
        try trees.check(.fedavg)
        try JobTrainer(Self.network()).check(prox)
    }

    @Test("What a member kept of a model of another size is refused, and nothing crashes")
    func otherState() throws {
        var state = LocalState()
        state.personal = [1, 2, 3]
        var run = FederatedRun(
            try Self.network(), strategy: ["kind": "ditto", "lambda": .number(0.1)],
            datasets: try Self.datasets())
        try run.round(.statistics)
        let work = RoundWork(
            task: .train, round: RoundID(job: try JobID("job-1"), number: 1),
            member: try MemberID("north"), trainer: try JobTrainer(Self.network()),
            strategy: try JobStrategy(["kind": "ditto", "lambda": .number(0.1)]),
            base: FileBytes(run.model),
            state: state)
        #expect(throws: WorkError.otherState) { try work.perform(on: run.datasets[0]) }
        state = LocalState()
        state.residual = [1]
        #expect(throws: (any Error).self) {
            try RoundWork(
                task: .train, round: RoundID(job: try JobID("job-1"), number: 1),
                member: try MemberID("north"), trainer: try JobTrainer(Self.network()),
                strategy: try JobStrategy(
                    ["kind": "fedavg", "compression": ["kind": "topK", "share": .number(0.5)]]),
                base: FileBytes(run.model), state: state
            ).perform(on: run.datasets[0])
        }
    }
}
