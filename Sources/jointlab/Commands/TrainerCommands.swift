import ArgumentParser
import Bundles
import Contracts
import Encodings
import Foundation
import Node
import Participation
import Sandbox
import Storage

/// `jointlab trainer …`
struct TrainerCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trainer",
        abstract: "Write trainers of your own, and let others' run on your data.",
        subcommands: [
            Pack.self, Check.self, Test.self, Show.self, Approve.self, List.self, Withdraw.self,
        ])

    struct Pack: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the archive of a bundle, and print its digest.")

        @Argument(help: "The bundle's folder.", completion: .directory)
        var folder: String

        @Option(help: "Where the archive goes; default: only the digest is printed.")
        var out: String?

        func run() throws {
            let archive = try BundleFolder.archive(of: URL(filePath: folder))
            if let out { try SyncedFile.replace(out, with: archive.bytes) }
            print(archive.digest)
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read a bundle as a node would, and load it in the sandbox of this machine.")

        @OptionGroup var home: HomeOptions

        @Argument(help: "The bundle's folder.", completion: .directory)
        var folder: String

        func run() async throws {
            let archive = try BundleFolder.archive(of: URL(filePath: folder))
            let greeting = try await BundleTrial(home.node.settings().trainers)
                .greeting(of: archive)
            print(
                """
                \(archive.manifest.name) \(archive.manifest.version) is fine: \
                \(archive.files.count) files, digest \(archive.digest)
                it loads on Python \(greeting.python) with jointlab \(greeting.package)
                """)
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Train a bundle at simulated sites, without a lab and without a sandbox.",
            discussion: """
                Runs `python -m jointlab.test` of the node's trainers.python; what stands after -- \
                goes there, as in: jointlab trainer test FOLDER -- --data a.csv b.csv --rounds 3
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "The bundle's folder.", completion: .directory)
        var folder: String

        @Argument(parsing: .postTerminator, help: "What python -m jointlab.test is told.")
        var arguments: [String] = []

        func run() throws {
            let settings = try home.node.settings().trainers
            guard let python = settings.python else {
                throw Mistake("set trainers.python in node.yaml to a Python interpreter")
            }
            let process = Process()
            process.executableURL = URL(filePath: python)
            process.arguments = ["-m", "jointlab.test", folder] + arguments
            if let package = settings.package {
                process.environment = ProcessInfo.processInfo.environment
                    .merging(["PYTHONPATH": package]) { $1 }
            }
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw CommandFailure.refused }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Show a bundle's manifest and files, and what changed since the last approved one."
        )

        @OptionGroup var bundle: BundleArgument

        @OptionGroup var output: OutputOptions

        @Option(help: "Print this file of the bundle.")
        var file: String?

        func run() async throws {
            let archive = try await bundle.archive()
            if let file {
                guard let contents = archive[file] else {
                    throw ValidationError("the bundle has no file \(file)")
                }
                let lines = String(decoding: contents, as: UTF8.self)
                    .split(separator: "\n", omittingEmptySubsequences: false)
                print(lines.map { String($0).onOneLine }.joined(separator: "\n"))
                return
            }
            let node = bundle.home.node
            let approvals = TrainerApprovals(of: node)
            let view = BundleView(
                archive: archive,
                isApproved: try BlobDigest(archive.digest).flatMap(approvals.inForce) != nil,
                earlier: try BlobDigest(archive.digest).flatMap {
                    try approvals.last(named: archive.manifest.name, but: $0)
                }, limitsMax: try node.settings().trainers.limitsMax)
            output.print(view.json, view.text)
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a bundle run on your data, in the sandbox and under your licences.",
            discussion: """
                Look at it first: jointlab trainer show DIGEST. A running node takes notice at its \
                next task.
                """)

        @OptionGroup var bundle: BundleArgument

        func run() async throws {
            let archive = try await bundle.archive()
            _ = try bundle.home.node.card()
            let approval = try TrainerApprovals(of: bundle.home.node)
                .approve(archive, at: MemberSession.now)
            print("\(approval.name) \(approval.version) (\(approval.digest)) is approved")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the bundles that this node has approved.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let answer: JSONValue = [
                "items": .array(try TrainerApprovals(of: home.node).all().map(\.json))
            ]
            let view = Listing(
                empty: "no bundles are approved",
                [
                    ("name", .left, { $0.shown("name") }),
                    ("version", .left, { $0.shown("version") }),
                    ("digest", .left, { $0.shown("digest") }),
                    ("approved", .left, { $0.shownTime("approved") }),
                    (
                        "status", .left,
                        { ($0["withdrawn"] ?? .null) == .null ? "approved" : "withdrawn" }
                    ),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct Withdraw: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a bundle run no more, from the next task on.")

        @OptionGroup var home: HomeOptions

        @Argument(help: "The bundle's digest.")
        var digest: String

        func run() throws {
            guard let digest = BlobDigest(digest) else {
                throw ValidationError("the digest should be 64 lower-case hexadecimal digits")
            }
            let approval = try TrainerApprovals(of: home.node)
                .withdraw(digest, at: MemberSession.now)
            print("\(approval.name) \(approval.version) (\(digest)) runs here no more")
        }
    }
}

/// A bundle in a folder, in an archive, or by the digest that a job names.
struct BundleArgument: ParsableArguments {
    @OptionGroup var home: HomeOptions

    @Argument(help: "A bundle's digest, its archive or its folder.")
    var bundle: String

    func archive() async throws -> BundleArchive {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: bundle, isDirectory: &isFolder) {
            let place = URL(filePath: bundle)
            return isFolder.boolValue
                ? try BundleFolder.archive(of: place)
                : try BundleArchive(parsing: Array(try Data(contentsOf: place)))
        }
        guard let digest = BlobDigest(bundle) else {
            throw ValidationError(
                "\(bundle) is neither a folder nor a file, nor a digest of 64 lower-case "
                    + "hexadecimal digits")
        }
        let approvals = TrainerApprovals(of: home.node)
        if try approvals.inForce(digest) != nil { return try approvals.archive(digest) }
        // What is downloaded has the digest, or is not taken.
        return try await MemberSession.with(home) { session in
            try BundleArchive(parsing: try await session.download(digest))
        }
    }
}

/// A bundle for the owner who decides on it.
struct BundleView {
    let archive: BundleArchive
    let isApproved: Bool
    /// What was approved under the same name before.
    let earlier: BundleArchive?
    let limitsMax: TrainerLimits

    var json: JSONValue {
        let manifest = archive.manifest
        var limits = JSONObject()
        for (name, value) in manifest.limits.capped(by: limitsMax).named {
            limits[name] = .integer(Int64(value))
        }
        return [
            "name": .string(manifest.name), "version": .string(manifest.version),
            "digest": .string(archive.digest), "approved": .bool(isApproved),
            "entry": .string(manifest.entry), "python": .string("\(manifest.python)"),
            "requirements": .array(
                manifest.requirements.map { .string("\($0.name)==\($0.version)") }),
            "limits": .object(limits),
            "files": .array(
                archive.files.map {
                    ["path": .string("\($0.path)"), "bytes": .integer(Int64($0.contents.count))]
                }),
            "earlier": earlier.map { .string($0.digest) },
            "changes": earlier.map {
                .string(BundleDifference(from: $0, to: archive).text)
            },
        ]
    }

    var text: String {
        let manifest = archive.manifest
        var lines = [
            "bundle        \(manifest.name) \(manifest.version)",
            "digest        \(archive.digest) (\(isApproved ? "approved" : "NOT approved"))",
            "description   \(manifest.summary.onOneLine)",
            "program       \(manifest.entry), a \(manifest.kind.rawValue), Python \(manifest.python)",
            "reads         \(manifest.inputKind.rawValue): "
                + (manifest.features.isEmpty
                    ? "all features of the job" : manifest.features.joined(separator: ", ")),
            "metrics       "
                + (manifest.metrics.isEmpty ? "any" : manifest.metrics.joined(separator: ", ")),
        ]
        for requirement in manifest.requirements {
            lines.append("requires      \(requirement.name) \(requirement.version)")
        }
        for (name, value) in manifest.limits.capped(by: limitsMax).named {
            lines.append("limit         \(name) = \(value)")
        }
        for excess in manifest.limits.excesses(over: limitsMax) {
            lines.append("cut down      \(excess)")
        }
        for file in archive.files {
            lines.append("file          \(file.path) (\(file.contents.count) bytes)")
        }
        guard let earlier else {
            return (lines + ["", "no other version of it was approved here"])
                .joined(separator: "\n")
        }
        let title = "changes since \(earlier.manifest.version) (\(earlier.digest)):"
        return (lines + ["", title, BundleDifference(from: earlier, to: archive).text])
            .joined(separator: "\n")
    }
}
