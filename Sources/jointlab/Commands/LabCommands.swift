import ArgumentParser
import ContractFiles
import ContractLibrary
import Contracts
import Encodings
import Foundation
import Identity
import LabAPI
import Ledger
import Node
import Participation
import Storage

/// `jointlab lab …`
struct LabCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Found a lab, and show what it is.",
        subcommands: [Found.self, Show.self, Card.self, QuorumTable.self])

    struct Found: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign the first entry of a new lab, and print the lab's card.",
            discussion: """
                The member in --home is the founder. Give the card to the coordinator \
                (`jointlab coordinator found`) and to everybody who is to join.
                """)

        @OptionGroup var home: HomeOptions

        @Option(help: "What people call the lab.")
        var title: String

        @Option(help: "What machines call its log, such as example.org/tumours.")
        var origin: String

        @Option(
            help: "The coordinator's public keys, from `jointlab coordinator init`.",
            completion: .file())
        var coordinatorKeys: String

        @Option(help: "The URL under which members reach the coordinator.")
        var coordinatorURL: String

        @Option(
            help: "A YAML file with the lab's rules; what it leaves out keeps its default.",
            completion: .file())
        var rules: String?

        @Option(
            help: "A contract document to govern the lab; default: the library's `constitution`.",
            completion: .file())
        var constitution: String?

        @Option(help: "Where to write the card, instead of printing it.", completion: .file())
        var out: String?

        func run() throws {
            guard let origin = LabOrigin(base: origin) else {
                throw ValidationError(
                    "--origin should be a name like example.org/tumours, in a-z 0-9 . - _ and /")
            }
            let founder = try home.node.card()
            let card = try Founding(
                title: title, origin: origin, coordinator: try Self.keys(coordinatorKeys),
                coordinatorURL: coordinatorURL,
                constitution: try constitution.map { try PublishableDocument(path: $0).document }
                    ?? LibraryDocument.constitution.published(),
                rules: try rules.map(Self.rules) ?? Rules(), founder: founder,
                key: try KeyFile.read(home.node.signingKey)
            ).card(at: MemberSession.now)
            try home.node.write(card)
            let text = card.json.indentedText + "\n"
            if let out {
                try SyncedFile.replace(out, with: Array(text.utf8))
                print("the lab is \(card.lab); its card is in \(out)")
            } else {
                print(text, terminator: "")
            }
        }

        private static func keys(_ path: String) throws -> CoordinatorKeys {
            do {
                let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
                var fields = try JSONFields(try JSONValue(parsing: bytes))
                return try CoordinatorKeys(&fields)
            } catch {
                throw StorageError.unusable(path: path, problem: "\(error)")
            }
        }

        private static func rules(_ path: String) throws -> Rules {
            do {
                let text = try String(contentsOfFile: path, encoding: .utf8)
                return try Rules(JSONValue(yaml: text))
            } catch {
                throw StorageError.unusable(path: path, problem: "\(error)")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the lab: rules, quorum, and how far the ledger is.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let lab = try await MemberSession.with(home) { try await $0.get("/v1/lab") }
            output.print(lab, LabView.text(lab))
        }
    }

    struct Card: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the lab's card, to be given to somebody who is to join.")

        @OptionGroup var home: HomeOptions

        func run() throws {
            print(try home.node.lab().json.indentedText)
        }
    }

    struct QuorumTable: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "quorum",
            abstract: "Say what a quorum is worth: with how many liars and absentees.")

        @Option(help: "How many members cosign.")
        var members: Int

        @Option(help: "A quorum to judge; default: a table of all that make sense.")
        var needed: Int?

        @OptionGroup var output: OutputOptions

        func run() throws {
            guard (1...1_000).contains(members) else {
                throw ValidationError("--members should be from 1 to 1000")
            }
            let candidates = needed.map { [$0] } ?? Array(members / 2 + 1...members)
            let quorums = try candidates.map { needed in
                guard let quorum = Quorum(members: members, needed: needed) else {
                    throw ValidationError(
                        "\(needed) of \(members) is no quorum: two groups of \(needed) need not "
                            + "share a member, so the ledger could fork; take at least "
                            + "\(members / 2 + 1), and at most \(members)")
                }
                return quorum
            }
            let standard = Quorum(members: members, faults: .third)
            var grid = TextGrid([
                .init("quorum"), .init("safe with liars up to", .right),
                .init("live with absent up to", .right), .init(""),
            ])
            for quorum in quorums {
                grid.add([
                    "\(quorum.needed) of \(quorum.members)", "\(quorum.safeWithLiars)",
                    "\(quorum.liveWithAbsent)", quorum == standard ? "default" : "",
                ])
            }
            output.print(["items": .array(quorums.map(\.json))], grid.text)
        }
    }
}

/// A lab, for people.
enum LabView {
    static func text(_ lab: JSONValue) -> String {
        let ledger = lab["ledger"] ?? .null
        let rules = lab["rules"] ?? .null
        func share(_ key: String) -> String {
            let fraction = rules[key]?["moreThan"]?.array?.compactMap(\.integer) ?? []
            return fraction.count == 2 ? "more than \(fraction[0])/\(fraction[1])" : "-"
        }
        let isStopped = lab["stage"]?.string.map { $0 != "in-force" } ?? false
        let notice =
            isStopped
            ? [
                "STOPPED by its members: no job starts, no round opens; see `jointlab proposal list`"
            ]
            : []
        var lines =
            notice + [
                "\(lab.shown("title"))", "lab        \(lab.shown("lab"))",
                "log        \(lab.shown("origin"))", "founded    \(lab.shownTime("founded"))",
                "members    \(lab.shown("members")) active",
                "ledger     \(ledger.shown("sequenced")) sequenced, \(ledger.shown("certified")) "
                    + "certified, \(ledger.shown("final")) final",
            ]
        for quorum in lab["quorums"]?.array ?? [] {
            lines.append(
                "quorum     \(quorum.shown("needed")) of \(quorum.shown("members")): safe with up to "
                    + "\(quorum.shown("safeWithLiars")) liars, live with up to "
                    + "\(quorum.shown("liveWithAbsent")) absent")
        }
        lines += [
            "votes      admission \(share("admission")), suspension \(share("suspension")), "
                + "amendment \(share("amendment"))",
            "rounds     at least \(rules.shown("participantsMin")) participants; a release needs "
                + "\(rules.shown("validationsMin")) validations",
        ]
        return lines.joined(separator: "\n")
    }
}

extension JSONValue {
    /// Reads YAML of the kind that JSON has: mappings, lists, texts, numbers, true and false.
    ///
    /// - Throws: `YAMLTextError` with line and column.
    init(yaml text: String) throws {
        self = try YAMLText(text).value
    }
}
