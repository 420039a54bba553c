import ArgumentParser
import Contracts
import Participation

extension ProposalCommands {
    struct Freeze: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose to stop a contract and its parts, as a court orders.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The licence, or another contract.")
        var contract: ContractID

        @Option(help: "The order; it stands on the ledger.")
        var reason: String

        func run() async throws {
            try await submit.submit(
                OpenProposal(change: .freeze(contract, reason: reason)),
                "proposed to freeze \(contract); see `jointlab proposal list`")
        }
    }

    struct Unfreeze: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose to let a frozen contract go on.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The licence, or another contract.")
        var contract: ContractID

        @Option(help: "Why; it stands on the ledger.")
        var reason: String

        func run() async throws {
            try await submit.submit(
                OpenProposal(change: .unfreeze(contract, reason: reason)),
                "proposed to unfreeze \(contract); see `jointlab proposal list`")
        }
    }
}
