import Contracts
import Encodings
import Federation
import Learning
import Memory
import Randomness
import SampleLab
import Storage
import Strategies
import Tensors
import Testing
import Trainers

@Suite struct RoundAggregationTests {
    private let lab: LabID
    private let round: RoundID
    private let base: [UInt8]
    /// Age, dose, and two categories.
    private let width = 4

    init() throws {
        lab = try SampleLab().id
        round = RoundID(job: try JobID("job-1"), number: 1)
        base = try RoundWorkTests.base()
    }

    private func result(
        _ task: RoundTask, _ updates: [(member: String, weight: Int64, bytes: [UInt8])],
        base: [UInt8]?, trainer: JSONValue? = nil, strategy: JSONValue? = nil
    ) throws -> [UInt8]? {
        let contributions = try updates.map {
            Contribution(
                lab: lab, round: round, member: try MemberID($0.member),
                update: BlobDigest(of: $0.bytes), weight: $0.weight, metricsMicro: [:])
        }
        let blobs = MemoryBlobs()
        for update in updates { _ = blobs.keep(update.bytes) }
        let result = try RoundAggregation(
            trainer: trainer ?? SampleData.settings.json, strategy: strategy, population: 9
        ).result(
            of: task, base: base.map(blobs.keep), state: nil, contributions: contributions,
            file: blobs.file, sink: blobs.sink)
        return result.model.flatMap { blobs[$0] }
    }

    private func update(_ weights: [Float], bias: Float = 0) throws -> [UInt8] {
        try Safetensors(LogisticParameters(weights: weights, bias: bias).tensors).bytes
    }

    private func moments(_ count: [Double], _ mean: [Double], _ squared: [Double]) throws -> [UInt8]
    {
        try Safetensors([
            Tensor(name: "count", vector: count), Tensor(name: "mean", vector: mean),
            Tensor(name: "squared_deviations", vector: squared),
        ]).bytes
    }

    // MARK: - What comes out

