import ArgumentParser
import Contracts
import Coordinator
import Encodings
import Foundation
import Ledger
import MerkleLog
import Participation
import Storage
import Transport

/// `jointlab ledger …`
struct LedgerCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Look at the ledger, take receipts, check what is stored.",
        subcommands: [Entries.self, Receipt.self, State.self, Check.self])

    struct Entries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List entries with what became of them.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Option(help: "The first entry; default: the newest ones.")
        var from: UInt64?

        @Option(help: "How many.")
        var count = 30

        func run() async throws {
            let answer = try await MemberSession.with(home) {
                try await $0.get(
                    "/v1/entries", ["from": from.map(String.init), "count": "\(count)"])
            }
            let view = Listing(
                empty: "no entries",
                [
                    ("entry", .right, { $0.shown("index") }),
                    ("time", .left, { ($0["entry"] ?? .null).shownTime("time") }),
                    (
                        "what", .left,
                        { item in
                            item["receipt"]?["action"]?.string
                                ?? (item["entry"] ?? .null).shown("kind")
                        }
                    ),
                    ("by", .left, { ($0["receipt"] ?? .null).shown("by") }),
                    (
                        "outcome", .left,
                        { item in
                            let outcome = item["receipt"]?["outcome"] ?? .null
                            guard let applied = outcome["applied"]?.bool else { return "" }
                            return applied
                                ? "applied"
                                : "refused: \((outcome["refusal"] ?? .null).shown("code"))"
                        }
                    ),
                    ("stage", .left, { $0.shown("stage") }),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct Receipt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write an entry's receipt, which proves to anybody that it stands there.",
            discussion: "The file is a tlog-proof (c2sp.org/tlog-proof), verified offline.")

        @OptionGroup var home: HomeOptions

        @Argument(help: "The entry's index.")
        var entry: UInt64

        @Option(help: "Where to write it; default: standard output.", completion: .file())
        var out: String?

        func run() async throws {
            let proof = try await MemberSession.with(home) { session in
                try await session.coordinator.bytes("/v1/receipts/\(entry)")
            }
            if let out {
                try SyncedFile.replace(out, with: proof)
                print("the receipt of entry \(entry) is in \(out)")
            } else {
                print(String(decoding: proof, as: UTF8.self), terminator: "")
            }
        }
    }

    struct State: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a row of the authenticated state with its proof.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Argument(help: "The row's key, such as contract/l-1 or member/north-hospital.")
        var key: String

        func run() async throws {
            let answer = try await MemberSession.with(home) {
                try await $0.get("/v1/state", ["key": key])
            }
            output.print(answer, FieldList.text(answer))
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fsck",
            abstract: "Derive every tile, root and state from the stored entries again.",
            discussion: """
                Works on the folder of a node or a coordinator, running or not. Exit code 1: it \
                names the first difference.
                """)

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let path = home.folder.appending(path: "ledger.sqlite").path
            guard FileManager.default.fileExists(atPath: path) else {
                throw StorageError.unusable(path: path, problem: "there is no ledger here")
            }
            let database = try LedgerDatabase(path: path)
            let isCoordinator = FileManager.default.fileExists(
                atPath: home.coordinator.serviceKey.path)
            let result = try database.check(keepsEveryCheckpoint: isCoordinator)
            let size = Int64(clamping: result.entries)
            output.print(
                [
                    "entries": .integer(size), "tiles": .integer(Int64(result.tiles)),
                    "checkpoints": .integer(Int64(result.batches)),
                    "difference": result.difference.map { .string($0) } ?? .null,
                ],
                result.difference.map { "entry \(result.entries): \($0)" }
                    ?? "\(result.entries) entries, \(result.tiles) tiles and \(result.batches) "
                    + "checkpoints are what they should be")
            guard result.difference == nil else { throw CommandFailure.refused }
        }
    }
}
