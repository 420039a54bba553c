import ArgumentParser
import Contracts
import Participation

extension MarketCommands {
    struct Divide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Divide a part of the quotas off, as a contract of its own.",
            discussion: """
                The part counts as used in the contract that it came from. What it leaves unused does \
                not come back, unless nothing of it was used: see `jointlab market merge`.
                """)

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The licence, or another contract.")
        var contract: ContractID

        @Argument(help: "What the part is called.")
        var part: ContractID

        @Option(
            name: .customLong("limit"),
            help:
                "TERM=NUMBER: the part's own limit, such as maxRounds=10; one for each term that is divided."
        )
        var limits: [String]

        func run() async throws {
            try await submit.submit(
                DivideToken(contract: contract, part: part, limits: try Quotas.parse(limits)),
                "\(part) is divided off from \(contract)")
        }
    }

    struct Merge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a part that nothing was used of back into what it came from.")

        @OptionGroup var submit: SubmitOptions
        @Argument var part: ContractID

        func run() async throws {
            try await submit.submit(MergeToken(part: part), "\(part) is merged")
        }
    }
}
