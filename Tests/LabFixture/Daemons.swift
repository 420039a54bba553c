package import Encodings
package import Foundation
import Glibc
import Synchronization

/// Daemons in a temporary folder, each with a home and a log there, and commands that work on those
/// homes. Nothing of it is left when ``end()`` has been called.
package final class Daemons: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    package let folder: URL
    private let running = Mutex<[String: ChildProcess]>([:])

    package init() throws {
        folder = URL(fileURLWithPath: NSTemporaryDirectory())
            .appending(path: "jointlab-test-\(UUID().uuidString.prefix(8).lowercased())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// A port that nobody listens on, outside the range from which systems number connections.
    package static func freePort() throws -> Int {
        for _ in 0..<1_000 {
            let port = UInt16.random(in: 20_000..<32_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if bound == 0 { return Int(port) }
        }
        throw Failure(description: "no port is free")
    }

    package func home(_ name: String) -> URL { folder.appending(path: name) }

    /// Runs a command on a home, and expects it to work.
    @discardableResult
    package func command(_ name: String, _ arguments: String...) async throws -> Program.Outcome {
        try await command(name, arguments)
    }

    @discardableResult
    package func command(_ name: String, _ arguments: [String]) async throws -> Program.Outcome {
        let outcome = try await Program.run(arguments + ["--home", home(name).path])
        guard outcome.code == 0 else { throw Failure(description: outcome.all) }
        return outcome
    }

    // MARK: - Processes

    /// Starts a daemon on its home, and waits until it listens.
    package func start(_ name: String, _ arguments: [String]) async throws {
        let home = home(name)
        let address = home.appending(path: "address")
        try? FileManager.default.removeItem(at: address)
        let process = try ChildProcess(
            Program.path,
            arguments + ["--home", home.path, "--until-input-closes", "--log-form", "json"],
            environment: Program.environment(), output: log(name).path, errors: log(name).path)
        running.withLock { $0[name] = process }
        try await eventually("\(name) says where it listens") {
            if process.ended != nil { return true }
            return FileManager.default.fileExists(atPath: address.path)
        }
        if let end = process.ended { throw Failure(description: "\(name) ended with \(end)") }
    }

    package func isRunning(_ name: String) -> Bool {
        running.withLock { $0[name] }.map { $0.ended == nil } ?? false
    }

    /// The most memory that a daemon has had at a time since it started, in bytes.
    ///
    /// - Throws: Where it is not running.
    package func peakBytes(_ name: String) throws -> Int {
        let id = running.withLock { $0[name]?.id }
        let status = try String(
            contentsOfFile: "/proc/\(id.map(String.init) ?? name)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard
            let kibibytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
        else { throw Failure(description: "\(name) has no VmHWM in its status") }
        return kibibytes << 10
    }

    /// `kill -9`.
    package func kill(_ name: String) {
        running.withLock { $0.removeValue(forKey: name) }?.kill()
    }

    /// Stops its clock: its connections stay, and nothing comes of them. ``thaw(_:)`` lets it go on.
    package func freeze(_ name: String) { running.withLock { $0[name] }?.send(SIGSTOP) }

    package func thaw(_ name: String) { running.withLock { $0[name] }?.send(SIGCONT) }

    /// Asks a daemon to stop, and waits.
    ///
    /// - Throws: Where it ends otherwise than well.
    package func stop(_ name: String) async throws {
        guard let process = running.withLock({ $0.removeValue(forKey: name) }) else {
            throw Failure(description: "\(name) is not running")
        }
        process.send(SIGTERM)
        let end = try await process.waitForEnd()
        guard end == .exited(0) else {
            throw Failure(description: "\(name) ended with \(end) when it was asked to stop")
        }
    }

    /// Stops all of them, the one that was named last.
    package func stopAll(last: String) async throws {
        let names = running.withLock { Array($0.keys) }
        for name in names.sorted(by: { $1 == last && $0 != $1 }) { try await stop(name) }
    }

    /// Kills what runs, and removes the folder.
    ///
    /// - Throws: ``Failure`` where a process is left that is none of the daemons.
    package func end() throws {
        let left = running.withLock { running in
            defer { running = [:] }
            return Array(running.values)
        }
        for process in left { process.kill() }
        // The kernel ends the children of what was killed, and takes a moment for it.
        var orphans = Program.processes(mentioning: folder.path)
        for _ in 0..<200 where !orphans.isEmpty {
            usleep(50_000)
            orphans = Program.processes(mentioning: folder.path)
        }
        try? FileManager.default.removeItem(at: folder)
        guard orphans.isEmpty else {
            throw Failure(description: "processes were left behind: \(orphans)")
        }
    }

    // MARK: - Logs

    package func log(_ name: String) -> URL {
        folder.appending(path: "\(name).log")
    }

    /// What a daemon has logged, over all its lives.
    package func events(_ name: String) -> [JSONValue] {
        let text = (try? String(contentsOf: log(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }

    package func hasLogged(_ name: String, _ event: String) -> Bool {
        events(name).contains { $0["event"]?.string == event }
    }

    /// The ends of all logs, for a failed test's message.
    package var lastWords: String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".log") }.sorted().map { name in
            let file = folder.appending(path: name)
            let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n").suffix(6).map { $0.prefix(400) }
            return "--- \(name)\n" + lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
