import ArgumentParser
import ContractLibrary
import Contracts
import Encodings
import Participation

extension SiteDisclosure: ExpressibleByArgument {}

/// `jointlab licence …`
struct LicenceCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "licence",
        abstract:
            "Agree on who may train on which dataset, to what end, how often and for how much.",
        subcommands: [
            Offer.self, Accept.self, Decline.self, Withdraw.self, List.self, Show.self, Tree.self,
            Import.self, Export.self,
        ])

    struct Offer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the terms; the other party accepts or declines them.",
            discussion: "The dataset's owner or the member that wants to use it may write them.")

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "What the lab will call the licence.")
        var licence: LicenceID

        @Option(help: "The dataset.")
        var dataset: DatasetID

        @Option(help: "Who may use it; default: you.")
        var licensee: MemberID?

        @Option(name: .customLong("purpose"), help: "What for (repeat for several).")
        var purposes: [String]

        @Option(help: "How many rounds may name the dataset.")
        var rounds: Int64

        @Option(help: "What a round costs, such as \"2.50 CNY\".")
        var fee: MoneyArgument

        @Option(help: "Until when, \(MomentArgument.help).")
        var expires: MomentArgument

        @Option(help: "The privacy budget, in millionths of epsilon.")
        var epsilonMicro: Int64 = 0

        @Flag(help: "The licensee may pass its place on, if you agree to each transfer.")
        var transferable = false

        @Flag(help: "The licensee may pass its place on without asking.")
        var freelyTransferable = false

        @Option(help: "Thousandths of each resale's price for the beneficiaries.")
        var resalePermille: Int64 = 0

        @Option(
            name: .customLong("beneficiary"),
            help: "MEMBER=WEIGHT: who shares in resales (repeat for several).")
        var beneficiaries: [String] = []

        @Option(
            help: """
                How much of a round the site tells while it trains: none, stages, progress (also the \
                share of the work done), messages (also the trainer's own lines and errors).
                """)
        var reports = SiteDisclosure.stages

        func validate() throws {
            guard !purposes.contains(where: \.isEmpty) else {
                throw ValidationError("a purpose is a word or a phrase, and not empty")
            }
        }

        func run() async throws {
            try await MemberSession.with(submit.home) { session in
                let money = try fee.money(scale: await session.scale(of: fee.currency))
                var terms = LicenceTerms(
                    dataset: dataset, licensee: licensee ?? session.card.member,
                    purposes: purposes, roundsMax: rounds, feePerRound: money,
                    expires: expires.timestamp)
                terms.epsilonBudgetMicro = epsilonMicro
                terms.isTransferable = transferable || freelyTransferable
                terms.isFreelyTransferable = freelyTransferable
                terms.resalePermille = resalePermille
                terms.beneficiaries = try Shares.parse(beneficiaries)
                terms.reports = reports
                let owner = try await session.item(
                    "/v1/datasets", where: "dataset", is: dataset.text)
                let licensor = try MemberID(owner.shown("owner"))
                _ = try await session.publish(.datasetLicence)
                let receipt = try await session.submit(
                    try terms.offer(licence, licensor: licensor), until: submit.wait)
                submit.output.print(
                    receipt, SubmitOptions.text(receipt, "\(licence) is offered"))
            }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Agree to the terms that the other party wrote.")

        @OptionGroup var submit: SubmitOptions
        @Argument var licence: LicenceID

        func run() async throws {
            try await submit.submit(TakeContractAction.accept(licence), "\(licence) is active")
        }
    }

    struct Decline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do not agree to the terms that the other party wrote.")

        @OptionGroup var submit: SubmitOptions
        @Argument var licence: LicenceID

        func run() async throws {
            try await submit.submit(TakeContractAction.decline(licence), "\(licence) is declined")
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a licence on your dataset; no later round may name it.")

        @OptionGroup var submit: SubmitOptions
        @Argument var licence: LicenceID

        @Option(help: "Why; it stands on the ledger.")
        var reason: String

        func run() async throws {
            try await submit.submit(
                TakeContractAction.withdraw(licence, reason: reason), "\(licence) is withdrawn")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List licences and offers.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (answer, scales) = try await MemberSession.with(home) {
                (try await $0.get("/v1/licences"), try await $0.scales())
            }
            func terms(_ item: JSONValue) -> JSONValue { item["terms"] ?? .null }
            let view = Listing(
                empty: "no licences; `jointlab licence offer` writes one",
                [
                    ("licence", .left, { $0.shown("licence") }),
                    ("dataset", .left, { $0.shown("dataset") }),
                    ("licensor", .left, { $0.shown("licensor") }),
                    ("licensee", .left, { $0.shown("licensee") }),
                    ("purposes", .left, { terms($0).shown("purposes") }),
                    (
                        "rounds", .right,
                        {
                            "\(($0["state"] ?? .null).shown("rounds"))/\(terms($0).shown("maxRounds"))"
                        }
                    ),
                    ("fee", .right, { $0.shownFee(scales) }),
                    ("expires", .left, { terms($0).shown("expires") }),
                    ("document", .left, { $0.shown("label") }),
                    ("stage", .left, { $0.shown("stage") }),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a licence.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions
        @Argument var licence: LicenceID

        func run() async throws {
            let (row, view) = try await MemberSession.with(home) { session in
                let row = try await session.item("/v1/licences", where: "licence", is: licence.text)
                let document = try await session.get("/v1/documents/\(row.shown("document"))")
                return (
                    row,
                    ContractView(
                        row, document: document["source"] ?? .null,
                        scales: try await session.scales()
                    )
                )
            }
            output.print(row, view.text)
        }
    }

    struct Tree: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a licence and what was divided off from it, with what each has used.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions
        @Argument var licence: LicenceID

        func run() async throws {
            let tree = try await MemberSession.with(home) { session in
                let root = try await session.item(
                    "/v1/licences", where: "licence", is: licence.text)
                let licences = try await session.get("/v1/licences")["items"]?.array ?? []
                let document = try await session.get("/v1/documents/\(root.shown("document"))")
                return LicenceTree(
                    root: root, licences: licences,
                    quotas: document["source"]?["token"]?["divide"])
            }
            output.print(tree.json, tree.text)
        }
    }
}

/// `MEMBER=WEIGHT` as people write it.
private enum Shares {
    static func parse(_ texts: [String]) throws -> [MemberID: Int64] {
        var shares: [MemberID: Int64] = [:]
        for text in texts {
            let parts = text.split(separator: "=")
            guard parts.count == 2, let member = try? MemberID(parts[0]),
                let weight = Int64(parts[1]), shares.updateValue(weight, forKey: member) == nil
            else { throw ValidationError("“\(text)” should be MEMBER=WEIGHT, each member once") }
        }
        return shares
    }
}

extension JSONValue {
    /// What a licence of the library's document costs a round.
    fileprivate func shownFee(_ scales: [String: Int]) -> String {
        guard let minorUnits = self["terms"]?["feePerRound"]?.integer,
            let code = self["currency"]?.string.flatMap({ CurrencyCode($0) })
        else { return "-" }
        return Money(minorUnits, code).shown(scale: scales[code.text] ?? 0)
    }

    /// An amount as people read it.
    func shownMoney(_ scales: [String: Int]) -> String {
        guard let code = self["currency"]?.string, let currency = CurrencyCode(code),
            let minorUnits = self["minorUnits"]?.integer
        else { return "-" }
        return Money(minorUnits, currency).shown(scale: scales[code] ?? 0)
    }
}
