import ArgumentParser
import Contracts
import Participation

extension AccountCommands {
    struct Limit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Grant a member credit, or bound its payments, as the currency's issuer.",
            discussion:
                "What is not said is taken back: without options there is no limit but zero.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "Whose account.")
        var holder: MemberID

        @Argument(help: "In which currency.")
        var currency: CurrencyCode

        @Option(help: "How far the balance may go below zero, such as 500.00.")
        var credit: String?

        @Option(help: "The most that may be paid at once, such as 100.00.")
        var paymentMax: String?

        func run() async throws {
            try await submit.submit("the limit of \(holder) is set") { session in
                let scale = try await session.scale(of: currency)
                return SetAccountLimit(
                    holder: holder, currency: currency,
                    limit: AccountLimit(
                        credit: try credit.map { try currency.minorUnits($0, scale) } ?? 0,
                        paymentMax: try paymentMax.map { try currency.minorUnits($0, scale) }))
            }
        }
    }

    struct Fee: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a payment costs from now on, as the currency's issuer.",
            discussion: """
                The payer bears the fee: the flat part and the basis points of the payment, these \
                rounded down. Without --to payments cost nothing.
                """)

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "In which currency.")
        var currency: CurrencyCode

        @Option(help: "The flat part, such as 0.10.")
        var flat = "0"

        @Option(help: "Ten-thousandths of the payment.")
        var basisPoints: Int64 = 0

        @Option(help: "Who gets it.")
        var to: MemberID?

        func validate() throws {
            guard (0...TransferFee.basisPointsMax).contains(basisPoints) else {
                throw ValidationError(
                    "--basis-points should be from 0 to \(TransferFee.basisPointsMax)")
            }
        }

        func run() async throws {
            try await submit.submit("the fee of \(currency) is set") { session in
                let flat = try currency.minorUnits(flat, await session.scale(of: currency))
                return SetTransferFee(
                    currency: currency,
                    fee: to.map { TransferFee(flat: flat, basisPoints: basisPoints, to: $0) })
            }
        }
    }
}

extension CurrencyCode {
    /// An amount in the major unit, as people write it.
    fileprivate func minorUnits(_ text: String, _ scale: Int) throws -> Int64 {
        guard let amount = MoneyArgument(argument: "\(text) \(self)") else {
            throw ValidationError("“\(text)” is no amount; write it such as 12.50")
        }
        return try amount.money(scale: scale).minorUnits
    }
}
