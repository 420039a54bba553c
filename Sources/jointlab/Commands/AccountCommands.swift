import ArgumentParser
import Contracts
import Encodings
import Participation

/// `jointlab account …`
struct AccountCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Money in the lab: integers, double entry, nothing lost.",
        subcommands: [List.self, RegisterCurrency.self, Issue.self, Transfer.self])

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
            try await MemberSession.with(submit.home) { session in
                let money = try amount.money(scale: await session.scale(of: amount.currency))
                let receipt = try await session.submit(
                    IssueMoney(amount: money, to: to), until: submit.wait)
                submit.output.print(receipt, SubmitOptions.text(receipt, "issued to \(to)"))
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
            try await MemberSession.with(submit.home) { session in
                let money = try amount.money(scale: await session.scale(of: amount.currency))
                let receipt = try await session.submit(
                    TransferMoney(amount: money, to: to), until: submit.wait)
                submit.output.print(receipt, SubmitOptions.text(receipt, "paid to \(to)"))
            }
        }
    }
}

extension CurrencyCode: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}
