import Contracts
import Encodings
import Learning
import Memory
import Relay
import SampleLab
import Strategies
import Tensors
import Testing
import Trainers

@Suite struct RelayedWorkTests {
    private let round: RoundID
    private let base: [UInt8]

    init() throws {
        round = RoundID(job: try JobID("job-1"), number: 2)
        var base: [UInt8] = []
        try SampleData.settings.firstModel([
            SampleData.settings.statistics(of: SampleData.dataset(rows: 400, seed: 99), seed: 0)
        ]).write { base += $0 }
        self.base = base
    }

    private func work(
        _ member: String, task: RoundTask = .train, trainer: JobTrainer? = nil,
        strategy: JobStrategy = .fedavg, state: LocalState = LocalState()
    ) throws -> RoundWork {
        RoundWork(
            task: task, round: round, member: try MemberID(member), judges: false,
            trainer: try trainer ?? .averaged(SampleData.settings), strategy: strategy,
            base: FileBytes(base),
            state: state)
    }

    private func relayed(
        _ products: some Collection<RoundWork.Product>, strategy: JobStrategy = .fedavg
    ) throws -> RoundWork.Product {
        try relayed(products, by: work("relay", strategy: strategy))
    }

    /// What a relay makes of its devices' files.
    private func relayed(
        _ products: some Collection<RoundWork.Product>, by work: RoundWork
    ) throws -> RoundWork.Product {
        let relayed = try RelayedWork(work)
        var machine = DeviceRound(
            relayed.kind,
            limits: try DeviceRound.Limits(
                devicesMin: 1, devicesEnough: products.count, devicesMax: products.count,
                deviceWeightMax: 100, weightMax: 10_000, timeoutMilliseconds: 1))
        var commands: [DeviceRound.Command] = []
        for (place, product) in products.enumerated() {
            let device = try DeviceID("device-\(place)")
            _ = machine.handle(.joined(device))
            commands += machine.handle(
                .contributed(
                    device,
                    .init(
                        answer: try relayed.answer(try product.update.array),
                        weight: product.weight,
                        metricsMicro: product.metricsMicro)))
        }
        guard case .close(let mean)? = commands.last else { throw SampleLabError.nobody("a mean") }
        return try relayed.product(of: mean)
    }

    private func nextModel(
        _ products: [RoundWork.Product], strategy: JobStrategy = .fedavg
    ) throws -> [Float] {
        let blobs = MemoryBlobs()
        let lab = try SampleLab().id
        let contributions = try products.enumerated().map { place, product in
            Contribution(
                lab: lab, round: round, member: try MemberID("member-\(place)"),
                update: blobs.keep(try product.update.array), weight: product.weight,
                metricsMicro: product.metricsMicro)
        }
        let result = try RoundAggregation(
            trainer: SampleData.settings.json, strategy: strategy.json, population: products.count
        ).result(
            of: .train, base: blobs.keep(base), state: nil, contributions: contributions,
            file: blobs.file, sink: blobs.sink)
        let model = try #require(result.model.flatMap { blobs[$0] })
        return try ModelParameters(SafetensorsFile(model)).source.parameters()
    }

    @Test("Two relays give the coordinator the model that all their devices would have given it")
    func twoLevels() throws {
        let products = try (0..<14).map { place in
            try work("device-\(place)").perform(
                on: SampleData.dataset(rows: 8 + 4 * (place % 3), seed: UInt64(place)))
        }
        let flat = try nextModel(products)
        let two = try nextModel([
            relayed(products.prefix(5)), relayed(products.dropFirst(5)),
        ])
        #expect(flat.count == two.count && flat.contains { $0 != 0 })
        for (one, other) in zip(flat, two) {
            #expect(abs(one - other) <= 4 * Float.ulpOfOne * max(1, abs(one)))
        }
    }

    @Test("A relay's contribution stands for its devices' rows, with their loss")
    func product() throws {
        let products = try (0..<3).map { place in
            try work("device-\(place)").perform(
                on: SampleData.dataset(rows: 8, seed: UInt64(place)))
        }
        let product = try relayed(products)
        #expect(product.weight == 18)
        let losses = products.compactMap { $0.metricsMicro["trainingLoss"] }
        #expect(product.metricsMicro == ["trainingLoss": losses.reduce(0, +) / 3])
    }

    @Test("Compressed updates are read as the job's coordinator reads them, and sent on alike")
    func compressed() throws {
        for compression in [Compression.int8, .topK(share: 0.5)] {
            let strategy = JobStrategy(.fedavg, compression: compression)
            let products = try (0..<3).map { place in
                try work("device-\(place)", strategy: strategy).perform(
                    on: SampleData.dataset(rows: 8, seed: UInt64(place)))
            }
            let product = try relayed(products, strategy: strategy)
            #expect(try nextModel([product], strategy: strategy).allSatisfy(\.isFinite))
            #expect(product.state.residual.isEmpty == (compression == .int8))
        }
    }

