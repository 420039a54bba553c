import ArgumentParser
import Foundation
import Learning
import Transport

/// `jointlab quickstart`
struct QuickstartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quickstart",
        abstract: "See a whole lab run on this machine, from its founding to its audit.",
        discussion: """
            A coordinator and a node for each member run as processes of their own, with real keys, \
            on loopback. Three hospitals train a model of tumours together, a fourth validates it, \
            one withdraws its licence, a forged task is refused, and the ledger is audited.

            --data takes a folder of your own with one CSV file for each institution, at least three; \
            the last one by name validates.
            """)

    @Option(
        help: "A folder with one CSV file for each institution; default: the shipped example.",
        completion: .directory)
    var data: String?

    @Option(help: "The column to predict, by name or number; needed with --data.")
    var label: String?

    @Option(help: "Which of its values are the positive class: M, or yes,maybe, or >0.")
    var positive: String?

    @Option(help: "How many rounds of training.")
    var rounds = 20

    @OptionGroup var training: DescentOptions

    @Flag(help: "Leave the lab running at the end, until Ctrl-C, and say how to look around.")
    var keep = false

    @Option(help: "The coordinator's port; default: a free one.")
    var port = 0

    @Option(
        help: "Where to put the lab's folders; default: a temporary one, removed at the end.",
        completion: .directory)
    var directory: String?

    func validate() throws {
        guard (1...10_000).contains(rounds) else {
            throw ValidationError("--rounds should be from 1 to 10000")
        }
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port should be from 0 to 65535")
        }
        if data != nil, label == nil {
            throw ValidationError("name the column to predict with --label")
        }
    }

    func run() async throws {
        let story = QuickstartStory(
            data: try dataset(), training: try training.configuration, rounds: rounds, port: port,
            keep: keep, folder: try folder(), removesFolder: directory == nil && !keep)
        let work = Task { try await story.run() }
        let interrupts = Self.onInterrupt { work.cancel() }
        defer { interrupts.forEach { $0.cancel() } }
        do {
            try await work.value
        } catch is CancellationError {
            say("\nstopped; everything is cleaned up")
            throw ExitCode(130)
        }
    }

    private func dataset() throws -> QuickstartData {
        let positive = try positive.map { text in
            guard let positive = PositiveClass(parsing: text) else {
                throw ValidationError("--positive should be like M, or yes,maybe, or >0")
            }
            return positive
        }
        if let data, let label {
            return try QuickstartData(folder: data, label: label, positive: positive)
        }
        guard let example = Self.example() else {
            throw ValidationError(
                "cannot find Examples/breast-cancer; run this in the project's folder, or name your "
                    + "own with --data and --label")
        }
        return try QuickstartData(folder: example, label: "diagnosis", positive: .values(["M"]))
    }

    /// The shipped example: below the working folder, or above the program's own.
    private static func example() -> String? {
        var folders = [URL(fileURLWithPath: FileManager.default.currentDirectoryPath)]
        var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        while folder.path != "/" {
            folder = folder.deletingLastPathComponent()
            folders.append(folder)
        }
        return folders.map { $0.appending(path: "Examples/breast-cancer").path }.first {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    private func folder() throws -> URL {
        if let directory {
            let url = URL(fileURLWithPath: directory).absoluteURL
            let contents = try? FileManager.default.contentsOfDirectory(atPath: url.path)
            guard contents?.isEmpty ?? true else {
                throw ValidationError("\(directory) is not empty; name a new folder")
            }
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            return url
        }
        let url = FileManager.default.temporaryDirectory.appending(
            path: "jointlab-quickstart-\(UUID().uuidString.prefix(8).lowercased())")
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return url
    }

    private static func onInterrupt(_ stop: @escaping @Sendable () -> Void)
        -> [any DispatchSourceSignal]
    {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler(handler: stop)
            source.resume()
            return source
        }
    }
}
