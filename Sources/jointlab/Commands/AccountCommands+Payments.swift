import ArgumentParser
import Contracts
import Participation

extension AccountCommands {
    struct Split: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pay several members at once, each by its weight.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "How much in all, such as \"100.00 CNY\".")
        var amount: MoneyArgument

        @Option(help: "A member and its weight, such as north=2; once for each.")
        var to: [ShareArgument]

        func run() async throws {
            try await submit.submit("split among \(to.count)") { session in
                SplitPayment(
                    amount: try await session.money(amount), shares: to.map(\.share))
            }
        }
    }

    struct Redeem: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give money back to its issuer, and out of the lab.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "How much, such as \"12.50 CNY\".")
        var amount: MoneyArgument

        func run() async throws {
            try await submit.submit("redeemed") { session in
                RedeemMoney(amount: try await session.money(amount))
            }
        }
    }

    struct Reverse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Undo a transfer by a new entry, as its payee or as the currency's issuer.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The entry of the transfer, as the statement shows it.")
        var entry: UInt64

        @Option(help: "Why.")
        var reason: String

        func run() async throws {
            try await submit.submit(
                ReverseTransfer(transfer: entry, reason: reason), "transfer \(entry) is reversed")
        }
    }
}

/// A member and its weight on the command line: `north=2`, or `north` for a weight of 1.
struct ShareArgument: ExpressibleByArgument {
    let share: SplitPayment.Share

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let member = try? MemberID(parts[0]),
            let weight = parts.count == 1 ? 1 : Int64(parts[1]), weight > 0
        else { return nil }
        share = SplitPayment.Share(to: member, weight: weight)
    }
}
