import ArgumentParser
import Contracts
import Encodings
import Participation

/// `jointlab account …`
struct AccountCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Money in the lab: integers, double entry, nothing lost.",
        subcommands: [
            List.self, Statement.self, Transfer.self, Split.self, Redeem.self, Reverse.self,
            Holds.self, Hold.self, Capture.self, Release.self, RegisterCurrency.self, Issue.self,
            Fee.self, Limit.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the accounts that are not empty.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (answer, scales) = try await MemberSession.with(home) {
                (try await $0.get("/v1/accounts"), try await $0.scales())
            }
            let view = Listing(
                empty: "all accounts are empty",
                [
                    ("holder", .left, { $0.shown("holder") }),
                    ("balance", .right, { $0.shownMoney(scales) }),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct RegisterCurrency: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring a currency in, as its issuer.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "3 to 8 capital letters and digits, such as CNY.")
        var currency: CurrencyCode

        @Option(help: "What people call it.")
        var title: String

        @Option(help: "How many decimal places it has.")
        var scale = 2

        func run() async throws {
            try await submit.submit(
                Contracts.RegisterCurrency(currency: currency, title: title, scale: scale),
                "\(currency) is registered")
        }
    }

    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put money into a member's account, as the currency's issuer.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "How much, such as \"1000.00 CNY\".")
        var amount: MoneyArgument

        @Option(help: "Into whose account.")
        var to: MemberID

        func run() async throws {
            try await submit.submit("issued to \(to)") { session in
                IssueMoney(amount: try await session.money(amount), to: to)
            }
        }
    }

    struct Transfer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Pay another member.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "How much, such as \"12.50 CNY\".")
        var amount: MoneyArgument

        @Option(help: "Whom.")
        var to: MemberID

        func run() async throws {
            try await submit.submit("paid to \(to)") { session in
                TransferMoney(amount: try await session.money(amount), to: to)
            }
        }
    }
}

extension MemberSession {
    /// An amount from the command line in minor units.
    func money(_ amount: MoneyArgument) async throws -> Money {
        try amount.money(scale: await scale(of: amount.currency))
    }
}

extension CurrencyCode: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}
