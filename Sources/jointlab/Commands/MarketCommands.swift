import ArgumentParser
import Contracts
import Encodings
import Participation

/// `jointlab market …`
struct MarketCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "market",
        abstract: "Trade licences, and other contracts whose documents allow it.",
        subcommands: [
            List.self, Offer.self, Bid.self, Accept.self, Withdraw.self, Transfer.self,
            Consent.self, Divide.self, Merge.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is offered, bid for and given.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Flag(help: "Those that have come to an end, too.")
        var all = false

        func run() async throws {
            let (answer, scales) = try await MemberSession.with(home) {
                (try await $0.get("/v1/market"), try await $0.scales())
            }
            let pending = (answer["items"]?.array ?? []).filter {
                all || $0["status"]?.string == "open" || $0["status"]?.string == "agreed"
            }
            let view = Listing(
                empty: "nothing is traded; `jointlab market offer` asks a price for a licence",
                [
                    ("trade", .left, { $0.shown("trade") }), ("kind", .left, { $0.shown("kind") }),
                    ("contract", .left, { $0.shown("contract") }),
                    ("seller", .left, { $0.shown("seller") }),
                    ("buyer", .left, { $0.shown("buyer") }),
                    ("price", .right, { ($0["price"] ?? .null).shownMoney(scales) }),
                    ("at least", .left, { $0.shownQuotas("least") }),
                    ("expires", .left, { $0.shownTime("expires") }),
                    ("status", .left, { $0.shown("status") }),
                    ("awaits", .left, { $0.shown("awaits") }),
                ])
            let shown: JSONValue = ["items": .array(pending), "ledger": answer["ledger"]]
            output.print(shown, view.text(shown))
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take what is offered or given to you, or a bid for what you hold.",
            discussion:
                "The place and the price change hands at once, unless the terms ask for a consent.")

        @OptionGroup var submit: SubmitOptions
        @Argument var trade: TradeID

        func run() async throws {
            try await submit.submit(AcceptTrade(trade: trade), "\(trade) is accepted")
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an offer or a bid back, or decline one; its money returns.",
            discussion: "A trade that has expired anybody may clear away.")

        @OptionGroup var submit: SubmitOptions
        @Argument var trade: TradeID

        func run() async throws {
            try await submit.submit(WithdrawTrade(trade: trade), "\(trade) is withdrawn")
        }
    }

    struct Consent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Agree to a trade that needs your consent, or refuse it.")

        @OptionGroup var submit: SubmitOptions
        @Argument var trade: TradeID

        @Flag(help: "Do not agree; the price goes back to the buyer.")
        var refuse = false

        func run() async throws {
            try await submit.submit(
                ConsentToTrade(trade: trade, agrees: !refuse),
                "\(trade) is \(refuse ? "refused" : "delivered")")
        }
    }
}

/// `NAME=NUMBER` as people write it.
enum Quotas {
    static func parse(_ texts: [String]) throws -> [String: Int64] {
        var quotas: [String: Int64] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let amount = Int64(parts[1]), amount >= 0,
                quotas.updateValue(amount, forKey: String(parts[0])) == nil
            else { throw ValidationError("“\(text)” should be NAME=NUMBER, each name once") }
        }
        return quotas
    }
}

extension JSONValue {
    /// Names and amounts: `rounds 3, epsilonMicro 0`.
    func shownQuotas(_ key: String) -> String {
        let members = self[key]?.object?.members ?? []
        return members.isEmpty
            ? "-" : members.map { "\($0.key) \($0.value.integer ?? 0)" }.joined(separator: ", ")
    }
}
