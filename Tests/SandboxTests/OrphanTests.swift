import Foundation
import ProcessTree
import Sandbox
import Testing

@Suite(.enabled(if: TestSandbox.isThere, TestSandbox.whatIsMissing), .timeLimit(.minutes(3)))
struct OrphanTests {
    @Test("What a trainer leaves behind ends with its worker")
    func stopped() async throws {
        let data = try TestData()
        let worker = try await TestSandbox.start(data: data.table)
        _ = try await worker.call(TestSandbox.fit("leave_children"))
        let processes = SandboxedProcesses.named(data.table.path)
        // Bubblewrap twice, the worker, three children.
        #expect(processes.count >= 6)
        worker.stop()
        #expect(await SandboxedProcesses.areGone(processes))
    }

    @Test("A worker that nobody holds any more ends")
    func released() async throws {
        let data = try TestData()
        var worker: ResidentWorker? = try await TestSandbox.start(data: data.table)
        _ = try await worker?.call(TestSandbox.fit("leave_children"))
        let processes = SandboxedProcesses.named(data.table.path)
        #expect(processes.count >= 6)
        worker = nil
        #expect(await SandboxedProcesses.areGone(processes))
    }

    @Test("A node that is killed in the middle of a fit leaves no process behind")
    func killed() async throws {
        let data = try TestData()
        let path = data.table.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let events = Events()
            let worker = try await TestSandbox.start(data: URL(filePath: path)) {
                events.append($0)
            }
            _ = try await worker.call(TestSandbox.fit("leave_children"))
            let fit = Task { try await worker.call(TestSandbox.fit("say_and_hang")) }
            while events.all.isEmpty { await Task.yield() }
            let processes = SandboxedProcesses.named(path).map(String.init).joined(separator: " ")
            try Data(processes.utf8).write(to: URL(filePath: path + ".pids"))
            kill(getpid(), SIGKILL)
            _ = try await fit.value
        }
        let text = try String(contentsOfFile: path + ".pids", encoding: .utf8)
        let processes = text.split(separator: " ").compactMap { pid_t($0) }
        #expect(processes.count >= 6)
        #expect(await SandboxedProcesses.areGone(processes))
    }
}
