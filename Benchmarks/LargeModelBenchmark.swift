import Bundles
import Contracts
import Encodings
import Foundation
import LabAPI
import Ledger
import Node
import Participation
import Storage
import Tensors
import Trainers
import Transport

/// A round with a model of 100 MB at four nodes, beside its bytes over raw loopback; and one with a
/// model of 2 GB through a coordinator that the system gives 512 MiB of memory.
struct LargeModelBenchmark {
    let binary: URL

    // MARK: - 100 MB, four nodes

    /// Real nodes, and a trainer that has trained already: each takes the model down and sends its
    /// update up, eight times the model in all.
    func roundAtNodes() async throws {
        guard FileManager.default.isExecutableFile(atPath: ReadyTrainer.python.path) else {
            report("not measured: run scripts/setup-python first", "")
            return
        }
        setenv("JOINTLAB_TRAINERS_PYTHON", ReadyTrainer.python.path, 1)
        setenv("JOINTLAB_TRAINERS_PACKAGE", ReadyTrainer.package.path, 1)
        setenv("JOINTLAB_TRAINERS_LIMITS_OUTPUT_BYTES", "\(ReadyTrainer.outputBytesMax)", 1)
        let (nodes, rounds) = (4, 8)
        let lab = try await BenchmarkLab(nodes: nodes + 1, binary: binary)
        let licences = try await lab.licenses(from: lab.members.dropFirst())
        let user = lab.members[0]
        let archive = try ReadyTrainer.archive()
        for member in lab.members.dropFirst() {
            _ = try TrainerApprovals(of: member.home).approve(archive, at: MemberSession.now)
        }
        let store = try BlobStore(folder: lab.folder.appending(path: "source"))
        let model = LargeModel(parameters: 12 << 21)
        let first = try model.write(to: store, scale: 1)
        try await user.coordinator.upload(first, from: store)
        let (layout, target) = try await user.dataView(on: licences, readsFiles: false)
        let settings = BundleSettings(
            digest: try await user.coordinator.upload(archive.bytes), name: ReadyTrainer.name,
            version: ReadyTrainer.version, config: [:], seed: 1, layout: layout,
            target: target)
        _ = try await user.submit(
            ProposeJob(
                job: try BenchmarkLab.job(), model: try ModelID("bench"), purpose: "bench",
                licences: licences, trainer: settings.json,
                plan: JobPlan([.init(task: .train, rounds: rounds)]), participantsMin: nodes,
                roundTimeoutMilliseconds: 600_000, weights: first),
            until: .final)
        // The first round starts the sandboxes.
        let times = try await lab.roundsOfJob().dropFirst().compactMap { round -> Double? in
            guard let opened = round["opened"]?.integer, let ended = round["ended"]?.integer
            else { return nil }
            return Double(ended - opened)
        }
        let bytes = 2 * nodes * model.byteCount
        let raw = try (0..<3).map { _ in try LoopbackCopy.seconds(bytes: bytes) * 1_000 }
        let file = store.url(of: first)
        let copy = try (0..<3).map { _ in
            try LoopbackCopy.seconds(copying: file, times: 2 * nodes) * 1_000
        }
        report(
            "a round, \(model.byteCount / 1_000_000) MB, \(nodes) nodes, open to close",
            bestAndMedian(of: times))
        report("its bytes over raw loopback, from memory to memory", bestAndMedian(of: raw))
        report("its bytes over loopback, from file to file, synced", bestAndMedian(of: copy))
        report(
            "the round beside the two, by their p50",
            "\(shown(percentile(times, 0.5) / percentile(raw, 0.5))) and "
                + "\(shown(percentile(times, 0.5) / percentile(copy, 0.5))) times as long")
        report("coordinator's memory at its peak", "\(try lab.coordinatorPeakBytes() >> 20) MiB")
        try await lab.tearDown()
    }

    private func bestAndMedian(of times: [Double]) -> String {
        "best \(shown(times.min() ?? .nan)) ms, p50 \(shown(percentile(times, 0.5))) ms"
    }

    // MARK: - 2 GB, a small coordinator

    private static let coordinatorBytesMax = 512 << 20

    /// Two participants send updates of 2 GB each. This program plays their nodes, because the machine
    /// could not train two models of that size at a time; five others cosign.
    func roundThroughSmallCoordinator() async throws {
        let lab = try await BenchmarkLab(nodes: 7, binary: binary)
        let played = lab.members.suffix(2)
        let licences = try await lab.licenses(from: played)
        for number in lab.members.indices.suffix(2) { lab.stopNode(number) }
        let isLimited = lab.limitCoordinator(to: Self.coordinatorBytesMax)

        let store = try BlobStore(folder: lab.folder.appending(path: "source"))
        let model = LargeModel(parameters: 1 << 29)
        let first = try model.write(to: store, scale: 0)
        let clock = ContinuousClock()
        let start = clock.now
        try await lab.members[0].coordinator.upload(first, from: store)
        report(
            "a model of \(model.byteCount >> 20) MiB up",
            "\(shown((clock.now - start) / .seconds(1))) s")

        let (layout, target) = try await lab.members[0].dataView(on: licences, readsFiles: false)
        let settings = BundleSettings(
            digest: try await lab.members[0].coordinator.upload(Array("no bundle".utf8)),
            name: "played", version: "1", config: [:], seed: 1, layout: layout, target: target)
        _ = try await lab.members[0].submit(
            ProposeJob(
                job: try BenchmarkLab.job(), model: try ModelID("bench"), purpose: "bench",
                licences: licences, trainer: settings.json,
                plan: JobPlan([.init(task: .train, rounds: 1)]), participantsMin: 2,
                roundTimeoutMilliseconds: 1_800_000, weights: first),
            until: .final)
        let rounds = try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, member) in played.enumerated() {
                let participant = try PlayedParticipant(session: member)
                let update = try model.write(to: store, scale: Float(number + 1))
                group.addTask { try await participant.run(update: update, from: store) }
            }
            let rounds = try await lab.roundsOfJob()
            group.cancelAll()
            return rounds
        }
        guard let round = rounds.last, let opened = round["opened"]?.integer,
            let ended = round["ended"]?.integer,
            let result = round["result"]?.string.flatMap(BlobDigest.init)
        else { throw Mistake("the round left no result") }
        report(
            "a round of two such updates, open to close",
            "\(shown(Double(ended - opened) / 1_000)) s")
        let downloads = try BlobStore(folder: lab.folder.appending(path: "target"))
        try await lab.members[0].coordinator.download(result, into: downloads)
        let isMean = try model.isMean(of: [1, 2], result, in: downloads)
        report("the result is the updates' mean", isMean ? "yes" : "NO")
        report(
            "coordinator's memory at its peak",
            "\(try lab.coordinatorPeakBytes() >> 20) MiB, "
                + (isLimited
                    ? "limited to \(Self.coordinatorBytesMax >> 20) MiB by the system, page cache and all"
                    : "not limited: no cgroup can be made here"))
        try await lab.tearDown()
        // Figures of a round that came to something else are figures of nothing.
        guard isMean else { throw Mistake("the result, \(result), is not the updates' mean") }
    }
}
