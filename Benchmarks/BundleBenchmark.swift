import Bundles
import Encodings
import Foundation
import Sandbox
import Storage
import Tensors

/// What it costs that a trainer runs in a sandbox: its start, a call to a worker that stays, and
/// 40 MB of parameters in and out; beside a worker that is started anew for each call, and beside
/// two copies of these bytes.
enum BundleBenchmark {
    private static let parameters = 10_000_000

    static func measure() async throws {
        let support: SandboxSupport
        let python: PythonEnvironment
        do {
            support = try SandboxSupport.find(
                on: ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")
            python = try PythonEnvironment(executable: ReadyTrainer.python)
        } catch {
            report("not measured: \(error)", "")
            return
        }
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "jointlab-bundle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(ReadyTrainer.manifest.utf8).write(to: folder.appending(path: "jointlab.toml"))
        try Data(ReadyTrainer.program.utf8).write(to: folder.appending(path: "trainer.py"))
        let data = folder.appending(path: "data.csv")
        try Data("x\n1\n".utf8).write(to: data)
        let program = WorkerProgram(
            python: python, package: ReadyTrainer.package, bundle: folder,
            manifest: try BundleManifest(parsing: ReadyTrainer.manifest),
            datasets: [.init(name: "data.csv", source: data)], limits: TrainerLimits())

        let small = try Safetensors([Tensor(name: "w", vector: [Float](repeating: 1, count: 100))])
        let evaluate = WorkerCall(
            .evaluate, base: small.bytes, config: [:], seed: 1, data: "/data/data.csv")
        let anew = try await milliseconds(10) {
            let worker = try await ResidentWorker.start(program, in: support)
            _ = try await worker.call(evaluate)
            worker.stop()
        }
        show("worker started, called once and stopped", anew)

        let worker = try await ResidentWorker.start(program, in: support)
        show(
            "resident worker, evaluate, 100 parameters",
            try await milliseconds(2_000) { _ = try await worker.call(evaluate) })
        let fit = WorkerCall(.fit, base: small.bytes, config: [:], seed: 1, data: "/data/data.csv")
        show(
            "resident worker, fit, 100 parameters",
            try await milliseconds(2_000) { _ = try await worker.call(fit) })

        let large = try Safetensors([
            Tensor(name: "w", vector: [Float](repeating: 1, count: parameters))
        ]).bytes
        // As in a node: the model has come down, and lies in its store.
        let blobs = try BlobStore(folder: folder.appending(path: "blobs"))
        let stored = try blobs.open(blobs.write(large)).bytes
        let fitLarge = WorkerCall(.fit, base: stored, config: [:], seed: 1, data: "/data/data.csv")
        show(
            "resident worker, fit, 40 MB in and 40 MB out",
            try await milliseconds(40) { _ = try await worker.call(fitLarge) })
        var kept: [[UInt8]] = []
        let copies = try await milliseconds(40) {
            kept = [copy(of: large), copy(of: large)]
        }
        show("two copies of these 40 MB", copies)
        withExtendedLifetime(kept) {}
    }

    private static func copy(of bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            count = bytes.count
        }
    }

    private static func milliseconds(
        _ count: Int, _ body: () async throws -> Void
    ) async throws -> [Double] {
        try await body()
        let clock = ContinuousClock()
        var times: [Double] = []
        for _ in 0..<count {
            let start = clock.now
            try await body()
            times.append(seconds(clock.now - start) * 1_000)
        }
        return times
    }

    private static func show(_ name: String, _ times: [Double]) {
        report(
            name,
            "best \(shown(times.min() ?? .nan)) ms, p50 \(shown(percentile(times, 0.5))) ms, "
                + "p99 \(shown(percentile(times, 0.99))) ms")
    }
}
