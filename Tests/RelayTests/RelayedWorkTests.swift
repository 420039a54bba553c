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

    /// What a relay makes of its devices' files.
    private func relayed(
        _ products: some Collection<RoundWork.Product>, strategy: JobStrategy = .fedavg
    ) throws -> RoundWork.Product {
        let relayed = try RelayedWork(work("relay", strategy: strategy))
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

    @Test("What one mean cannot stand for is refused before anybody is asked")
    func notRelayed() throws {
        let trees = try JobTrainer(
            StatisticsSettings(layout: SampleData.layout, bins: 4).json)
        #expect(throws: RelayMistake.trainerNotRelayed("statistics")) {
            try RelayedWork(work("relay", trainer: trees))
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
