import ContractFiles
import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Testing

/// What reviewers found, and what would have hurt a lab.
@Suite struct MendedDefectTests {
    private func refusal(
        of action: any LabAction, by sender: String, in lab: inout TestLab
    ) throws -> Refusal? {
        try lab.execute(action, by: sender).refusal
    }

    // MARK: - Money

    @Test("A round whose licence pays somebody who is no member is refused")
    func unknownPayee() throws {
        var lab = try TestLab()
        try lab.license()
        let yaml = MemberDocument.weekdays
            .replacing(
                "{from: licensee, to: licensor, amount: terms.fee}",
                with: "{from: licensee, to: {member: \"'nobody'\"}, amount: terms.fee}")
        try lab.publish(yaml, by: "bo")
        try lab.apply(
            OfferContract(
                contract: try ContractID("w-bo"), document: try MemberDocument.digest(of: yaml),
                parties: ["licensor": "bo", "licensee": "cy"],
                terms: ["dataset": "d-bo", "fee": 10, "bonus": 0], currency: TestLab.currency),
            by: "bo")
        try lab.apply(
            TakeContractAction(contract: try ContractID("w-bo"), action: "agree"), by: "cy")
        try lab.apply(lab.proposal(licences: ["l-ada", "w-bo"]), by: "cy")
        try lab.apply(StartJob(job: try JobID("j-1")), by: "cy")
        let found = try refusal(of: lab.open(0), by: "coordinator", in: &lab)
        #expect(found?.code == .unknown)
        #expect(found?.saw.first?.text == "nobody")
    }

    @Test("Terms name members of the lab, also inside lists and maps")
    func unknownBeneficiary() throws {
        var lab = try TestLab()
        try lab.license()
        var terms = try lab.terms("ada")
        terms.beneficiaries = [try MemberID("nobody"): 1]
        let offer = try terms.offer(try LicenceID("l-9"), licensor: try MemberID("ada"))
        #expect(try refusal(of: offer, by: "ada", in: &lab)?.code == .unknown)
    }

    @Test("What a third party puts in for a round is not taken for the owner's part")
    func othersMoney() throws {
        var lab = try TestLab()
        try lab.license()
        try lab.apply(
            TransferMoney(amount: lab.money(500), to: try MemberID("di")), by: "cy")
        let yaml = MemberDocument.weekdays
            .replacing(
                "parties: {licensor: member, licensee: member}",
                with: "parties: {licensor: member, licensee: member, sponsor: member}"
            )
            .replacing("{from: licensee, to: licensor", with: "{from: sponsor, to: licensor")
            .replacing(
                "stages: [offered, agreed, ended]", with: "stages: [offered, joined, agreed, ended]"
            )
            .replacing("by: counterparty", with: "by: licensee")
            .replacing(
                "    from: offered\n    to: agreed",
                with:
                    "    from: offered\n    to: joined\n  join:\n    by: sponsor\n    from: joined\n    to: agreed"
            )
        try lab.publish(yaml, by: "bo")
        let w = try ContractID("w-bo")
        try lab.apply(
            OfferContract(
                contract: w, document: try MemberDocument.digest(of: yaml),
                parties: ["licensor": "bo", "licensee": "cy", "sponsor": "di"],
                terms: ["dataset": "d-bo", "fee": 10, "bonus": 0], currency: TestLab.currency),
            by: "bo")
        try lab.apply(TakeContractAction(contract: w, action: "agree"), by: "cy")
        try lab.apply(TakeContractAction(contract: w, action: "join"), by: "di")
        // The owner's licence is agreed on only after the start, so that nothing is set aside for it.
        try lab.apply(lab.offer("l-late", of: "ada", fee: 10), by: "ada")
        try lab.apply(lab.proposal(licences: ["l-late", "w-bo"]), by: "cy")
        try lab.apply(StartJob(job: try JobID("j-1")), by: "cy")
        try lab.apply(TakeContractAction.accept(try LicenceID("l-late")), by: "cy")
        let owner = try lab.balance(of: "cy")
        try lab.apply(lab.open(0), by: "coordinator")
        #expect(try lab.balance(of: "cy") == owner - 10)
        #expect(try lab.balance(of: "di") == 490)
        try lab.apply(lab.seal(0), by: "coordinator")
        try lab.apply(
            CloseRound(round: try TestLab.round(0), result: TestLab.digest(1)), by: "coordinator")
        #expect(try lab.balance(of: "ada") == 10)
        #expect(try lab.balance(of: "bo") == 10)
    }

    @Test("A bank's ceiling on payments holds for payments of contracts, too")
    func ceiling() throws {
        var lab = try TestLab()
        try lab.issueMoney()
        try lab.publish(MemberDocument.deposit)
        try lab.apply(
            SetAccountLimit(
                holder: try MemberID("cy"), currency: TestLab.currency,
                limit: AccountLimit(credit: 0, paymentMax: 99)), by: "ed")
        let d = try ContractID("d-1")
        try lab.apply(
            OfferContract(
                contract: d, document: try MemberDocument.digest(of: MemberDocument.deposit),
                parties: ["lender": "ada", "borrower": "cy"],
                terms: ["deposit": 100, "fee": 1], currency: TestLab.currency), by: "ada")
        let accept = TakeContractAction(contract: d, action: "accept")
        #expect(try refusal(of: accept, by: "cy", in: &lab)?.code == .paymentTooLarge)
    }

    // MARK: - Governance

    @Test("The constitution is not frozen, whoever asks")
    func frozenConstitution() throws {
        var lab = try TestLab()
        let freeze = OpenProposal(change: .freeze(.constitution, reason: "mischief"))
        #expect(try refusal(of: freeze, by: "ada", in: &lab)?.code == .wrongValue)
    }

