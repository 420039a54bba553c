package import Foundation

/// The daemons of a quickstart, each a process of its own.
///
/// Each child holds the reading end of a pipe as its standard input and ends when the pipe does, so
/// that none outlives this process, however it ends.
package final class LabProcesses {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    private struct Child {
        let name: String
        let process: Process
        let input: Pipe
        let home: URL
    }

    private static let startSeconds = 20.0
    private static let stopSeconds = 5.0
    private let binary: URL
    private var children: [Child] = []

    /// - Parameter binary: The `jointlab` program; by default the one that runs.
    package init(binary: URL? = nil) {
        self.binary =
            binary ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    }

    /// Starts a daemon, and waits until it says where it listens.
    ///
    /// - Returns: The address.
    /// - Throws: ``Failure`` with what the daemon said, where it does not come up.
    package func start(_ name: String, _ arguments: [String], home: URL) async throws -> String {
        let address = home.appending(path: "address")
        try? FileManager.default.removeItem(at: address)
        let log = home.appending(path: "log.jsonl")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)

        let process = Process()
        let input = Pipe()
        process.executableURL = binary
        process.arguments =
            arguments + ["--home", home.path, "--until-input-closes", "--log-form", "json"]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        children.append(Child(name: name, process: process, input: input, home: home))

        let deadline = Date(timeIntervalSinceNow: Self.startSeconds)
        while Date() < deadline {
            if let text = try? String(contentsOf: address, encoding: .utf8) {
                return text.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            guard process.isRunning else {
                throw Failure(description: "\(name) did not start: \(Self.lastWords(log))")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure(
            description:
                "\(name) does not answer after \(Int(Self.startSeconds)) s; see \(log.path)")
    }

    private static func lastWords(_ log: URL) -> String {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        let plain = text.split(separator: "\n").filter { !$0.hasPrefix("{") }
        let words = plain.isEmpty ? text.split(separator: "\n").suffix(1) : plain
        return words.map { $0.replacing("jointlab: ", with: "") }.joined(separator: "\n")
    }

    /// Stops all of them, politely first.
    package func stopAll() {
        for child in children where child.process.isRunning {
            child.process.terminate()
        }
        let deadline = Date(timeIntervalSinceNow: Self.stopSeconds)
        for child in children {
            while child.process.isRunning, Date() < deadline { usleep(5_000) }
            if child.process.isRunning { kill(child.process.processIdentifier, SIGKILL) }
            try? child.input.fileHandleForWriting.close()
        }
        children = []
    }

    package var count: Int { children.count }

    /// The number that the system knows a daemon by.
    package func id(of name: String) -> Int32? {
        children.first { $0.name == name }?.process.processIdentifier
    }
}
