import ArgumentParser
import Contracts
import Encodings
import Foundation
import Participation
import Storage

extension ProposalCommands {
    struct ChangeCoordinator: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "epoch",
            abstract: "Propose that another coordinator takes over, with keys of its own.",
            discussion: """
                From the batch that decides on, the old coordinator's keys count for nothing: copy its \
                folder to the new one with `jointlab coordinator take-over`, and start that.
                """)

        @OptionGroup var submit: SubmitOptions

        @Argument(
            help: "The new coordinator's card, from `jointlab coordinator card`.",
            completion: .file())
        var card: String

        func run() async throws {
            let coordinator = try Self.card(card)
            try await submit.submit(
                OpenProposal(change: .changeCoordinator(coordinator)),
                "proposed another coordinator; see `jointlab proposal list`")
        }

        private static func card(_ path: String) throws -> CoordinatorCard {
            do {
                let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
                var fields = try JSONFields(try JSONValue(parsing: bytes))
                let card = try CoordinatorCard(&fields)
                try fields.finish()
                return card
            } catch {
                throw StorageError.unusable(path: path, problem: "\(error)")
            }
        }
    }
}
