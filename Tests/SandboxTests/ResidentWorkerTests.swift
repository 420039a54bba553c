import Bundles
import Encodings
import Foundation
import Sandbox
import Tensors
import Testing

@Suite(.enabled(if: TestSandbox.isThere, TestSandbox.whatIsMissing), .timeLimit(.minutes(3)))
struct ResidentWorkerTests {
    @Test(
        "An update is trained minus base, with weight and metrics, call after call in one process")
    func fit() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        for _ in 0..<3 {
            let result = try await worker.call(TestSandbox.fit("add_one"))
            let tensors = try Safetensors(parsing: try #require(result.tensors?.bytes))
            #expect(tensors["w"]?.float32 == [1, 1, 1])
            #expect(tensors["b"]?.float64 == [1, 1])
            #expect(result.weight == 2)
            #expect(result.metrics == ["loss": 0.5])
        }
        #expect(!worker.hasEnded)
    }

    @Test("An update stays as it is while later ones come, and after the worker has gone")
    func keptUpdates() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        var kept: [ReturnedTensors] = []
        for by in 1...4 {
            kept.append(
                try #require(
                    try await worker.call(TestSandbox.fit("add", ["by": .integer(Int64(by))]))
                        .tensors))
            if by == 3 { kept.remove(at: 1) }
        }
        worker.stop()
        let found = try kept.map { try Safetensors(parsing: $0.bytes)["w"]?.float32 }
        #expect(found == [[1, 1, 1], [3, 3, 3], [4, 4, 4]])
    }

    @Test("Initial weights, an evaluation and predictions come back")
    func otherTasks() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        let initial = try await worker.call(
            WorkerCall(.initial, base: nil, config: [:], seed: 1, data: nil))
        #expect(try Safetensors(parsing: try #require(initial.tensors?.bytes))["w"]?.shape == [3])
        let judged = try await worker.call(
            WorkerCall(
                .evaluate, base: TestSandbox.base, config: [:], seed: 1, data: "/data/table.csv"))
        #expect(judged.tensors == nil)
        #expect(judged.metrics == ["accuracy": 1])
        let predicted = try await worker.call(
            WorkerCall(
                .predict, base: TestSandbox.base, config: [:], seed: 1, data: "/data/table.csv"))
        let rows = try Safetensors(parsing: try #require(predicted.tensors?.bytes))["predictions"]
        #expect(rows?.float32 == [1, 3])
    }

    @Test("What the trainer prints and how far it is, the owner is told")
    func events() async throws {
        let data = try TestData()
        let events = Events()
        let worker = try await TestSandbox.start(data: data.table) { events.append($0) }
        _ = try await worker.call(TestSandbox.fit("say"))
        #expect(events.all.contains(.progress(0.5, "half")))
        // The log is another pipe, and may come after the answer; by the next one it is here.
        _ = try await worker.call(TestSandbox.fit("add_one"))
        #expect(events.all.contains(.log("to the log")))
    }

    @Test("The scratch folder can be written, and other programs be run")
    func allowed() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        _ = try await worker.call(TestSandbox.fit("scratch"))
        #expect(try await worker.call(TestSandbox.fit("subprocess")).metrics == ["answer": 42])
    }

    @Test("A worker that was stopped, or whose call was cancelled, answers no more")
    func stopped() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        let call = Task { try await worker.call(TestSandbox.fit("hang")) }
        call.cancel()
        await #expect(throws: SandboxFailure.stopped) { try await call.value }
        await #expect(throws: SandboxFailure.stopped) {
            try await worker.call(TestSandbox.fit("add_one"))
        }
    }

    @Test("A model that is larger than the worker was made for is refused, and the worker stays")
    func inputTooLarge() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table, inputBytes: 64)
        await #expect(throws: SandboxFailure.limit(.inputBytes, allowed: 64)) {
            try await worker.call(TestSandbox.fit("add_one"))
        }
        #expect(!worker.hasEnded)
    }

    @Test("A bundle that does not load says why")
    func doesNotLoad() async throws {
        let data = try TestData()
        let folder = data.folder.appending(path: "broken")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let manifest = TestSandbox.bundles.appending(path: "hostile/jointlab.toml")
        try FileManager.default.copyItem(at: manifest, to: folder.appending(path: "jointlab.toml"))
        try Data("import torch_that_is_not_there\n".utf8).write(
            to: folder.appending(path: "trainer.py"))
        await #expect {
            _ = try await TestSandbox.start("broken", folder: data.folder, data: data.table)
        } throws: { error in
            guard case .trainer("ModuleNotFoundError", let message)? = error as? SandboxFailure
            else {
                return false
            }
            return message.contains("torch_that_is_not_there")
                && message.contains("trainer.py, line 1")
        }
    }

    @Test("A requirement that is not installed, and data that is not there, are named")
    func environment() async throws {
        let data = try TestData()
        let folder = data.folder.appending(path: "wanting")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let manifest = """
            name = "wanting"
            version = "1"
            [program]
            entry = "a:B"
            python = "3.11"
            [[requirements]]
            name = "numpy"
            version = "1.0.0"
            sha256 = ["\(String(repeating: "0", count: 64))"]
            [inputs]
            """
        try Data(manifest.utf8).write(to: folder.appending(path: "jointlab.toml"))
        await #expect {
            _ = try await TestSandbox.start("wanting", folder: data.folder, data: data.table)
        } throws: { "\($0)".contains("needs numpy 1.0.0, and ") }
        await #expect {
            _ = try await TestSandbox.start(data: data.folder.appending(path: "none.csv"))
        } throws: { "\($0)".contains("none.csv is not there") }
    }

    @Test(
        "A node that runs as root says which data a trainer without rights could not read",
        .enabled(if: geteuid() == 0, "only root has the difficulty"))
    func rootOnly() async throws {
        let data = try TestData()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: data.table.path)
        await #expect {
            _ = try await TestSandbox.start(data: data.table)
        } throws: { error in
            "\(error)".contains("run the node as a user of its own, or make it readable")
        }
    }
}
