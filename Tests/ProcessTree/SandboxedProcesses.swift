package import Foundation

/// The processes of a sandbox, as the machine sees them.
package enum SandboxedProcesses {
    /// Those of the sandboxes that were given this path, or something in it, with bubblewrap itself.
    package static func named(_ path: String) -> [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var found = all.compactMap { pid_t($0) }.filter { process in
            let words = (FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data())
                .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.first?.hasSuffix("bwrap") == true && words.contains { $0.hasPrefix(path) }
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
    package static func areGone(_ processes: [pid_t]) async -> Bool {
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
