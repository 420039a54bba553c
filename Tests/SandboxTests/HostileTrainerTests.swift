import Bundles
import Encodings
import Foundation
import Sandbox
import Tensors
import Testing

/// A trainer that tries to get out, to use up the machine, or to return what it must not: each
/// attempt has its own failure.
@Suite(.enabled(if: TestSandbox.isThere, TestSandbox.whatIsMissing), .timeLimit(.minutes(5)))
struct HostileTrainerTests {
    @Test("Nothing outside can be read, written or reached")
    func lookAround() async throws {
        let data = try TestData()
        let secret = data.folder.appending(path: "secret")
        try Data("secret".utf8).write(to: secret)
        let listener = try Listeners(in: data.folder)
        setenv("JOINTLAB_TEST_SECRET", "1", 1)
        let events = Events()
        let worker = try await TestSandbox.start(data: data.table) { events.append($0) }
        let result = try await worker.call(
            TestSandbox.fit(
                "look_around",
                [
                    "secret": .string(secret.path), "other": "/data/other.csv",
                    "pid": .integer(Int64(getpid())), "port": .integer(Int64(listener.port)),
                    "socket": .string(listener.path), "abstract": .string(listener.name),
                ]))
        var reached = result.metrics
        // Bubblewrap, and the worker; standard streams, two memories and their maps, two pipes, the
        // listing itself.
        let processes = try #require(reached["processes"])
        #expect(processes <= 2)
        let descriptors = try #require(reached["descriptors"])
        #expect(descriptors <= 10)
        (reached["processes"], reached["descriptors"]) = (nil, nil)
        #expect(reached.count == 32)
        for (name, value) in reached { #expect(value == 0, "\(name): \(events.all)") }
    }

    @Test(
        "What uses more than it may is ended, and the limit named",
        arguments: [
            ("fork_bomb", SandboxFailure.Limit.processes), ("threads", .processes),
            ("burn", .cpuSeconds), ("burn_in_children", .cpuSeconds), ("hang", .wallSeconds),
            ("eat_memory_in_children", .memoryBytes), ("many_files", .scratchFiles),
            ("print_much", .logBytes), ("progress_much", .logBytes),
        ])
    func limits(attempt: String, limit: SandboxFailure.Limit) async throws {
        let data = try TestData()
        var limits = TestSandbox.limits
        switch limit {
        case .cpuSeconds: limits.cpuSeconds = 1
        // The start counts too, and a busy machine takes its time over it.
        case .wallSeconds: limits.wallSeconds = 15
        case .scratchFiles: limits.scratchBytes = 1 << 30
        default: break
        }
        let worker = try await TestSandbox.start(data: data.table, limits: limits)
        let error = await #expect(throws: SandboxFailure.self) {
            try await worker.call(TestSandbox.fit(attempt))
        }
        #expect(error?.code == "sandbox.\(limit.rawValue)", "\(String(describing: error))")
        #expect(worker.hasEnded)
    }

