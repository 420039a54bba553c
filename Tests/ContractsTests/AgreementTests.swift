import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Testing

/// Documents on the ledger, and contracts that are made of them.
@Suite struct AgreementTests {
    private let c1: ContractID

    init() throws {
        c1 = try ContractID("c-1")
    }

    // MARK: - Publishing

    @Test("A document stands on the ledger under its digest, with who published it")
    func publishing() throws {
        var lab = try TestLab()
        try lab.publish(MemberDocument.deposit)
        let digest = try MemberDocument.digest(of: MemberDocument.deposit)
        #expect(
            lab.rows["document/\(digest)"]
                == [
                    "document": digest.json, "label": "deposit@1", "title": "A deposit",
                    "by": "ada", "published": TestLab.start.json,
                ])
        #expect(lab.state.agreements[document: digest]?.document.name == "deposit")
    }

    @Test("A document is published once, whoever tries again")
    func publishedOnce() throws {
        var lab = try TestLab()
        try lab.publish(MemberDocument.deposit)
        let again = PublishDocument(
            document: try MemberDocument.published(MemberDocument.deposit))
        let digest = PublishDocument.digest(of: again.document)
        for sender in ["ada", "bo"] {
            #expect(
                try lab.refusal(of: again, by: sender)
                    == "already_exists: the rule is `the document is new`; document is \(digest)")
        }
        // Another version is another document.
        try lab.publish(
            MemberDocument.deposit.replacing("version: 1", with: "version: 2"), by: "bo")
        #expect(
            lab.state.agreements.allDocuments.map(\.document.label).sorted() == [
                "constitution@1",
                "deposit@1", "deposit@2",
            ])
    }

    @Test(
        "A bad document is refused with what is wrong and where",
        arguments: [
            (
                "amount: terms.deposit}", "amount: terms.deposits}",
                "actions.accept.pay[1].amount"
            ),
            (
                "input.kept <= terms.deposit", "input.kept <= 'all'",
                "actions.hand-back.require[0].cel"
            ),
            ("final: [returned]", "final: [returned, burnt]", "final"),
            ("- {from: escrow, to: borrower, amount: rest}", "", "actions.hand-back"),
            ("to: lent", "to: offered", "stages"),
        ])
    func badDocuments(old: String, new: String, path: String) throws {
        var lab = try TestLab()
        let yaml = MemberDocument.deposit.replacing(old, with: new)
        #expect(yaml != MemberDocument.deposit)
        let publish = PublishDocument(document: try MemberDocument.published(yaml))
        let refusal = try #require(try lab.execute(publish, by: "ada").refusal)
        #expect(refusal.code == .contractInvalid)
        #expect(
            refusal.saw.contains { $0.name.hasPrefix(path) && !$0.text.isEmpty }, "\(refusal)")
        #expect(lab.state.agreements.allDocuments.map(\.document.label) == ["constitution@1"])
    }

    @Test("What is no document at all does not come onto the ledger")
    func malformedDocuments() throws {
        var lab = try TestLab()
        let whole = try #require(
            try MemberDocument.published(MemberDocument.deposit).source.object)
        var unknown = whole
        unknown["surprise"] = 1
        var prose = whole
        prose["prose"] = ["en": "text.md"]
        for document in [.object(unknown), .object(prose), "deposit", nil] as [JSONValue] {
            #expect(throws: TransactionError.self) {
                try lab.signed(RawAction.publish(document), by: "ada")
            }
        }
    }

    @Test("A member has a bounded number of documents on the ledger")
    func documentsAreBounded() throws {
        var lab = try TestLab()
        let minimal = """
            contract: minimal
            version: 0
            title: x
            parties: {one: member}
            stages: [begun, done]
            final: [done]
            actions: {end: {by: one, from: begun, to: done}}
            """
        func version(_ number: Int) throws -> PublishDocument {
            PublishDocument(
                document: try MemberDocument.published(
                    minimal.replacing("version: 0", with: "version: \(number)")))
        }
        for number in 1...Agreements.documentsMax {
            try lab.apply(version(number), by: "ada")
        }
        let next = try version(Agreements.documentsMax + 1)
        #expect(
            try lab.refusal(of: next, by: "ada")
                == "limit: the rule is `documents of the sender < 256`; documents is 256")
        try lab.apply(next, by: "bo")
    }

    // MARK: - Offering

    private func deposit(
        _ name: String = "c-1", lender: String = "ada", borrower: String = "cy",
        terms: JSONValue = ["deposit": 500, "fee": 20], currency: CurrencyCode? = TestLab.currency
    ) throws -> OfferContract {
        OfferContract(
            contract: try ContractID(name),
            document: try MemberDocument.digest(of: MemberDocument.deposit),
            parties: ["lender": .string(lender), "borrower": .string(borrower)], terms: terms,
            currency: currency)
    }

    @Test("An offer names a published document, members of the lab, and the terms it asks for")
    func offerRefusals() throws {
        var lab = try TestLab()
        try lab.issueMoney()
        let document = try MemberDocument.digest(of: MemberDocument.deposit)
        #expect(
            try lab.refusal(of: deposit(), by: "ada")
                == "unknown: the rule is `the document is published`; document is \(document)")
        try lab.publish(MemberDocument.deposit)
        #expect(
            try lab.refusal(of: deposit(borrower: "zoe"), by: "ada")
                == "unknown: the rule is `the member exists`; member is zoe")
        let form = "contract c-1, action offer: the offer has the form that deposit@1 asks for"
        #expect(
            try lab.refusal(of: deposit(terms: ["deposit": 500]), by: "ada")
                == "wrong_value: the rule is `\(form)`; problem is terms.fee is missing")
        #expect(
            try lab.refusal(
                of: deposit(terms: ["deposit": 500, "fee": 20, "tip": 1]), by: "ada")?
                .hasPrefix("wrong_value: the rule is `\(form)`; problem is terms") == true)
        #expect(
            try lab.refusal(of: deposit(currency: nil), by: "ada")
                == "wrong_value: the rule is `contract c-1, action offer: the offer names the "
                + "currency`; currency is none")
        #expect(
            try lab.refusal(of: deposit(currency: CurrencyCode("HKD")), by: "ada")
                == "unknown: the rule is `the currency is registered`; currency is HKD")
        for sender in ["bo", "cy"] {
            #expect(
                try lab.refusal(of: deposit(), by: sender)
                    == "wrong_sender: the rule is `contract c-1, action offer: the offer is made "
                    + "by the lender`; offeredBy is \(sender)")
        }
        try lab.apply(LeaveLab(), by: "di")
        #expect(
            try lab.refusal(of: deposit(borrower: "di"), by: "ada")
                == "member.suspended: the rule is `member.status == active`; member is di, "
                + "member.status is left")
        #expect(lab.state.agreements.all.map(\.id) == [.constitution])
        try lab.apply(deposit(), by: "ada")
        #expect(
            try lab.refusal(of: deposit(), by: "ada")
                == "already_exists: the rule is `the name is free`; contract is c-1")
    }

    // MARK: - Acting

    private func borrowed(by borrower: String = "cy") throws -> TestLab {
        var lab = try TestLab()
        try lab.issueMoney()
        try lab.publish(MemberDocument.deposit)
        try lab.apply(deposit(borrower: borrower), by: "ada")
        return lab
    }

    private func escrow(_ lab: TestLab) -> Int64 {
        lab.state.accounts.balance(
            of: AccountID(holder: .contract(c1), currency: TestLab.currency))
    }

    @Test("What a contract pays moves, into its escrow and out of it again")
    func paymentsMove() throws {
        var lab = try borrowed()
        let accepted = try lab.apply(TakeContractAction(contract: c1, action: "accept"), by: "cy")
        #expect(
            accepted.moved.map(\.json) == [
                [
                    "from": "cy", "to": "ada", "amount": lab.money(20).json, "kind": "contract",
                ],
                [
                    "from": "cy", "to": "contract:c-1", "amount": lab.money(500).json,
                    "kind": "escrow",
                ],
            ])
        #expect(escrow(lab) == 500)
        #expect(lab.rows["account/contract:c-1/CNY"] == ["minorUnits": 500])
        #expect(try lab.balance(of: "cy") == 480)
        #expect(lab.rows["contract/c-1"]?["stage"] == "lent")

        let back = TakeContractAction(
            contract: c1, action: "hand-back", parameters: ["kept": 120])
        #expect(
            try lab.refusal(of: back, by: "cy")
                == "wrong_sender: the rule is `contract c-1, action hand-back: the action is taken "
                + "by the lender (ada)`; sender is cy")
        let returned = try lab.apply(back, by: "ada")
        #expect(escrow(lab) == 0)
        #expect(lab.rows["account/contract:c-1/CNY"] == nil)
        #expect(try lab.balance(of: "ada") == 140)
        #expect(try lab.balance(of: "cy") == 860)
        #expect(
            returned.json["outcome"]?["events"]
                == [["contract": "c-1", "event": "returned", "data": ["kept": 120]]])
        #expect(
            try lab.refusal(of: back, by: "ada")
                == "wrong_stage: the rule is `contract c-1, action hand-back: stage is lent`; "
                + "stage is returned")
    }

    @Test("A rule of the document refuses with its own words, and nothing moves")
    func rules() throws {
        var lab = try borrowed()
        try lab.apply(TakeContractAction(contract: c1, action: "accept"), by: "cy")
        let greedy = TakeContractAction(
            contract: c1, action: "hand-back", parameters: ["kept": 501])
        #expect(
            try lab.refusal(of: greedy, by: "ada")
                == "contract.rule: no more is kept than was deposited; the rule is `contract c-1, "
                + "action hand-back: input.kept <= terms.deposit`; terms.deposit is 500, "
                + "input.kept is 501")
        #expect(escrow(lab) == 500)
    }

    @Test("An action that one payment overdraws pays nothing and changes nothing")
    func overdrawnIsAtomic() throws {
        // The first payment could be made, and the second could not.
        var lab = try borrowed(by: "di")
        try lab.apply(
            TransferMoney(amount: lab.money(519), to: try MemberID("di")), by: "cy")
        let row = lab.rows["contract/c-1"]
        #expect(
            try lab.refusal(of: TakeContractAction(contract: c1, action: "accept"), by: "di")
                == "account.overdrawn: the rule is `payer.balance >= amount`; payer is di, "
                + "payer.balance is 499, amount is 500 CNY minor units")
        #expect(try lab.balance(of: "di") == 519)
        #expect(try lab.balance(of: "ada") == 0)
        #expect(lab.rows["contract/c-1"] == row)
        #expect(lab.state.agreements[c1]?.instance.stage == "offered")
    }

    @Test("An action is one that the contract has, with the input that it asks for")
    func inputs() throws {
        var lab = try borrowed()
        #expect(
            try lab.refusal(of: TakeContractAction(contract: c1, action: "burn"), by: "ada")
                == "wrong_stage: the rule is `contract c-1, action burn: deposit@1 has the "
                + "action`; action is burn, actions is accept, hand-back")
        #expect(
            try lab.refusal(
                of: TakeContractAction(contract: try ContractID("none"), action: "accept"),
                by: "cy") == "unknown: the rule is `the contract exists`; contract is none")
        try lab.apply(TakeContractAction(contract: c1, action: "accept"), by: "cy")
        for input in [[:], ["kept": -1], ["kept": "all"], ["kept": 1, "more": 2]] as [JSONValue] {
            let action = TakeContractAction(contract: c1, action: "hand-back", parameters: input)
            let refusal = try lab.execute(action, by: "ada").refusal
            #expect(refusal?.code == .wrongValue, "\(input)")
        }
        let long = TakeContractAction(
            contract: c1, action: "hand-back",
            parameters: ["kept": .string(String(repeating: "x", count: 40_000))])
        #expect(throws: TransactionError.self) { try lab.signed(long, by: "ada") }
    }

    @Test("A member that is suspended takes no action")
    func suspended() throws {
        var lab = try borrowed()
        try lab.apply(OpenProposal(change: .suspend(try MemberID("cy"))), by: "ada")
        try lab.pass("p-1", by: ["ada", "bo", "di", "ed"])
        let refusal = try lab.execute(
            TakeContractAction(contract: c1, action: "accept"), by: "cy"
        ).refusal
        #expect(refusal?.code == .memberSuspended)
    }

    @Test("Nobody but the lab trains, and nobody but the lab gives rounds back")
    func labActions() throws {
        var lab = try TestLab()
        try lab.license()
        let licence = try LicenceID("l-ada")
        for (action, input) in [
            (
                "train", ["purpose": "research", "epsilonMicro": 0] as JSONValue
            ), ("abandon", [:]),
        ] {
            for sender in ["ada", "cy", "coordinator"] {
                let take = TakeContractAction(
                    contract: licence, action: action, parameters: input)
                #expect(try lab.execute(take, by: sender).refusal?.code == .wrongSender)
            }
        }
        #expect(try lab.rounds(of: "l-ada") == 0)
    }
}

/// A transaction's action as anybody might write it.
private enum RawAction {
    static func publish(_ document: JSONValue) -> any LabAction {
        RawPublication(input: ["document": document])
    }
}

private struct RawPublication: LabAction {
    static let name = PublishDocument.name

    let input: JSONValue

    init(input: JSONValue) {
        self.input = input
    }

    init(_ input: inout JSONFields) throws(JSONShapeError) {
        self.input = ["document": try input.required("document")]
    }

    func apply(to state: inout LabState, in context: inout ActionContext) throws(Refusal) {}
}