    private func constitution(
        _ change: (String) -> String
    ) throws -> ContractDocument {
        let yaml = change(LibraryDocument.constitution.yaml)
        let digests = LibraryDocument.constitution.prose.map {
            (language: $0.language, digest: BlobDigest(of: Array($0.text.utf8)).text)
        }
        return try ContractFile(text: yaml, name: "constitution.yaml").published(prose: digests)
    }

    @Test("A constitution that could never be amended again is refused when it is proposed")
    func deadEnd() throws {
        var lab = try TestLab()
        let document = try constitution {
            $0.replacing(
                "input.yes * terms.amendmentDenominator > input.voters * terms.amendmentNumerator",
                with: "input.yes * terms.amendmentDenominator > input.voters * 1000",
                maxReplacements: 1)
        }
        let found = try refusal(
            of: OpenProposal(change: .replaceConstitution(document, Rules())), by: "ada", in: &lab)
        #expect(found?.code == .contractRule)
    }

    @Test("A new constitution does not end an emergency stop")
    func stopOutlasts() throws {
        var lab = try TestLab()
        try lab.apply(OpenProposal(change: .stop(reason: "a leak")), by: "ada")
        try lab.pass("p-1", by: ["ada", "bo"])
        let document = try constitution { $0.replacing("version: 1", with: "version: 2") }
        try lab.apply(OpenProposal(change: .replaceConstitution(document, Rules())), by: "ada")
        try lab.pass("p-2", by: ["ada", "bo", "cy", "di"])
        #expect(lab.rows["contract/constitution"]?["label"] == "constitution@2")
        #expect(lab.rows["contract/constitution"]?["stage"] == "stopped")
    }

    @Test("The last member with a vote does not leave auditors alone")
    func lastVote() throws {
        var lab = try TestLab([("ada", [.dataOwner]), ("flo", [.auditor])])
        #expect(try refusal(of: LeaveLab(), by: "ada", in: &lab)?.code == .limit)
        try lab.apply(LeaveLab(), by: "flo")
    }

    // MARK: - Documents

    /// Each is refused when it is checked.
    static let bad: [(what: String, yaml: String, path: String)] = [
        (
            "escrow of parts that an end would lock",
            MemberDocument.deposit
                + "\ntoken: {holder: borrower, transfer: \"true\", ends: [returned]}",
            "token.ends"
        ),
        (
            "a payment that the lab would never make",
            MemberDocument.weekdays.replacing(
                "  end:",
                with:
                    "  abandon:\n    by: lab\n    from: agreed\n    pay: {from: licensor, to: licensee, amount: \"1\"}\n  end:"
            ),
            "actions.abandon.pay"
        ),
        (
            "a clause whose name two machines may compare differently",
            MemberDocument.weekdays.replacing(
                "\"1\": {title: Weekdays", with: "\"caf\u{E9}\": {title: Weekdays"),
            "clauses.caf\u{E9}"
        ),
        (
            "prose that lies somewhere else",
            MemberDocument.deposit.replacing(
                "title: A deposit", with: "title: A deposit\nprose: {en: ../secret.txt}"),
            "prose.en"
        ),
    ]

    @Test(
        "Documents that would do harm later are refused where the harm is written", arguments: bad)
    func refused(what: String, yaml: String, path: String) throws {
        let file = try ContractFile(text: yaml, name: "f")
        let error = #expect(throws: ContractFileError.self, "\(what)") { try file.compiled() }
        #expect(error?.description.contains(path) == true, "\(error?.description ?? "")")
    }

    @Test("An example that pays more than 64 bits hold is an example, and no crash")
    func overflowingExample() throws {
        let yaml =
            MemberDocument.deposit.replacing(
                "{from: borrower, to: lender, amount: terms.fee}",
                with: "{from: borrower, to: lender, amount: \"9223372036854775807\"}"
            ).replacing(
                "{from: borrower, to: escrow, amount: terms.deposit}",
                with: "{from: borrower, to: lender, amount: \"9223372036854775807\"}")
            + "\nexamples:\n  - {given: {}, when: accept, then: {paid: {lender: 1}}}\n"
        let error = #expect(throws: ContractFileError.self) {
            try ContractFile(text: yaml, name: "f").compiled()
        }
        #expect(error?.description.contains("18446744073709551614") == true)
    }

    @Test("Money with a decimal point is no number of cents")
    func decimals() throws {
        let yaml = try YAMLText("{a: 500.00, b: 5, c: 4.10, d: -1}").value
        #expect(yaml == ["a": "500.00", "b": 5, "c": "4.10", "d": -1])
    }

    @Test("Who misspells an action is told which there are; who writes 500.00, what money is")
    func misspelt() throws {
        var lab = try TestLab()
        try lab.registerCurrency()
        try lab.publish(MemberDocument.deposit)
        func offer(_ deposit: JSONValue) throws -> OfferContract {
            OfferContract(
                contract: try ContractID("d-1"),
                document: try MemberDocument.digest(of: MemberDocument.deposit),
                parties: ["lender": "ada", "borrower": "cy"],
                terms: ["deposit": deposit, "fee": 0], currency: TestLab.currency)
        }
        let money = try lab.refusal(of: offer("500.00"), by: "ada")
        #expect(money?.contains("minor units such as 50000 for 500.00, and is a string") == true)
        try lab.apply(offer(0), by: "ada")
        let name = try lab.refusal(
            of: TakeContractAction(contract: try ContractID("d-1"), action: "acept"), by: "cy")
        #expect(
            name?.hasSuffix("action is acept, actions is accept, hand-back") == true,
            "\(name ?? "")")
    }
}
