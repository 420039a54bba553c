import ArgumentParser
import Contracts
import Participation

extension MarketCommands {
    struct Offer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a price for your place in a contract, such as a licence.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "A new name for the offer.")
        var trade: TradeID

        @Argument(help: "The licence, or another contract.")
        var contract: ContractID

        @Argument(help: "The price, such as \"12.50 CNY\".")
        var price: MoneyArgument

        @Option(help: "To one member only; default: to whoever comes first.")
        var to: MemberID?

        @Option(
            name: .customLong("least"),
            help: "NAME=NUMBER: so much of a quota will be left; default: all that is left now.")
        var least: [String] = []

        @Option(help: "Until when, \(MomentArgument.help).")
        var expires = MomentArgument(inDays: 7)

        func run() async throws {
            let least = try Quotas.parse(least)
            try await submit.submit("\(contract) is offered as \(trade)") { session in
                OfferToken(
                    trade: trade, contract: contract, price: try await session.money(price),
                    to: to, least: least.isEmpty ? nil : least, expires: expires.timestamp)
            }
        }
    }

    struct Bid: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bid for the place in a contract; your money is put aside.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "A new name for the bid.")
        var trade: TradeID

        @Argument(help: "The licence, or another contract.")
        var contract: ContractID

        @Argument(help: "The price, such as \"12.50 CNY\".")
        var price: MoneyArgument

        @Option(
            name: .customLong("least"),
            help: "NAME=NUMBER: so much of a quota must be left; default: all that is left now.")
        var least: [String] = []

        @Option(help: "Until when, \(MomentArgument.help).")
        var expires = MomentArgument(inDays: 7)

        func run() async throws {
            let least = try Quotas.parse(least)
            try await submit.submit("bid for \(contract) as \(trade)") { session in
                BidForToken(
                    trade: trade, contract: contract, price: try await session.money(price),
                    least: least.isEmpty ? nil : least, expires: expires.timestamp)
            }
        }
    }

    struct Transfer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give your place in a contract to a member, which has to accept it.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "A new name for the transfer.")
        var trade: TradeID

        @Argument(help: "The licence, or another contract.")
        var contract: ContractID

        @Option(help: "To whom.")
        var to: MemberID

        @Option(help: "Until when, \(MomentArgument.help).")
        var expires = MomentArgument(inDays: 7)

        func run() async throws {
            try await submit.submit(
                TransferToken(
                    trade: trade, contract: contract, to: to, expires: expires.timestamp),
                "\(contract) is offered to \(to) as \(trade)")
        }
    }
}
