package import Encodings
import Foundation
import Glibc

/// The program under test, as a user has it: a file beside the test runner.
package enum Program {
    /// What a command printed, and how it ended.
    package struct Outcome: Sendable {
        package let arguments: [String]
        package let code: Int32
        package let output: String
        package let errors: String

        /// Everything, for a failed test's message.
        package var all: String {
            "jointlab \(arguments.joined(separator: " ")): exit code \(code)\n\(output)\(errors)"
        }

        /// - Throws: Where the output is not JSON.
        package var json: JSONValue {
            get throws { try JSONValue(parsing: Array(output.utf8)) }
        }
    }

    package static let path: String = {
        let runner = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return runner.deletingLastPathComponent().appending(path: "jointlab").path
    }()

    /// The program's environment: nothing of ours but where things are.
    package static func environment(_ more: [String: String] = [:]) -> [String: String] {
        let ours = ProcessInfo.processInfo.environment.filter {
            ["PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH"].contains($0.key)
        }
        return ours.merging(["HOME": "/nonexistent"]) { $1 }.merging(more) { $1 }
    }

    /// Runs a command to its end.
    ///
    /// - Parameter while: Is called with the running process, and the file that it prints to.
    package static func run(
        _ arguments: [String], environment more: [String: String] = [:], folder: String? = nil,
        leadsGroup: Bool = false, within limit: Duration = .seconds(120),
        while body: (_ process: ChildProcess, _ output: String) async throws -> Void = { _, _ in }
    ) async throws -> Outcome {
        let files = URL(fileURLWithPath: NSTemporaryDirectory())
            .appending(path: "jointlab-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: files) }
        let output = files.appending(path: "output").path
        let errors = files.appending(path: "errors").path
        let process = try ChildProcess(
            path, arguments, environment: environment(more), output: output, errors: errors,
            folder: folder, leadsGroup: leadsGroup)
        defer { if leadsGroup { process.sendToGroup(SIGKILL) } }
        try await body(process, output)
        let end = try await process.waitForEnd(within: limit)
        let code: Int32 =
            switch end {
            case .exited(let code): code
            case .killed(let signal): 128 + signal
            }
        return Outcome(
            arguments: arguments, code: code,
            output: (try? String(contentsOfFile: output, encoding: .utf8)) ?? "",
            errors: (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")
    }

    /// The running processes that have something in their command line, such as a lab's folder.
    package static func processes(mentioning text: String) -> [String] {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return folders.filter { Int32($0) != nil && $0 != "\(getpid())" }.compactMap { id in
            guard let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else {
                return nil
            }
            let words = String(decoding: line, as: UTF8.self).replacing("\0", with: " ")
            return words.contains(text) ? "\(id): \(words)" : nil
        }
    }
}
