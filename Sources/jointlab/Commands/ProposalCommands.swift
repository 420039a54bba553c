import ArgumentParser
import Contracts
import Encodings
import Foundation
import Participation
import Storage
import Transport

/// `jointlab proposal …`
struct ProposalCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proposal",
        abstract:
            "Decide together: admissions, suspensions, issuers, rules, court orders, an emergency stop.",
        subcommands: [
            List.self, Vote.self, Suspend.self, Reinstate.self, Appoint.self, Dismiss.self,
            Stop.self, Resume.self, Amend.self, Freeze.self, Unfreeze.self, ChangeCoordinator.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List proposals and their votes.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let answer = try await MemberSession.with(home) { try await $0.get("/v1/proposals") }
            func votes(_ item: JSONValue, _ approves: Bool) -> String {
                let names = (item["votes"]?.array ?? []).filter {
                    $0["approves"]?.bool == approves
                }.compactMap { $0["member"]?.string }
                return names.isEmpty ? "-" : names.joined(separator: " ")
            }
            let view = Listing(
                empty: "no proposals",
                [
                    ("proposal", .left, { $0.shown("proposal") }),
                    (
                        "change", .left,
                        {
                            let change = $0["change"] ?? .null
                            return change.shown("kind")
                                + ((change["member"] ?? change["contract"]).map {
                                    " \($0.string ?? "")"
                                } ?? "")
                        }
                    ),
                    ("by", .left, { $0.shown("by") }),
                    ("yes", .left, { votes($0, true) }), ("no", .left, { votes($0, false) }),
                    ("closes", .left, { $0.shownTime("closes") }),
                    ("status", .left, { $0.shown("status") }),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct Vote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Vote on a proposal.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The proposal, such as p-3.")
        var proposal: ProposalID

        @Flag(exclusivity: .exclusive, help: "How to vote.")
        var answer: Answer

        enum Answer: String, EnumerableFlag {
            case yes, no
        }

        func run() async throws {
            try await MemberSession.with(submit.home) { session in
                let receipt = try await session.submit(
                    CastVote(proposal: proposal, approves: answer == .yes), until: submit.wait)
                let rows = try await session.coordinator.get("/v1/proposals")["items"]?.array ?? []
                let row = rows.first { $0["proposal"]?.string == proposal.text } ?? .null
                submit.output.print(
                    receipt,
                    SubmitOptions.text(
                        receipt,
                        "voted \(answer.rawValue) on \(proposal), which is \(row.shown("status")) now"
                    ))
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose to suspend a member, for instance because its key was stolen.")

        @OptionGroup var submit: SubmitOptions

        @Argument var member: MemberID

        func run() async throws {
            try await submit.submit(
                OpenProposal(change: .suspend(member)),
                "proposed to suspend \(member); see `jointlab proposal list`")
        }
    }

    struct Reinstate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose to let a suspended member back.")

        @OptionGroup var submit: SubmitOptions

        @Argument var member: MemberID

        @Option(
            help: "The member's card with new keys, if the old ones were stolen.",
            completion: .file())
        var card: String?

        func run() async throws {
            let keys = try card.map { path -> MemberKeys in
                do {
                    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
                    var fields = try JSONFields(try JSONValue(parsing: bytes))
                    return try MemberCard(&fields).keys
                } catch {
                    throw StorageError.unusable(path: path, problem: "\(error)")
                }
            }
            try await submit.submit(
                OpenProposal(change: .reinstate(member, keys: keys)),
                "proposed to let \(member) back; see `jointlab proposal list`")
        }
    }

    struct Appoint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose to make a member an issuer of money.")

        @OptionGroup var submit: SubmitOptions
        @Argument var member: MemberID

        func run() async throws {
            try await submit.submit(
                OpenProposal(change: .appoint(member)),
                "proposed to appoint \(member); see `jointlab proposal list`")
        }
    }

    struct Dismiss: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose that a member issues no more money; what it has issued remains.")

        @OptionGroup var submit: SubmitOptions
        @Argument var member: MemberID

        func run() async throws {
            try await submit.submit(
                OpenProposal(change: .dismiss(member)),
                "proposed to dismiss \(member); see `jointlab proposal list`")
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Propose an emergency stop: no job starts, no round opens, no node opens its data.")

        @OptionGroup var submit: SubmitOptions

        @Option(help: "Why; it stands on the ledger.")
        var reason: String

        func run() async throws {
            try await submit.submit(
                OpenProposal(change: .stop(reason: reason)),
                "proposed to stop the lab; vote with `jointlab proposal vote`")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose to end an emergency stop.")

        @OptionGroup var submit: SubmitOptions

        @Option(help: "Why; it stands on the ledger.")
        var reason: String

        func run() async throws {
            try await submit.submit(
                OpenProposal(change: .resume(reason: reason)),
                "proposed to resume; vote with `jointlab proposal vote`")
        }
    }

    struct Amend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose other rules for the lab, or another constitution.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "A YAML file with all the rules.", completion: .file())
        var rules: String

        @Option(
            help: "A contract document to take the constitution's place.", completion: .file())
        var constitution: String?

        func run() async throws {
            let new: Rules
            do {
                new = try Rules(
                    JSONValue(yaml: try String(contentsOfFile: rules, encoding: .utf8)))
            } catch {
                throw StorageError.unusable(path: rules, problem: "\(error)")
            }
            guard let constitution else {
                try await submit.submit(
                    OpenProposal(change: .amend(new)),
                    "proposed new rules; see `jointlab proposal list`")
                return
            }
            let publishable = try PublishableDocument(path: constitution)
            try await MemberSession.with(submit.home) { session in
                for text in publishable.prose { try await session.store(text) }
            }
            try await submit.submit(
                OpenProposal(change: .replaceConstitution(publishable.document, new)),
                "proposed another constitution; see `jointlab proposal list`")
        }
    }
}
