import Contracts
import Encodings
import Learning
import Memory
import SampleLab
import Strategies
import Tensors
import Testing
import Trainers

@Suite struct RoundWorkTests {
    private let round: RoundID
    private let north: MemberID

    init() throws {
        round = RoundID(job: try JobID("job-1"), number: 3)
        north = try MemberID("north")
    }

    private func perform(
        _ task: RoundTask, round: RoundID? = nil, member: MemberID? = nil, seed: UInt64 = 7,
        learningRate: Double = 0.1, base: [UInt8]? = nil, dataset: LocalDataset? = nil
    ) throws -> RoundWork.Product {
        try RoundWork(
            task: task, round: round ?? self.round, member: member ?? north,
            trainer: .averaged(
                LogisticSettings(
                    layout: SampleData.layout, label: SampleData.label,
                    training: TrainingConfiguration(
                        learningRate: learningRate, localEpochs: 2, batchSize: 8, l2: 0.001,
                        seed: seed))),
            base: base.map { FileBytes($0) }
        ).perform(on: dataset ?? SampleData.dataset(rows: 60, seed: 1))
    }

    /// The model that a job's first round makes of one owner's data.
    static func base(_ dataset: LocalDataset? = nil) throws -> [UInt8] {
        let moments = LogisticTrainer.statistics(
            of: try dataset ?? SampleData.dataset(rows: 60, seed: 1))
        return try LogisticModel.initial(
            layout: SampleData.layout, label: SampleData.label,
            standardisation: Standardisation(moments, layout: SampleData.layout)
        ).bytes
    }

    @Test("The same seed, round, member, base and data give the same bytes; another gives others")
    func deterministic() throws {
        let base = try Self.base()
        let product = try perform(.train, base: base)
        let bytes = try product.update.array
        #expect(try perform(.train, base: base).update.array == bytes)
        let others = [
            try perform(.train, seed: 8, base: base),
            try perform(.train, member: MemberID("south"), base: base),
            try perform(.train, round: RoundID(job: round.job, number: 4), base: base),
            try perform(.train, round: RoundID(job: JobID("job-2"), number: 3), base: base),
            try perform(.train, base: base, dataset: SampleData.dataset(rows: 60, seed: 2)),
            try perform(.train, learningRate: 0.2, base: base),
        ]
        #expect(Set(try others.map { try $0.update.array } + [bytes]).count == others.count + 1)
    }

    @Test("A contribution stands for the rows that it was made from")
    func weights() throws {
        let dataset = try SampleData.dataset(rows: 60, seed: 1)
        #expect(dataset.training.count == 45)
        #expect(dataset.holdout.count == 15)
        let base = try Self.base()
        #expect(try perform(.statistics).weight == 45)
        #expect(try perform(.train, base: base).weight == 45)
        #expect(try perform(.evaluate, base: base).weight == 15)
    }

    /// A sandboxed trainer's work on a model of two tensors.
    private func sandboxed(_ compression: JSONValue) throws -> (RoundWork, base: [UInt8]) {
        let base = try Safetensors([
            Tensor(name: "a", vector: [1, 2, 3] as [Float]),
            Tensor(name: "b", vector: [4, 5] as [Float]),
        ]).bytes
        let sample = try SampleData.settings
        let settings = BundleSettings(
            digest: BlobDigest(of: [1]), name: "mean", version: "1.0.0", config: [:], seed: 7,
            layout: sample.layout, target: .label(sample.label))
        let strategy = try JobStrategy(
            ["kind": "fedavg", "compression": compression], fillsDefaults: true)
        return (
            RoundWork(
                task: .train, round: round, member: north, trainer: .bundle(settings),
                strategy: strategy, base: FileBytes(base)), base
        )
    }

