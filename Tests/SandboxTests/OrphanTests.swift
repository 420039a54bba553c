import Foundation
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

/// The processes of a sandbox, as the machine sees them.
enum SandboxedProcesses {
    /// Those of the sandboxes that were given this path, with bubblewrap itself.
    static func named(_ path: String) -> [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var found = all.compactMap { pid_t($0) }.filter { process in
            let words = (FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data())
                .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.first?.hasSuffix("bwrap") == true && words.contains(path)
        }
        var open = found
        while let process = open.popLast() {
            let below = children(of: process).filter { !found.contains($0) }
            found += below
            open += below
        }
        return found
    }

    /// Whether all have ended, soon at least: the kernel takes a moment for it.
    static func areGone(_ processes: [pid_t]) async -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while clock.now < end {
            if processes.allSatisfy(isGone) { return true }
            await Task.yield()
        }
        return false
    }

    private static func isGone(_ process: pid_t) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        else {
            return true
        }
        // One that has ended, and that nobody has asked for how.
        return text.contains(") Z ") || text.contains(") X ")
    }

    private static func children(of process: pid_t) -> [pid_t] {
        let threads =
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return threads.flatMap { thread in
            ((try? String(
                contentsOfFile: "/proc/\(process)/task/\(thread)/children", encoding: .utf8))
                ?? "").split(separator: " ").compactMap { pid_t($0) }
        }
    }
}
