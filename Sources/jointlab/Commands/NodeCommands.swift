import ArgumentParser
import Contracts
import Encodings
import Foundation
import LabAPI
import Node
import Participation
import Storage
import Transport

/// `jointlab node …`
struct NodeCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Run a member's node: it holds the keys and the data, verifies and trains.",
        subcommands: [
            Init.self, Join.self, Run.self, Status.self, Pending.self, Approve.self, Refuse.self,
            RulesCommands.self, Failures.self, ClearAlarm.self,
        ])

    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a member's folder and keys, and print its card.")

        @OptionGroup var home: HomeOptions

        @Option(help: "What the lab will call the member: lower-case letters, digits, hyphens.")
        var member: MemberID

        @Option(help: "The institution's name.")
        var title: String

        @Option(help: "What it brings: \(PartnerCategory.names).")
        var category: PartnerCategory

        @Option(
            name: .customLong("role"),
            help: "What it will do (repeat for several): \(Role.names).")
        var roles: [Role] = []

        func run() throws {
            do {
                let card = try home.node.prepare(
                    member: member, title: title, category: category, roles: roles)
                print(card.json.indentedText)
            } catch let error as JSONShapeError {
                throw ValidationError("--\(error)")
            }
        }
    }

    struct Join: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell the node which lab it belongs to.",
            discussion: """
                The card holds the lab's first entry, which everything else follows from. Take it \
                from somebody you trust, and compare the lab's identifier with them.
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "The lab's card, from `jointlab lab found` or `jointlab lab card`.")
        var card: String

        func run() throws {
            _ = try home.node.card()
            let card = try LabCard(readingFile: card)
            if let known = try? home.node.lab(), known.lab != card.lab {
                throw ValidationError("this node belongs to the lab \(known.lab) already")
            }
            try home.node.write(card)
            print("joined the lab \(card.lab)\nnext: jointlab node run, then jointlab member apply")
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the node until it is stopped.",
            discussion: """
                The node dials out to the coordinator and opens no port to others; it answers its \
                own member on this machine. Settings come from node.yaml in the folder, the \
                environment and these flags, each over the one before.
                """)

        @OptionGroup var home: HomeOptions
        @OptionGroup var daemon: DaemonOptions

        @Option(help: "The coordinator's URL, if it is another than the lab's card says.")
        var coordinator: String?

        @Option(help: "PEM file with the certificate authority to trust.", completion: .file())
        var certificateAuthority: String?

        @Option(help: "Refuse to train on fewer rows than this, where rules.yaml does not say.")
        var rowsMin: Int?

        func run() async throws {
            var flags = daemon.flags
            flags["coordinator"] = coordinator
            flags["certificate-authority"] = certificateAuthority
            flags["rows-min"] = rowsMin.map(String.init)
            _ = try home.node.card()
            try await Daemon.runNode(
                home: home.node, settings: home.node.settings(flags: flags),
                untilInputCloses: daemon.untilInputCloses)
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Show the running node's height, lag, stage, quorum and alarms, the owner's rules, and "
                + "what was declined.",
            discussion: """
                Exit code 0: all is well. 3: the node has caught the coordinator breaking the rules \
                and signs nothing any more. 4: the coordinator is not in touch. 69: the node is not \
                running.
                """)

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let status = try await home.runningNode("/v1/status")
            output.print(status, NodeStatusView.text(status))
            if status["halted"]?.object != nil { throw CommandFailure.halted }
            if status["connected"]?.bool != true { throw CommandFailure.notInTouch }
        }
    }

    struct ClearAlarm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a halted node go on, after the case has been settled.",
            discussion: """
                The evidence stays in the folder's evidence/. The node goes on from the last entry \
                it verified; if the coordinator still serves another history, it halts again.
                """)

        @OptionGroup var home: HomeOptions

        @Flag(help: "Say that the evidence has been looked at.")
        var evidenceSeen = false

        func run() async throws {
            guard evidenceSeen else {
                throw ValidationError(
                    "look at \(home.node.evidence.path) first, then add --evidence-seen")
            }
            let lock = try FolderLock(home.folder)
            let database = try LedgerDatabase(path: home.node.ledger.path)
            try await database.set(.evidence, to: nil)
            try database.close()
            withExtendedLifetime(lock) {}
            print("cleared; start the node again")
        }
    }
}

/// The status of a node, for people.
enum NodeStatusView {
    static func text(_ status: JSONValue) -> String {
        let ledger = status["ledger"] ?? .null
        var lines = [
            "member       \(status.shown("member"))",
            "lab          \(status.shownShort("lab", 16))…",
            "coordinator  \(status.shown("coordinator")) "
                + (status["connected"]?.bool == true ? "(in touch)" : "(NOT in touch)"),
            "ledger       \(ledger.shown("sequenced")) sequenced, \(ledger.shown("certified")) "
                + "certified, \(ledger.shown("final")) final; behind by \(status.shown("lag"))",
            "cosigned     \(status.shown("cosigned"))"
                + (status["cosigner"]?.bool == true ? "" : " (not a cosigner)"),
        ]
        for quorum in status["quorums"]?.array ?? [] {
            lines.append(
                "quorum       \(quorum.shown("needed")) of \(quorum.shown("members")): safe with up "
                    + "to \(quorum.shown("safeWithLiars")) liars, live with up to "
                    + "\(quorum.shown("liveWithAbsent")) absent")
        }
        lines.append("datasets     \(status.shown("datasets"))")
        if let relay = status["relay"], relay.object != nil { lines += RelayView.lines(relay) }
        for problem in status["datasetProblems"]?.array ?? [] {
            let name = problem.shown("dataset")
            lines.append("UNUSABLE     \(name): \(problem.shown("problem"))")
            if let drifted = problem["drifted"]?.array {
                let columns = drifted.compactMap(\.string).joined(separator: ", ")
                lines.append(
                    "             moved: \(columns.isEmpty ? "no column to speak of" : columns); "
                        + "`jointlab dataset drift \(name)` shows how")
            }
        }
        if let halted = status["halted"], halted.object != nil {
            lines.append("HALTED       \(halted.shown("code")): \(halted.shown("problem"))")
        }
        for alarm in status["alarms"]?.array ?? [] {
            lines.append(
                "alarm        \(alarm.shownTime("last")) ×\(alarm.shown("count")) "
                    + "\(alarm.shown("code")): \(alarm.shown("problem"))")
        }
        lines += owner(status)
        return lines.joined(separator: "\n")
    }
}

extension NodeStatusView {
    /// The owner's rules, what waits for a decision, what was declined, and what trainers did wrong.
    private static func owner(_ status: JSONValue) -> [String] {
        let rules = status["rules"] ?? .null
        var lines: [String] = []
        switch rules["standing"]?.string {
        case "in force":
            lines.append("rules        \(rules.shown("file")): jointlab node rules show")
        case "unreadable":
            lines.append("RULES        every task is declined: \(rules.shown("problem"))")
        default: lines.append("rules        none of your own")
        }
        for request in status["requests"]?.array ?? [] where request["code"] != nil {
            let title = request["awaited"] == .bool(true) ? "PENDING      " : "held back    "
            lines.append("\(title)\(request.shown("job")): \(request.shown("code"))")
        }
        for declined in status["declined"]?.array ?? [] {
            lines.append(
                "declined     \(declined.shownTime("last")) ×\(declined.shown("count")) "
                    + declined.shown("code"))
        }
        let failures = status["trainerFailures"] ?? .array([])
        guard failures.array?.isEmpty == false else { return lines }
        return lines + ["", "what trainers did wrong:", FailureTable.text(["items": failures])]
    }
}

extension PartnerCategory: ExpressibleByArgument {
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Role: ExpressibleByArgument {
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
