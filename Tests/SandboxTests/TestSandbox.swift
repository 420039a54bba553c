import Bundles
import Encodings
import Foundation
import Sandbox
import Synchronization
import Tensors
import Testing

/// What the tests of this target run in: bubblewrap, the Python of `scripts/setup-python`, the
/// package in `Python/src`.
enum TestSandbox {
    static let isThere = support != nil && python != nil
    static let whatIsMissing: Comment =
        "needs bubblewrap (scripts/setup) and .python (scripts/setup-python)"

    private static let support = try? SandboxSupport.find(
        on: ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")
    static let python = try? PythonEnvironment(
        executable: root.appending(path: ".python/bin/python3"))

    /// The package's folder; the variable says it to tests that were copied elsewhere.
    static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["JOINTLAB_ROOT"] {
            return URL(filePath: path)
        }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }()

    static let bundles = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Bundles")

    /// Small, so that what breaks them does so soon.
    static let limits = TrainerLimits(
        cpuSeconds: 20, memoryBytes: 256 << 20, wallSeconds: 60, processes: 16,
        scratchBytes: 4 << 20, outputBytes: 1 << 20, logBytes: 64 << 10)

    static func start(
        _ bundle: String = "hostile", folder: URL = bundles, data: URL,
        at name: String = "table.csv",
        limits: TrainerLimits = limits,
        inputBytes: Int = 1 << 20, onEvent: @escaping @Sendable (WorkerEvent) -> Void = { _ in }
    ) async throws -> ResidentWorker {
        let folder = folder.appending(path: bundle)
        let program = WorkerProgram(
            python: try #require(python), package: root.appending(path: "Python/src"),
            bundle: folder, manifest: try BundleFolder.archive(of: folder).manifest,
            datasets: [.init(name: name, source: data)], limits: limits,
            inputBytes: inputBytes)
        return try await ResidentWorker.start(program, in: try #require(support), onEvent: onEvent)
    }

    static let base: [UInt8] = {
        let tensors = [
            Tensor(name: "w", vector: [Float](repeating: 1, count: 3)),
            Tensor(name: "b", vector: [1.0, 2.0]),
        ]
        return (try? Safetensors(tensors).bytes) ?? []
    }()

    static func fit(_ attempt: String, _ more: [String: JSONValue] = [:]) -> WorkerCall {
        var config = JSONObject()
        config["do"] = .string(attempt)
        for (key, value) in more { config[key] = value }
        return WorkerCall(
            .fit, base: base, config: .object(config), seed: 7, data: "/data/table.csv")
    }
}

/// Data of a site in a folder that goes when the test ends.
final class TestData {
    let folder: URL
    let table: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "jointlab-\(UUID().uuidString)")
        table = folder.appending(path: "table.csv")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("a,b,y\n1,2,0\n3,4,1\n".utf8).write(to: table)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}

/// What a worker told, as it came.
final class Events: Sendable {
    private let events = Mutex<[WorkerEvent]>([])

    func append(_ event: WorkerEvent) { events.withLock { $0.append(event) } }
    var all: [WorkerEvent] { events.withLock(\.self) }
}