    @Test("Ten gigabytes of memory are refused by the kernel, and the worker stays")
    func memory() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        await #expect(throws: SandboxFailure.limit(.memoryBytes, allowed: 256 << 20)) {
            try await worker.call(TestSandbox.fit("eat_memory"))
        }
        #expect(!worker.hasEnded)
    }

    @Test("A scratch folder that is full is the trainer's own error")
    func scratch() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        let error = await #expect(throws: SandboxFailure.self) {
            try await worker.call(TestSandbox.fit("fill_scratch"))
        }
        guard case .trainer("OSError", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A program that ends or crashes is reported with its code or signal, and its last words")
    func ends() async throws {
        let data = try TestData()
        var worker = try await TestSandbox.start(data: data.table)
        var error = await #expect(throws: SandboxFailure.self) {
            try await worker.call(TestSandbox.fit("exit"))
        }
        guard case .exit(3, let log)? = error, log.contains("last words") else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.plain == "the trainer's program ended with exit code 3")
        worker = try await TestSandbox.start(data: data.table)
        error = await #expect(throws: SandboxFailure.self) {
            try await worker.call(TestSandbox.fit("crash"))
        }
        guard case .signal(SIGSEGV, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("An exception's text is for the data's owner alone")
    func exception() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        let error = await #expect(throws: SandboxFailure.self) {
            try await worker.call(TestSandbox.fit("exception"))
        }
        #expect(error?.code == "trainer.exception")
        #expect(
            error?.description.contains("ValueError: the row of Alice (trainer.py, line ") == true)
        #expect(error?.plain.contains("Alice") == false)
        #expect(!worker.hasEnded)
    }

    @Test(
        "A wrong result is refused for what is wrong with it, and the worker stays",
        arguments: [
            ("nan", "update.not_finite"), ("infinite", "update.not_finite"),
            ("wrong_shape", "update.wrong_shape"), ("wrong_type", "update.wrong_type"),
            ("integers", "update.wrong_type"), ("one_missing", "update.missing_tensor"),
            ("one_more", "update.unexpected_tensor"), ("nothing", "update.nothing"),
            ("no_tensors", "update.nothing"), ("not_fitted", "trainer.exception"),
            ("nan_metric", "update.wrong_metric"), ("telling_metric", "update.wrong_metric"),
            ("negative_weight", "update.wrong_weight"), ("the_data", "sandbox.output"),
        ])
    func wrongResult(attempt: String, code: String) async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        let error = await #expect(throws: SandboxFailure.self) {
            try await worker.call(TestSandbox.fit(attempt))
        }
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(error?.plain.contains("rows") != true)
        _ = try await worker.call(TestSandbox.fit("add_one"))
    }

    @Test(
        "A trainer that writes messages of its own is ended",
        arguments: [
            ("garbage", "sandbox.protocol"), ("long_message", "sandbox.protocol"),
            ("answer_twice", "sandbox.protocol"),
        ])
    func ownMessages(attempt: String, code: String) async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        let error = await #expect(throws: SandboxFailure.self) {
            try await worker.call(TestSandbox.fit(attempt, ["call": 1]))
        }
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(worker.hasEnded)
    }

    @Test(
        "A file of its own in the shared memory is held to the canonical form and the limit",
        arguments: [("forged_header", "update.malformed"), ("too_many_bytes", "sandbox.output")])
    func ownFile(attempt: String, code: String) async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        let error = await #expect(throws: SandboxFailure.self) {
            try await worker.call(TestSandbox.fit(attempt, ["call": 1]))
        }
        #expect(error?.code == code, "\(String(describing: error))")
    }

    @Test("A trainer that writes on after its answer changes nothing that was accepted")
    func writesOn() async throws {
        let data = try TestData()
        let base = try Safetensors([
            Tensor(name: "w", vector: [Float](repeating: 1, count: 200_000))
        ]).bytes
        func call(_ value: JSONValue) -> WorkerCall {
            WorkerCall(
                .fit, base: base, config: ["do": "write_on", "value": value], seed: 7,
                data: "/data/table.csv")
        }
        let worker = try await TestSandbox.start(data: data.table)
        var kept: [(ReturnedTensors, [UInt8])] = []
        for value in 5...8 {
            let tensors = try #require(
                try await worker.call(call(.integer(Int64(value)))).tensors)
            kept.append((tensors, tensors.bytes))
        }
        for (tensors, bytes) in kept {
            #expect(tensors.bytes == bytes)
            let found = try Safetensors(parsing: bytes)["w"]?.float32 ?? []
            #expect(found.count == 200_000)
            // Trained minus base, or what a child had written before it was looked at.
            #expect(found.allSatisfy { [1, 4, 5, 6, 7].contains($0) })
            #expect(found.last == 1)
        }
    }

    @Test("A child that the trainer forgot answers nothing in its stead")
    func forgottenChild() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        for _ in 0..<3 { _ = try await worker.call(TestSandbox.fit("forget_child")) }
    }
}

/// What the host offers on its own network and sockets.
private final class Listeners {
    let port: UInt16
    let path: String
    let name = "jointlab-\(UUID().uuidString)"
    private var descriptors: [Int32] = []

    init(in folder: URL) throws {
        let tcp = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(tcp, $0, length) == 0 && listen(tcp, 1) == 0
                    && getsockname(tcp, $0, &length) == 0
            }
        }
        try #require(bound)
        port = UInt16(bigEndian: address.sin_port)
        path = folder.appending(path: "socket").path
        descriptors = [
            tcp, try Self.local(path, isAbstract: false), try Self.local(name, isAbstract: true),
        ]
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    private static func local(_ name: String, isAbstract: Bool) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = (isAbstract ? [0] : []) + Array(name.utf8)
        try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1))
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
            }
        }
        try #require(bound)
        return descriptor
    }
}
