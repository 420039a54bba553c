import Contracts
import Encodings
import Federation
import Foundation
import LabAPI
import SampleLab
import Storage
import Tensors
import Testing
import Trainers

@testable import Coordinator

/// Sums that are made while updates are on their way.
@Suite struct RunningSumTests {
    /// A round whose contributions are known, none of which is here yet.
    private struct Round {
        let lab: LabID
        let job: Job
        /// As it is once it is sealed.
        var sealed: Contracts.Round
        let blobs: MemoryBlobs
        /// What comes of it by a sum that is made afterwards.
        let expected: RoundResult

        init(strategy: JSONValue? = nil) throws {
            var lab = try SampleLab()
            var training = try lab.prepareTraining(
                rounds: 2,
                strategy: strategy.map { try JobStrategy($0, fillsDefaults: true).json })
            try lab.settle()
            // The second one has a state to go on from, where the strategy keeps any.
            for _ in 0..<2 { try lab.runRound(of: &training) }
            let round = try lab.openRound(of: training)
            let envelopes = try ["north", "south", "valley"].map {
                try lab.contribution(of: $0, to: round, &training)
            }
            try lab.submitAsCoordinator(SealRound(round: round.id, contributions: envelopes))
            self.lab = lab.id
            sealed = try #require(lab.state.jobs[round.id])
            job = try #require(lab.state.jobs[training.job])
            blobs = training.blobs
            expected = try RoundAggregation(of: job).result(
                of: sealed.task, base: sealed.base, state: sealed.strategyState,
                contributions: sealed.contributions, file: blobs.file, sink: blobs.sink)
        }

        var updates: [AnnouncedUpdate] { sealed.contributions.map(AnnouncedUpdate.init) }
    }

    private let folder: TemporaryFolder
    private let uploads: BlobUploads
    private let sums: RoundSums

    init() throws {
        folder = try TemporaryFolder()
        uploads = try BlobUploads(into: BlobStore(folder: folder.file("blobs")))
        sums = RoundSums(uploads)
    }

