import ArgumentParser
import Contracts
import Encodings
import Foundation
import Identity
import LabAPI
import Node
import Participation
import Storage

/// `jointlab member …`
struct MemberCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member",
        abstract: "Invite, apply, and see who belongs to the lab.",
        subcommands: [
            Invite.self, Apply.self, List.self, Applications.self, RotateKeys.self, Leave.self,
        ])

    struct Invite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask an institution in; the invitation is your vote once it applies.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "What the lab will call it.")
        var member: MemberID

        @Option(help: "The institution's name.")
        var title: String

        @Option(help: "Until when, \(MomentArgument.help).")
        var expires = MomentArgument(inDays: 30)

        func run() async throws {
            try await submit.submit(
                InviteMember(member: member, title: title, expires: expires.timestamp),
                "\(member) is invited until \(expires.timestamp)")
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask to become a member; the members vote.",
            discussion: "Run the node first: once admitted, it counts in the quorum.")

        @OptionGroup var submit: SubmitOptions

        func run() async throws {
            let card = try submit.home.node.card()
            try await submit.submit(
                ApplyForMembership(card: card), "\(card.member) has applied; the members vote now")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the members.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let answer = try await MemberSession.with(home) {
                try await $0.presence("/v1/members")
            }
            let view = Listing(
                empty: "no members",
                [
                    ("member", .left, { $0.shown("member") }),
                    ("title", .left, { $0.shown("title") }),
                    ("brings", .left, { $0.shown("category") }),
                    ("roles", .left, { $0.shown("roles") }),
                    ("status", .left, { $0.shown("status") }),
                    ("since", .left, { $0.shownTime("since") }),
                    ("node", .left, { $0["connected"]?.bool.map { $0 ? "up" : "down" } ?? "-" }),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct Applications: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List who has applied, and what became of it.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let answer = try await MemberSession.with(home) {
                try await $0.presence("/v1/applications")
            }
            let view = Listing(
                empty: "no applications",
                [
                    ("member", .left, { ($0["card"] ?? .null).shown("member") }),
                    ("title", .left, { ($0["card"] ?? .null).shown("title") }),
                    ("roles", .left, { ($0["card"] ?? .null).shown("roles") }),
                    ("invited by", .left, { $0.shown("sponsor") }),
                    ("proposal", .left, { $0.shown("proposal") }),
                    ("status", .left, { $0.shown("status") }),
                    ("node", .left, { $0["connected"]?.bool.map { $0 ? "up" : "down" } ?? "-" }),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct RotateKeys: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace the member's keys by new ones.",
            discussion: """
                Stop the node before, and start it after: it goes on signing with the old cosigner \
                key too until the change has been certified.
                """)

        @OptionGroup var submit: SubmitOptions

        func run() async throws {
            let home = submit.home.node
            let lock = try FolderLock(home.folder)
            let rotation = try KeyRotation(home: home)
            let sequenced = try await MemberSession.with(submit.home) {
                try await rotation.submit(through: $0)
            }
            try rotation.finish()
            withExtendedLifetime(lock) {}
            // The old key asks for nothing any more.
            let receipt = try await MemberSession.with(submit.home) {
                try await $0.wait(for: sequenced, until: submit.wait)
            }
            submit.output.print(
                receipt,
                SubmitOptions.text(receipt, "the keys are replaced") + "\nstart the node again")
        }
    }

    struct Leave: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Leave the lab.")

        @OptionGroup var submit: SubmitOptions

        @Flag(help: "Say that it is meant: nobody can undo it.")
        var forGood = false

        func run() async throws {
            guard forGood else {
                throw ValidationError("leaving cannot be undone; add --for-good")
            }
            try await submit.submit(LeaveLab(), "the member has left")
        }
    }
}