    @Test("A sandboxed trainer's difference leaves as it is, or compressed as the job says")
    func difference() throws {
        let difference = try Safetensors([
            Tensor(name: "a", vector: [0.5, -2, 0] as [Float]),
            Tensor(name: "b", vector: [1, 8] as [Float]),
        ])
        let (plain, _) = try sandboxed(["kind": "none"])
        let product = try plain.product(
            difference: FileBytes(difference.bytes), rows: 9, metricsMicro: ["x": 1])
        #expect(try product.update.array == difference.bytes)
        #expect(product.weight == 9 && product.metricsMicro == ["x": 1])
        let (compressed, _) = try sandboxed(["kind": "int8"])
        let smaller = try compressed.product(
            difference: FileBytes(difference.bytes), rows: 9, metricsMicro: [:])
        #expect(
            try Safetensors(parsing: smaller.update.array).tensors.map(\.name).sorted()
                == ["a", "b", "scale/a", "scale/b"])
    }

    @Test("What is not finite in a sandboxed trainer's difference does not leave")
    func differenceNotFinite() throws {
        for compression in ["none", "int8"] {
            let (work, _) = try sandboxed(["kind": .string(compression)])
            let difference = try Safetensors([
                Tensor(name: "a", vector: [0.5, -2, 0] as [Float]),
                Tensor(name: "b", vector: [1, .nan] as [Float]),
            ]).bytes
            #expect(throws: UpdateFormatError.notFinite(parameter: 4)) {
                try work.product(
                    difference: FileBytes(difference), rows: 9, metricsMicro: [:])
            }
        }
    }

    @Test("Statistics are sums over the rows to train on, and no row")
    func statistics() throws {
        let product = try perform(.statistics)
        let tensors = try Safetensors(parsing: product.update.array).tensors
        #expect(Set(tensors.map(\.name)) == ["count", "mean", "squared_deviations"])
        // Two numeric features; however many rows there are, it is as long.
        #expect(tensors.allSatisfy { $0.shape == [2] })
        #expect(product.metricsMicro == [:])
    }

    @Test("The metrics of a round are those of the model that it starts from, on the holdout")
    func metrics() throws {
        let base = try Self.base()
        let evaluated = try perform(.evaluate, base: base)
        let trained = try perform(.train, base: base)
        // An untrained model gives one half to every row.
        #expect(evaluated.metricsMicro["holdoutLoss"] == 693_147)
        #expect(evaluated.metricsMicro["holdoutAUC"] == 500_000)
        #expect(evaluated.metricsMicro["holdoutRows"] == 15)
        for (name, value) in evaluated.metricsMicro {
            #expect(trained.metricsMicro[name] == value, "\(name)")
        }
        let loss = try #require(trained.metricsMicro["trainingLoss"])
        #expect((1..<693_147).contains(loss))
    }

    @Test("Owners without a holdout train all the same, and cannot evaluate")
    func noHoldout() throws {
        let dataset = try SampleData.dataset(rows: 3, seed: 1)
        #expect(dataset.holdout.count == 0)
        let base = try Self.base(dataset)
        let trained = try perform(.train, base: base, dataset: dataset)
        #expect(Set(trained.metricsMicro.keys) == ["trainingLoss"])
        #expect(throws: LearningError.noHoldoutRows) {
            try perform(.evaluate, base: base, dataset: dataset)
        }
    }

    @Test("Training that runs away is an error that names the learning rate, and no update")
    func diverged() throws {
        for rate in [1e30, 1e38, 3e38, 1e300] {
            let error = #expect(throws: LearningError.self) {
                try perform(.train, learningRate: rate, base: Self.base())
            }
            guard case .diverged(_, rate)? = error else {
                Issue.record("\(rate): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("A model whose predictions are hopeless is measured, and stops nobody")
    func hopelessModel() throws {
        let model = try LogisticModel(parsing: Self.base())
        for weight in [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e30] as [Float] {
            let base = try model.with(
                LogisticParameters(
                    weights: [Float](repeating: weight, count: model.parameters.width), bias: weight
                ))
            // Overflow within a prediction is refused by name; a finite loss is reported.
            do {
                let product = try perform(.evaluate, base: base.bytes)
                #expect(product.metricsMicro["holdoutLoss"].map { $0 > 0 } == true)
            } catch let error as LearningError {
                #expect(error == .notFinite("a prediction"))
            }
        }
    }

    @Test("A task that needs a model says so where there is none, or no model")
    func noBase() throws {
        for task in [RoundTask.train, .evaluate] {
            #expect(throws: WorkError.noBase) { try perform(task) }
            for bytes in [[], Array("a model".utf8), [UInt8](repeating: 0xFF, count: 100)] {
                #expect(throws: LearningError.self) { try perform(task, base: bytes) }
            }
        }
    }
}
