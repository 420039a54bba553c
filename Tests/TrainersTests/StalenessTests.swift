import Contracts
import Encodings
import Learning
import Memory
import SampleLab
import Strategies
import Tensors
import Testing
import Trainers

/// Updates that count in a later round than the one that they were made in.
@Suite struct StalenessTests {
    private let blobs = MemoryBlobs()
    private let base: [UInt8]
    private let layout: ParameterLayout

    init() throws {
        var base: [UInt8] = []
        try SampleData.settings.firstModel([
            SampleData.settings.statistics(of: SampleData.dataset(rows: 40, seed: 9), seed: 0)
        ]).write { base += $0 }
        self.base = base
        layout = try ModelParameters(SafetensorsFile(FileBytes(base))).layout
    }

    private func file(
        _ update: [Float], of round: RoundID, _ compression: Compression = .none
    ) throws -> BlobDigest {
        var encoder = try UpdateEncoder(compression, layout: layout)
        return blobs.keep(
            try encoder.bytes(of: update, seed: RoundSeed.shared(round)))
    }

    /// The parameters that a round makes of contributions.
    private func next(
        _ contributions: [Contribution], _ strategy: JobStrategy
    ) throws -> [Float] {
        let result = try RoundAggregation(
            trainer: SampleData.settings.json, strategy: strategy.json, population: 2
        ).result(
            of: .train, base: blobs.keep(base), state: nil, contributions: contributions,
            file: blobs.file, sink: blobs.sink)
        let model = try #require(result.model.flatMap { blobs[$0] })
        return try ModelParameters(SafetensorsFile(FileBytes(model))).source.parameters()
    }

    @Test("An update that is three rounds late weighs half, with fedbuff, and is refused without")
    func weight() throws {
        let round = RoundID(job: try JobID("job-1"), number: 5)
        let lab = try SampleLab().id
        let start = try ModelParameters(SafetensorsFile(FileBytes(base))).source.parameters()
        let fresh = [Float](repeating: 1, count: layout.count)
        let stale = [Float](repeating: 4, count: layout.count)
        let contributions = [
            Contribution(
                lab: lab, round: round, member: try MemberID("ada"),
                update: try file(fresh, of: round), weight: 10, metricsMicro: [:]),
            Contribution(
                lab: lab, round: round, member: try MemberID("bo"),
                update: try file(stale, of: RoundID(job: round.job, number: 2)), weight: 90,
                metricsMicro: [:], startedIn: 2),
        ]
        let model = try next(contributions, JobStrategy(.fedbuff(bufferSize: 2)))
        for (found, before) in zip(model, start) {
            #expect(abs(found - (before + (1 + 4 / 2) / 2)) < 1e-6)
        }
        #expect(throws: AggregationError.self) { try next(contributions, .fedavg) }
    }

    @Test("A late update under a random mask is read with the mask of the round it was made in")
    func mask() throws {
        let round = RoundID(job: try JobID("job-1"), number: 5)
        let earlier = RoundID(job: round.job, number: 4)
        let strategy = JobStrategy(
            try .fedbuff(bufferSize: 1), compression: .randomMask(share: 0.5))
        func contribution(_ madeIn: RoundID, _ startedIn: Int?) throws -> Contribution {
            Contribution(
                lab: try SampleLab().id, round: round, member: try MemberID("ada"),
                update: try file(
                    [Float](repeating: 1, count: layout.count), of: madeIn,
                    strategy.compression),
                weight: 1, metricsMicro: [:], startedIn: startedIn)
        }
        let start = try ModelParameters(SafetensorsFile(FileBytes(base))).source.parameters()
        let model = try next([contribution(earlier, earlier.number)], strategy)
        #expect(model != start)
        // Made under another round's mask than it says.
        #expect(throws: AggregationError.self) {
            try next([contribution(earlier, nil)], strategy)
        }
    }
}
