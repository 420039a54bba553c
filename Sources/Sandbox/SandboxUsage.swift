import Foundation

/// What the processes of a sandbox use at a moment.
package struct SandboxUsage: Hashable, Sendable {
    /// Since they began, with that of their children that have ended.
    package var cpuSeconds: Double = 0
    package var memoryBytes: Int = 0
    /// Processes and threads.
    package var processes: Int = 0

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    private static let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// - Parameter monitor: Bubblewrap outside the sandbox; its child is the first process within,
    ///   which is bubblewrap too and counts for its time alone.
    init(below monitor: pid_t) {
        var members: [pid_t] = []
        for first in Self.children(of: monitor) {
            if let times = Self.statistics(of: first) { cpuSeconds += times.cpuSeconds }
            var open = Self.children(of: first)
            while let process = open.popLast(), members.count < 100_000 {
                members.append(process)
                open += Self.children(of: process)
            }
        }
        for process in members {
            guard let statistics = Self.statistics(of: process) else { continue }
            cpuSeconds += statistics.cpuSeconds
            processes += statistics.threads
            memoryBytes += statistics.residentBytes
        }
        self.members = members
    }

    private var members: [pid_t] = []

    /// The memory with pages that several processes share counted once, which takes longer.
    var exactMemoryBytes: Int {
        members.reduce(0) { sum, process in
            let text = Self.contents(of: "/proc/\(process)/smaps_rollup")
            let pss = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }
                .flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }
            return sum
                + (pss.map { $0 * 1_024 } ?? Self.statistics(of: process)?.residentBytes ?? 0)
        }
    }

    private struct Statistics {
        let cpuSeconds: Double
        let threads: Int
        let residentBytes: Int
    }

    /// From `/proc/PID/stat`, proc(5): fields 14 to 17, 20 and 24.
    private static func statistics(of process: pid_t) -> Statistics? {
        let text = contents(of: "/proc/\(process)/stat")
        // The program's name stands in parentheses, and may hold spaces and parentheses.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        func field(_ number: Int) -> Int {
            fields.count > number - 3 ? Int(fields[number - 3]) ?? 0 : 0
        }
        let ticks = field(14) + field(15) + field(16) + field(17)
        return Statistics(
            cpuSeconds: Double(ticks) / ticksPerSecond, threads: field(20),
            residentBytes: field(24) * pageBytes)
    }

    static func children(of process: pid_t) -> [pid_t] {
        let threads =
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return threads.flatMap { thread in
            contents(of: "/proc/\(process)/task/\(thread)/children").split(separator: " ")
                .compactMap { pid_t($0) }
        }
    }

    private static func contents(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk.prefix(count)
        }
    }
}