    /// Puts what the round starts from into the coordinator's store.
    private func store(_ round: Round) throws {
        for digest in [round.sealed.base, round.sealed.strategyState].compactMap(\.self) {
            _ = try uploads.store.write(try #require(round.blobs[digest]))
        }
    }

    /// Sends the updates piece by piece, all at the same time.
    private func upload(_ updates: [AnnouncedUpdate], of round: Round) throws {
        var coming = try updates.map { update in
            let bytes = try #require(round.blobs[update.update])
            let digest = stride(from: 0, to: 64, by: 2).compactMap {
                UInt8(update.update.text.dropFirst($0).prefix(2), radix: 16)
            }
            return (
                bytes[...],
                try uploads.begin(
                    update.update, by: update.member, at: 0, length: bytes.count,
                    pieceDigest: digest)
            )
        }
        while coming.contains(where: { !$0.0.isEmpty }) {
            for place in coming.indices {
                let piece = coming[place].0.prefix(37)
                coming[place].0 = coming[place].0.dropFirst(37)
                try piece.withUnsafeBytes { try coming[place].1.write($0) }
            }
        }
        for (_, upload) in coming { _ = try upload.finish(isLast: true) }
    }

    /// Nothing of a result that nobody wanted is left.
    private func expectNothingLeft() async throws {
        let incoming = folder.file("blobs").appending(path: "incoming")
        func left() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: incoming.path)
        }
        for _ in 0..<2_000 where try !left().isEmpty {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try left().isEmpty)
    }

    @Test(
        "A sum that was made ahead is the sum that is made afterwards, to the last bit",
        arguments: [
            nil, ["kind": "fedadam", "serverRate": .number(0.05)],
            ["kind": "fedavg", "combination": ["kind": "median"]],
            ["kind": "fedavg", "combination": ["kind": "krum", "f": 0]],
            ["kind": "fedavg", "compression": ["kind": "int8"]],
        ] as [JSONValue?])
    func sameBits(strategy: JSONValue?) async throws {
        let round = try Round(strategy: strategy)
        try store(round)
        sums.begin(round.sealed, of: round.job, lab: round.lab, round.updates)
        try upload(round.updates, of: round)
        #expect(round.expected.model.map(uploads.store.has) == false, "until it is asked for")
        let (result, isAhead) = try await sums.result(of: round.sealed, of: round.job)
        #expect(isAhead)
        #expect(result == round.expected)
        let model = try #require(result.model)
        #expect(try uploads.store.read(model) == round.blobs[model])
        try await expectNothingLeft()
    }

    @Test("Where something else is sealed, it is added up afterwards, and nothing else is left")
    func otherSet() async throws {
        let round = try Round()
        try store(round)
        sums.begin(round.sealed, of: round.job, lab: round.lab, Array(round.updates.prefix(2)))
        try upload(round.updates, of: round)
        let (result, isAhead) = try await sums.result(of: round.sealed, of: round.job)
        #expect(!isAhead && result == round.expected)
        try await expectNothingLeft()
        #expect(try uploads.store.digests().count == round.updates.count + 2, "and the base")
    }

    @Test("What is begun anew for a round, or is of a round that comes to nothing, is given up")
    func givenUp() async throws {
        let round = try Round()
        try store(round)
        sums.begin(round.sealed, of: round.job, lab: round.lab, Array(round.updates.prefix(2)))
        // The third never comes.
        sums.begin(round.sealed, of: round.job, lab: round.lab, round.updates)
        try upload(Array(round.updates.prefix(2)), of: round)
        sums.keep { $0 != round.sealed.id }
        try await expectNothingLeft()
        #expect(try uploads.store.digests().count == 3)
    }

    @Test("An update that is here already, sent by another, is added up as well")
    func sentByAnother() async throws {
        let round = try Round()
        try store(round)
        sums.begin(round.sealed, of: round.job, lab: round.lab, round.updates)
        try upload(Array(round.updates.prefix(2)), of: round)
        _ = try uploads.store.write(try #require(round.blobs[round.updates[2].update]))
        let (result, isAhead) = try await sums.result(of: round.sealed, of: round.job)
        #expect(isAhead && result == round.expected)
    }

    @Test("Bytes that were sent under the name of an update and are not it never count")
    func otherBytes() async throws {
        let round = try Round()
        try store(round)
        sums.begin(round.sealed, of: round.job, lab: round.lab, round.updates)
        let liar = round.updates[0]
        let bytes = try #require(round.blobs[liar.update])
        // The header is that of an update, and the numbers are others.
        let lie = try uploads.begin(
            liar.update, by: liar.member, at: 0, length: bytes.count, pieceDigest: nil)
        try (bytes.dropLast(4) + [0, 0, 0x80, 0x3f]).withUnsafeBytes { try lie.write($0) }
        try upload(Array(round.updates.dropFirst()), of: round)
        try await Task.sleep(for: .milliseconds(50))
        // Somebody else has it.
        _ = try uploads.store.write(bytes)
        let (result, _) = try await sums.result(of: round.sealed, of: round.job)
        #expect(result == round.expected)
    }

    @Test("An update that cannot be added up is its member's mistake, ahead or not")
    func notFinite() async throws {
        var round = try Round()
        try store(round)
        let good = try Safetensors(parsing: try #require(round.blobs[round.updates[1].update]))
        let bad = try Safetensors(
            good.tensors.map { tensor in
                guard let values = tensor.float32 else { return tensor }
                return try Tensor(
                    name: tensor.name, shape: tensor.shape,
                    float32: values.map { _ in Float.nan })
            })
        let was = round.sealed.contributions[1]
        round.sealed.contributions[1] = Contribution(
            lab: was.lab, round: was.round, member: was.member,
            update: round.blobs.keep(bad.bytes), weight: was.weight, metricsMicro: [:])
        sums.begin(round.sealed, of: round.job, lab: round.lab, round.updates)
        try upload(round.updates, of: round)
        let error = await #expect(throws: AggregationError.self) {
            try await sums.result(of: round.sealed, of: round.job)
        }
        #expect(error.map { "\($0)".contains("south") } == true, "\(String(describing: error))")
        try await expectNothingLeft()
    }
}