    @Test("The next model is the base and the mean of the updates by their rows")
    func average() throws {
        let model = try LogisticModel(
            parsing: try #require(
                try result(
                    .train,
                    [
                        ("north", 1, update([4, 0, 1, 0], bias: 8)),
                        ("south", 3, update([0, 4, 1, 0], bias: 0)),
                    ], base: base)))
        #expect(model.parameters.weights == [1, 3, 1, 0])
        #expect(model.parameters.bias == 2)
        #expect(model.standardisation == (try LogisticModel(parsing: base)).standardisation)
    }

    @Test("The first model standardises by the rows of all owners, as if they were in one place")
    func statistics() throws {
        let parts = try (0..<3).map { try SampleData.dataset(rows: 40, seed: $0) }
        let together = LabelledRows(
            inputs: DesignMatrix(
                width: width, values: parts.flatMap(\.training.inputs.values)),
            labels: parts.flatMap(\.training.labels))
        let pooled = LocalDataset(
            layout: try SampleData.layout, label: SampleData.label, training: together,
            holdout: parts[0].holdout)
        let products = try zip(["north", "south", "valley"], parts).map { name, dataset in
            let product = try RoundWork(
                task: .statistics, round: round, member: MemberID(name),
                trainer: .averaged(SampleData.settings), base: nil
            ).perform(on: dataset)
            return (name, product.weight, try product.update.array)
        }
        let made = try LogisticModel(
            parsing: try #require(try result(.statistics, products, base: nil)))
        let expected = try LogisticModel(parsing: RoundWorkTests.base(pooled))
        for (made, expected) in [
            (made.standardisation.means, expected.standardisation.means),
            (made.standardisation.scales, expected.standardisation.scales),
        ] {
            for (a, b) in zip(made, expected) { #expect(abs(a - b) <= 1e-9 * max(1, abs(b))) }
        }
        #expect(made.parameters == .zero(width: width))
    }

    @Test("An evaluation makes no model")
    func evaluation() throws {
        #expect(try result(.evaluate, [("north", 1, Array("{}".utf8))], base: base) == nil)
    }

    // MARK: - What is refused

    private func refused(
        _ task: RoundTask, _ bytes: [UInt8], weight: Int64 = 3, because problem: String
    ) throws {
        let honest =
            task == .train ? try update([1, 1, 1, 1]) : try moments([9, 9], [1, 2], [3, 4])
        let error = #expect(throws: AggregationError.self) {
            try result(
                task, [("north", 2, honest), ("south", weight, bytes)],
                base: task == .train ? base : nil)
        }
        guard case .contribution(let member, let said)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(member.text == "south")
        #expect(said.contains(problem), "\(said)")
    }

    @Test("An update of another shape is refused, and its member named")
    func wrongShape() throws {
        try refused(.train, update([1, 1, 1]), because: "\"weight\"")
        try refused(.train, update([1, 1, 1, 1, 1]), because: "\"weight\"")
        try refused(.train, update([]), because: "\"weight\"")
        let square = try Tensor(name: "weight", shape: [2, 2], float32: [1, 1, 1, 1])
        let bias = Tensor(name: "bias", vector: [0 as Float])
        try refused(.train, Safetensors([square, bias]).bytes, because: "\"weight\"")
        let weight = Tensor(name: "weight", vector: [1, 1, 1, 1] as [Float])
        try refused(.train, Safetensors([weight]).bytes, because: "\"bias\"")
        try refused(.train, Safetensors([]).bytes, because: "\"bias\"")
        try refused(.statistics, moments([9], [1], [3]), because: "1 features")
        try refused(.statistics, moments([9, 9, 9], [1, 2, 3], [3, 4, 5]), because: "3 features")
        try refused(.statistics, moments([9, 9], [1], [3, 4]), because: "the tensor mean ")
    }

    @Test("The first to contribute something of another shape is named, and not the one after it")
    func wrongShapeFirst() throws {
        let error = #expect(throws: AggregationError.self) {
            try result(
                .statistics,
                [
                    ("north", 1, moments([9], [1], [3])),
                    ("south", 1, moments([9, 9], [1, 2], [3, 4])),
                ],
                base: nil)
        }
        guard case .contribution(let member, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(member.text == "north")
    }

    @Test("Numbers of another precision are refused")
    func wrongType() throws {
        let doubles = [
            Tensor(name: "weight", vector: [1, 1, 1, 1] as [Double]),
            Tensor(name: "bias", vector: [0 as Double]),
        ]
        try refused(.train, Safetensors(doubles).bytes, because: "F32")
        let floats = [
            Tensor(name: "count", vector: [9, 9] as [Float]),
            Tensor(name: "mean", vector: [1, 2] as [Float]),
            Tensor(name: "squared_deviations", vector: [1, 2] as [Float]),
        ]
        try refused(.statistics, Safetensors(floats).bytes, because: "F64")
    }

    @Test("What is not a finite number is refused", arguments: [Float.nan, .infinity, -.infinity])
    func notFinite(value: Float) throws {
        try refused(.train, update([1, 1, value, 1]), because: "finite")
        try refused(.train, update([1, 1, 1, 1], bias: value), because: "finite")
        let double = Double(value)
        try refused(
            .statistics, moments([9, 9], [1, double], [3, 4]), because: "finite")
        try refused(
            .statistics, moments([9, double], [1, 2], [3, 4]), because: "finite")
        try refused(
            .statistics, moments([9, 9], [1, 2], [double, 4]), because: "finite")
    }

    @Test("Moments that are of no data are refused")
    func impossibleMoments() throws {
        try refused(.statistics, moments([9, -1], [1, 2], [3, 4]), because: "numbers of rows")
        try refused(.statistics, moments([9, 0.5], [1, 2], [3, 4]), because: "numbers of rows")
        try refused(.statistics, moments([9, 1e300], [1, 2], [3, 4]), because: "numbers of rows")
        try refused(.statistics, moments([9, 9], [1, 2], [3, -4]), because: "negative")
        try refused(.statistics, moments([9, 0], [1, 2], [3, 0]), because: "\"count\" is 0")
    }

    @Test("A sum that no number can hold is refused, and no model comes of it")
    func overflow() throws {
        let large = Float.greatestFiniteMagnitude
        let first = try #require(
            try result(.train, [("north", 1, update([large, 0, 0, 0]))], base: base))
        #expect(throws: AggregationError.strategy(.overflow(parameter: 1))) {
            try result(.train, [("north", 1, update([large, 0, 0, 0]))], base: first)
        }
        // The largest updates of the largest weights still have a mean.
        let mean = try #require(
            try result(
                .train,
                [
                    ("north", .max, update([large, 0, 0, 0])),
                    ("south", .max, update([-large, 0, 0, 0])),
                ], base: base))
        #expect(try LogisticModel(parsing: mean).parameters.weights[0] == 0)
        #expect(throws: (any Error).self) {
            try result(
                .statistics,
                [
                    ("north", 1, moments([1, 1], [1e308, 0], [0, 0])),
                    ("south", 1, moments([1, 1], [-1e308, 0], [0, 0])),
                ], base: nil)
        }
    }

    @Test("What carries more than an update is refused")
    func oversized() throws {
        let honest = LogisticParameters(weights: [1, 1, 1, 1], bias: 0).tensors
        let extra = Tensor(name: "rows", vector: [Float](repeating: 1, count: 1 << 20))
        try refused(.train, Safetensors(honest + [extra]).bytes, because: "tensor \"rows\"")
        try refused(.train, update([1, 1, 1, 1]) + [0], because: "more follow")
        // A header that announces more than there is, or than there could be.
        for length in [UInt64.max, 1 << 40, 1 << 20, 200] {
            let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
            try refused(.train, bytes, because: "header should be \(length) bytes long")
        }
        let long = String(repeating: " ", count: 70_000) + "{}"
        try refused(
            .train,
            withUnsafeBytes(of: UInt64(long.utf8.count).littleEndian) { Array($0) }
                + Array(long.utf8),
            because: "more than the 65536 that are allowed")
        let huge =
            #"{"weight":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}}"#
        let prefix = withUnsafeBytes(of: UInt64(huge.utf8.count).littleEndian) { Array($0) }
        try refused(
            .train, prefix + Array(huge.utf8) + [UInt8](repeating: 0, count: 16),
            because: "too large")
    }

    @Test("A disk that fails under an update is not its member's mistake")
    func failingDisk() throws {
        let update = try update([1, 1, 1, 1])
        let blobs = MemoryBlobs()
        let contribution = Contribution(
            lab: lab, round: round, member: try MemberID("north"), update: blobs.keep(update),
            weight: 1, metricsMicro: [:])
        let failure = StorageError.unusable(path: "blobs", problem: "Input/output error")
        let aggregation = try RoundAggregation(
            trainer: SampleData.settings.json, strategy: nil, population: 1)
        #expect(throws: failure) {
            try aggregation.check(contribution, to: .train, base: blobs.keep(base)) { digest in
                guard digest == contribution.update else { return try blobs.file(digest) }
                let header = try SafetensorsFile(update).header
                let dataStart = update.count - header.dataByteCount
                return try SafetensorsFile(
                    FileBytes(count: update.count) { offset, buffer in
                        guard offset < dataStart else { throw failure }
                        buffer.copyBytes(from: update[offset..<offset + buffer.count])
                    })
            }
        }
    }

    @Test("An update that is not of this job's base is refused")
    func foreignBase() throws {
        #expect(throws: AggregationError.noBase) {
            try result(.train, [("north", 1, update([1, 1, 1, 1]))], base: nil)
        }
        #expect(throws: (any Error).self) {
            try result(.train, [("north", 1, update([1, 1, 1, 1]))], base: Array("no model".utf8))
        }
        #expect(throws: (any Error).self) { try result(.train, [], base: base) }
        #expect(throws: (any Error).self) { try result(.statistics, [], base: nil) }
    }

    @Test("A trainer that this version does not have is refused before any update is read")
    func otherTrainer() throws {
        let error = #expect(throws: AggregationError.self) {
            try result(.train, [("north", 1, [])], base: base, trainer: ["kind": "python"])
        }
        guard case .settings(let mistake)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(mistake.path == "trainer.kind")
    }

    @Test(
        "Whatever bytes are contributed, they are a model's or refused by the member's name",
        arguments: 0..<50 as Range<UInt64>)
    func anyBytes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let honest = [
            (RoundTask.train, try update([1, 2, 3, 4], bias: 5)),
            (RoundTask.statistics, try moments([9, 9], [1, 2], [3, 4])),
        ]
        for _ in 0..<40 {
            var (task, bytes) = honest[random.uniformInteger(in: 0...1)]
            for _ in 0...random.uniformInteger(in: 0...3) {
                let place = random.uniformInteger(in: 0...bytes.count - 1)
                switch random.uniformInteger(in: 0...2) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                }
            }
            do {
                let made = try result(
                    task, [("north", 3, bytes)], base: task == .train ? base : nil)
                _ = try LogisticModel(parsing: try #require(made, "seed \(seed)"))
            } catch let error as AggregationError {
                if case .contribution(let member, _) = error { #expect(member.text == "north") }
            } catch let error as LearningError {
                // Only of all contributions together.
                #expect(String(describing: error).contains("variance"), "seed \(seed): \(error)")
            }
        }
    }
}
