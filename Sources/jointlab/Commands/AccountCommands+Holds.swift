import ArgumentParser
import Contracts
import Encodings
import Participation

extension AccountCommands {
    struct Holds: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the money that is or was held for a payee.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (answer, scales) = try await MemberSession.with(home) {
                (try await $0.get("/v1/holds"), try await $0.scales())
            }
            let view = Listing(
                empty: "nothing is held; `jointlab account hold` sets money aside",
                [
                    ("hold", .left, { $0.shown("hold") }), ("payer", .left, { $0.shown("payer") }),
                    ("payee", .left, { $0.shown("payee") }),
                    ("amount", .right, { ($0["amount"] ?? .null).shownMoney(scales) }),
                    ("expires", .left, { $0.shownTime("expires") }),
                    ("status", .left, { $0.shown("status") }),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set money aside for a member, who may take it until a time.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "A new name for it.")
        var hold: HoldID

        @Argument(help: "How much, such as \"12.50 CNY\".")
        var amount: MoneyArgument

        @Option(help: "For whom.")
        var to: MemberID

        @Option(help: "Until when, \(MomentArgument.help).")
        var expires = MomentArgument(inDays: 7)

        func run() async throws {
            try await submit.submit("held for \(to) as \(hold)") { session in
                PlaceHold(
                    hold: hold, amount: try await session.money(amount), to: to,
                    expires: expires.timestamp)
            }
        }
    }

    struct Capture: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take what is held for this member; the rest goes back to the payer.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The hold.")
        var hold: HoldID

        @Option(help: "How much, such as \"12.50 CNY\"; all of it if absent.")
        var amount: MoneyArgument?

        func run() async throws {
            try await submit.submit("\(hold) is captured") { session in
                var part: Money?
                if let amount { part = try await session.money(amount) }
                return CaptureHold(hold: hold, amount: part)
            }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let held money go back to its payer, as the payee, or when it has expired.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The hold.")
        var hold: HoldID

        func run() async throws {
            try await submit.submit(ReleaseHold(hold: hold), "\(hold) is released")
        }
    }
}
