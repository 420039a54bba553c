import ArgumentParser
import Audit
import Contracts
import Coordinator
import Encodings
import Foundation
import Ledger
import MerkleLog
import Node
import Storage

/// `jointlab audit …`
struct AuditCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Export the ledger, and verify an export offline, trusting nobody.",
        subcommands: [Export.self, Verify.self, Policy.self])

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the ledger out, from the folder of a node or a coordinator.")

        @OptionGroup var home: HomeOptions

        @Argument(help: "A new folder.", completion: .directory)
        var folder: String

        @Option(
            help: """
                What to take along: none, models (registered weights), or all (also the \
                contributions, so that the sums of rounds can be checked).
                """)
        var blobs: AuditExport.Blobs = .models

        func run() throws {
            let path = home.folder.appending(path: "ledger.sqlite").path
            guard FileManager.default.fileExists(atPath: path) else {
                throw StorageError.unusable(path: path, problem: "there is no ledger here")
            }
            let summary = try AuditExport.write(
                try LedgerDatabase(path: path),
                blobs: BlobStore(readingFolder: home.node.blobs), include: blobs,
                to: URL(fileURLWithPath: folder))
            print(
                "\(summary.entries) entries, \(summary.tiles) tiles and \(summary.blobs) blobs are in "
                    + folder)
            if summary.missingBlobs > 0 {
                print(
                    "\(summary.missingBlobs) blobs are not here; the coordinator's folder has them")
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify an exported ledger. Needs no network and no other file.",
            discussion: """
                Checks every file, signature, contract decision, state root, quorum and sum. Exit \
                code 0 only if all of it holds; a failure names the entry and the rule.
                """)

        @Argument(help: "The exported folder.", completion: .directory)
        var folder: String

        @Option(
            help: """
                The trust policy, from somebody you trust (`jointlab audit policy`). Without it, \
                the export's own is used, which only shows that the export agrees with itself.
                """, completion: .file())
        var policy: String?

        @Option(help: "The lab that it should be.")
        var lab: String?

        @Flag(help: "Fail also where something was not exported and could not be checked.")
        var complete = false

        @OptionGroup var output: OutputOptions

        func run() throws {
            let trust = try policy.map { path in
                do {
                    return try TrustPolicy(
                        parsing: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
                } catch {
                    throw StorageError.unusable(path: path, problem: "\(error)")
                }
            }
            let lab = try lab.map { text in
                guard let lab = LabID(text) else {
                    throw ValidationError("--lab should be 64 hexadecimal digits")
                }
                return lab
            }
            guard FileManager.default.fileExists(atPath: folder) else {
                throw StorageError.unusable(path: folder, problem: "there is no such folder")
            }
            let report = AuditVerifier.verify(
                URL(fileURLWithPath: folder), policy: trust, lab: lab)
            output.print(report.json, AuditView.text(report))
            guard report.holds, report.isComplete || !complete else {
                throw CommandFailure.refused
            }
        }
    }

    struct Policy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the trust policy that the lab's present members make.",
            discussion: """
                From the member's own node's ledger, which it has verified: what an auditor takes \
                along as its trust anchor (c2sp.org/tlog-policy).
                """)

        @OptionGroup var home: HomeOptions

        func run() throws {
            let path = home.folder.appending(path: "ledger.sqlite").path
            guard FileManager.default.fileExists(atPath: path),
                let replica = try LedgerDatabase(path: path).replay()
            else { throw StorageError.unusable(path: path, problem: "there is no ledger here") }
            print(
                String(decoding: try TrustPolicy(of: replica.state).text, as: UTF8.self),
                terminator: "")
        }
    }
}

extension AuditExport.Blobs: ExpressibleByArgument {}

/// An audit's report, for people.
enum AuditView {
    static func text(_ report: AuditReport) -> String {
        var lines: [String] = []
        if let lab = report.lab { lines.append("lab        \(lab)") }
        if let root = report.root {
            lines.append("checkpoint size \(report.size), root \(root)")
        }
        if !report.cosigners.isEmpty {
            lines.append("cosigned   by \(report.cosigners.joined(separator: ", "))")
        }
        var grid = TextGrid([.init("checked"), .init("", .right), .init("not exported", .right)])
        for check in report.checks {
            grid.add([
                check.name, "\(check.count)", check.unchecked == 0 ? "" : "\(check.unchecked)",
            ])
        }
        lines += grid.lines
        if report.policyIsOwn {
            lines.append(
                "note: the policy came with the export; give --policy to know who vouches for it")
        }
        for finding in report.findings {
            lines.append("FAILED     \(finding)")
        }
        let verdict =
            report.isComplete ? "all of it holds" : "what was exported holds, and is not all"
        lines.append(report.holds ? verdict : "NOT verified")
        return lines.joined(separator: "\n")
    }
}