    /// Trainers whose contributions are sums, over the sample's rows.
    private static var merged: [any MergedTrainer] {
        get throws {
            [
                try StatisticsSettings(layout: SampleData.layout, bins: 4),
                try TreeSettings(
                    layout: SampleData.layout, target: .label(SampleData.label), trees: 2, depth: 2,
                    childRowsMin: 1, bins: 8, cellRowsMin: 2),
                try KMeansSettings(
                    layout: SampleData.layout, clusters: 3, candidateRowsMin: 1, seed: 5),
            ]
        }
    }

    @Test("Sums below a relay are those of one owner of all rows", arguments: 0..<3)
    func merged(place: Int) throws {
        let trainer = try Self.merged[place]
        func rows(_ datasets: [LabelledRows]) throws -> LabelledRows {
            LabelledRows(
                inputs: DesignMatrix(
                    width: try SampleData.layout.width,
                    values: datasets.flatMap(\.inputs.values)),
                labels: datasets.flatMap(\.labels))
        }
        let devices = try (0..<5).map {
            try SampleData.dataset(rows: 12 + 4 * $0, seed: UInt64($0))
        }.map {
            LocalDataset(
                layout: $0.layout, target: trainer.target, training: $0.training,
                holdout: $0.holdout)
        }
        let whole = LocalDataset(
            layout: try SampleData.layout, target: trainer.target,
            training: try rows(devices.map(\.training)), holdout: try rows(devices.map(\.holdout)))
        func work(_ name: String, _ task: RoundTask, _ base: [UInt8]?) throws -> RoundWork {
            RoundWork(
                task: task, round: round, member: try MemberID(name), judges: true,
                trainer: .merged(trainer), base: base.map { FileBytes($0) })
        }
        func relayed(_ task: RoundTask, base: [UInt8]?) throws -> RoundWork.Product {
            try self.relayed(
                devices.enumerated().map { place, dataset in
                    try work("device-\(place)", task, base).perform(on: dataset)
                }, by: work("relay", task, base))
        }
        func tensors(_ product: RoundWork.Product) throws -> [Tensor] {
            try Safetensors(parsing: product.update.array).tensors
        }

        let told = try relayed(.statistics, base: nil)
        #expect(told.weight == Int64(whole.training.count))
        let own = try work("owner", .statistics, nil).perform(on: whole)
        let (summary, pooled) = (
            try trainer.statisticsReader.read(tensors(told)),
            try trainer.statisticsReader.read(tensors(own))
        )
        #expect(summary.rowsMin == pooled.rowsMin)

        var base: [UInt8] = []
        try trainer.firstModel([tensors(told)]).write { base += $0 }
        for _ in 0..<2 {
            let summed = try relayed(.train, base: base)
            let expected = try work("owner", .train, base).perform(on: whole)
            #expect(summed.weight == expected.weight)
            if trainer is KMeansSettings {
                try expectClose(tensors(summed), tensors(expected))
            } else {
                // Whole numbers, and multiples of 2⁻³⁰: exact in whatever order.
                #expect(try tensors(summed) == tensors(expected))
            }
            #expect(
                (summed.metricsMicro["holdoutLoss"] == nil) == (trainer is StatisticsSettings))
            base = try trainer.nextModel(base: base, [tensors(summed)])
        }
    }

    private func expectClose(_ found: [Tensor], _ expected: [Tensor]) throws {
        #expect(found.map(\.name) == expected.map(\.name))
        for (one, other) in zip(found, expected) {
            let (one, other) = (try #require(one.float64), try #require(other.float64))
            #expect(zip(one, other).allSatisfy { abs($0 - $1) <= 1e-9 * max(1, abs($1)) })
        }
    }

    @Test("Least and greatest values and numbers of rows of devices are exact")
    func ranges() throws {
        let settings = try StatisticsSettings(layout: SampleData.layout, bins: 4)
        let datasets = try (0..<5).map { try SampleData.dataset(rows: 8, seed: UInt64($0)) }
        func work(_ name: String) throws -> RoundWork {
            RoundWork(
                task: .statistics, round: round, member: try MemberID(name), judges: false,
                trainer: .merged(settings), base: nil)
        }
        let product = try relayed(
            datasets.enumerated().map { try work("device-\($0)").perform(on: $1) },
            by: work("relay"))
        let ranges = try FeatureRanges(
            tensors: Safetensors(parsing: product.update.array).tensors, settings: settings)
        let ages = datasets.flatMap { $0.training.inputs.values }.enumerated().filter {
            $0.offset % 4 == 0
        }.map { Double($0.element) }
        #expect(ranges.moments.counts == [30, 30])
        #expect(ranges.minima[0] == ages.min() && ranges.maxima[0] == ages.max())
    }

    @Test(
        "Statistics that no rows have are a device's fault when they are read, whatever the trainer"
    )
    func hostileStatistics() throws {
        let trees = try TreeSettings(
            layout: SampleData.layout, target: .number(column: "cost"), cellRowsMin: 2)
        func cells(_ answers: [Double], rows: Double = 5) -> [Tensor] {
            let width = 4
            return [
                Tensor(name: "answers", vector: answers),
                Tensor(name: "cut_counts", vector: [Double](repeating: 0, count: width)),
                Tensor(name: "cuts", vector: [] as [Float]),
                Tensor(name: "cell_rows", vector: [Double](repeating: rows, count: width)),
            ]
        }
        let clusters = try KMeansSettings(
            layout: SampleData.layout, clusters: 2, candidateRowsMin: 3, seed: 1)
        func candidates(_ rows: [Double]) throws -> [Tensor] {
            [
                Tensor(name: "count", vector: [5, 5] as [Double]),
                Tensor(name: "mean", vector: [1, 1] as [Double]),
                Tensor(name: "squared_deviations", vector: [1, 1] as [Double]),
                try Tensor(
                    name: "candidates", shape: [rows.count, 4],
                    float64: [Double](repeating: 1, count: 4 * rows.count)),
                Tensor(name: "candidate_rows", vector: rows),
            ]
        }
        func answer(_ trainer: any MergedTrainer, _ tensors: [Tensor]) throws -> DeviceAnswer {
            try RelayedWork(
                RoundWork(
                    task: .statistics, round: round, member: MemberID("relay"),
                    trainer: .merged(trainer), base: nil)
            ).answer(Safetensors(tensors).bytes)
        }
        _ = try answer(trees, cells([5, 1, 2]))
        for wrong in [[1e300, 0, 0], [0.5, 0, 0], [0, 0, 5], [-1, 0, 0], [5, .nan, 0]] {
            #expect(throws: DeviceFault.self, "\(wrong)") { try answer(trees, cells(wrong)) }
        }
        #expect(throws: DeviceFault.self) { try answer(trees, cells([5, 1, 2], rows: 0.5)) }
        _ = try answer(clusters, candidates([3, 4]))
        for wrong in [[2, 3], [3, 3, 3], [1e300], [-3]] {
            #expect(throws: DeviceFault.self, "\(wrong)") {
                try answer(clusters, candidates(wrong))
            }
        }
        #expect(throws: RelayMistake.tooManyClusters(65, max: 64)) {
            try answer(KMeansSettings(layout: SampleData.layout, clusters: 65, seed: 1), [])
        }
    }

    @Test("Under a random mask, two levels give the model that one gives")
    func masked() throws {
        let strategy = JobStrategy(.fedavg, compression: .randomMask(share: 0.5))
        let products = try (0..<6).map { place in
            try work("device-\(place)", strategy: strategy).perform(
                on: SampleData.dataset(rows: 8, seed: UInt64(place)))
        }
        let flat = try nextModel(products, strategy: strategy)
        let two = try nextModel(
            [
                relayed(products.prefix(2), strategy: strategy),
                relayed(products.dropFirst(2), strategy: strategy),
            ], strategy: strategy)
        #expect(flat.contains { $0 != 0 })
        for (one, other) in zip(flat, two) {
            #expect(abs(one - other) <= 4 * Float.ulpOfOne * max(1, abs(one)))
        }
    }

    @Test("What one mean cannot stand for is refused before anybody is asked")
    func notRelayed() throws {
        let bundle = BundleSettings(
            digest: BlobDigest(of: []), name: "own", version: "1", config: [:], seed: 1,
            layout: try SampleData.layout, target: .nothing)
        #expect(throws: RelayMistake.trainerNotRelayed("bundle")) {
            try RelayedWork(work("relay", trainer: .bundle(bundle)))
        }
        for strategy in [try Strategy.scaffold(), .fednova] {
            #expect(throws: RelayMistake.strategyNotRelayed(strategy.kind)) {
                try RelayedWork(work("relay", strategy: JobStrategy(strategy)))
            }
        }
    }

    @Test("A file that is no update of this model is a device's fault, and is said to be")
    func malformed() throws {
        let relayed = try RelayedWork(work("relay"))
        let product = try work("device").perform(on: SampleData.dataset(rows: 8, seed: 1))
        let good = try product.update.array
        guard case .update(let update) = try relayed.answer(good) else {
            Issue.record("it is an update")
            return
        }
        #expect(relayed.kind == .update(parameterCount: update.count))
        let wrongShape = try Safetensors([Tensor(name: "bias", vector: [1, 2] as [Float])]).bytes
        for file in [[], Array(good.dropLast()), good + [0], wrongShape, base] {
            let fault = #expect(throws: DeviceFault.self) { try relayed.answer(file) }
            #expect(fault?.code == "update.malformed")
        }
    }
}
