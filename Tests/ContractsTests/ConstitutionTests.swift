import ContractFiles
import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Testing

/// The document that governs the lab.
@Suite struct ConstitutionTests {
    private func propose(
        _ change: Proposal.Change, in lab: inout TestLab, by sender: String = "ada"
    ) throws -> String {
        try lab.apply(OpenProposal(change: change), by: sender)
        return "p-\(lab.state.members.proposals.count)"
    }

    @Test("A lab is founded on its constitution, which stands among its contracts")
    func founding() throws {
        let lab = try TestLab()
        let row = try #require(lab.rows["contract/constitution"])
        #expect(row["label"] == "constitution@1")
        #expect(row["stage"] == "in-force")
        #expect(row["terms"]?["participantsMin"] == 2)
        #expect(row["terms"]?["cosignerFaults"] == -1)
        let digest = try #require(row["document"]?.string)
        #expect(lab.rows["document/\(digest)"]?["label"] == "constitution@1")
    }

    @Test("A member cannot offer, or act under, the constitution")
    func notConcluded() throws {
        var lab = try TestLab()
        let digest = PublishDocument.digest(of: try LibraryDocument.constitution.published())
        #expect(
            try lab.refusal(
                of: OfferContract(
                    contract: try ContractID("mine"), document: digest, parties: [:], terms: [:],
                    currency: nil), by: "ada")?.hasPrefix("wrong_sender") == true)
        #expect(
            try lab.refusal(
                of: OfferContract(
                    contract: .constitution, document: digest, parties: [:], terms: [:],
                    currency: nil), by: "ada")?.hasPrefix("already_exists") == true)
        #expect(
            try lab.refusal(
                of: TakeContractAction(contract: .constitution, action: "stop"), by: "ada")?
                .hasPrefix("wrong_sender") == true)
    }

    @Test("More than a third of the voters stop the lab: no job starts and no round opens")
    func stop() throws {
        var lab = try TestLab()
        try lab.startJob()
        let p = try propose(.stop(reason: "a leak"), in: &lab)
        // Five vote, and two of them are more than a third.
        try lab.pass(p, by: ["ada"])
        #expect(lab.rows["contract/constitution"]?["stage"] == "in-force")
        try lab.pass(p, by: ["bo"])
        #expect(lab.rows["contract/constitution"]?["stage"] == "stopped")
        #expect(lab.rows["contract/constitution"]?["state"]?["stops"] == 1)
        let refusal = try #require(try lab.refusal(of: lab.open(0), by: "coordinator"))
        #expect(refusal.hasPrefix("contract.rule: the members have stopped the lab (clause 4.2)"))
        try lab.apply(lab.proposal("j-2", model: "m-2"), by: "cy")
        #expect(
            try lab.refusal(of: StartJob(job: try JobID("j-2")), by: "cy")?
                .contains("the members have stopped the lab") == true)

        let back = try propose(.resume(reason: "mended"), in: &lab)
        try lab.pass(back, by: ["ada", "bo"])
        #expect(lab.rows["contract/constitution"]?["stage"] == "stopped")
        try lab.pass(back, by: ["cy"])
        #expect(lab.rows["contract/constitution"]?["stage"] == "in-force")
        try lab.apply(lab.open(0), by: "coordinator")
    }

    @Test("While the lab is stopped, data is not opened for a round that is open already")
    func stoppedGate() throws {
        var lab = try TestLab()
        try lab.startJob()
        try lab.apply(lab.open(0), by: "coordinator")
        let licence = try LicenceID("l-ada")
        let request = TrainingRequest(
            purpose: "research", round: try TestLab.round(0), participants: 2)
        #expect(lab.state.openingRefusal(under: licence, request, at: lab.now) == nil)
        try lab.pass(try propose(.stop(reason: "a leak"), in: &lab), by: ["ada", "bo"])
        #expect(
            lab.state.openingRefusal(under: licence, request, at: lab.now)?.clauses == ["4.2"])
    }

    @Test("Members appoint an issuer, and dismiss one; what it issued remains")
    func issuers() throws {
        var lab = try TestLab()
        let dollars = RegisterCurrency(
            currency: try #require(CurrencyCode("USD")), title: "Dollar", scale: 2)
        #expect(try lab.refusal(of: dollars, by: "di")?.hasPrefix("member.role") == true)
        try lab.pass(
            try propose(.appoint(try MemberID("di")), in: &lab), by: ["ada", "bo", "cy"])
        #expect(lab.rows["member/di"]?["roles"] == ["issuer", "researcher"])
        try lab.apply(dollars, by: "di")
        let money = Money(100, try #require(CurrencyCode("USD")))
        try lab.apply(IssueMoney(amount: money, to: try MemberID("cy")), by: "di")
        try lab.pass(
            try propose(.dismiss(try MemberID("di")), in: &lab), by: ["ada", "bo", "cy", "ed"])
        #expect(
            try lab.refusal(of: IssueMoney(amount: money, to: try MemberID("cy")), by: "di")?
                .hasPrefix("member.role") == true)
        #expect(
            lab.state.accounts.balance(
                of: AccountID(holder: .member(try MemberID("cy")), currency: money.currency))
                == 100)
    }

    @Test("A constitution is replaced by its own rule for amendments, and the new one's rules hold")
    func replacement() throws {
        var lab = try TestLab()
        var json = try LibraryDocument.constitution.published().source
        json = json.setting("version", to: 2)
        // One vote is enough for a stop.
        var actions = try #require(json["actions"])
        var stop = try #require(actions["stop"])
        stop = stop.setting(
            "require",
            to: [["cel": "input.yes >= 1", "clause": "4.1", "says": "somebody must ask"]])
        actions = actions.setting("stop", to: stop)
        json = json.setting("actions", to: actions)
        // The examples were for the old rule.
        json = json.setting("examples", to: [])
        let document = try ContractDocument(json)

        let p = try propose(.replaceConstitution(document, Rules()), in: &lab)
        try lab.pass(p, by: ["ada", "bo", "cy"])
        #expect(lab.rows["contract/constitution"]?["label"] == "constitution@1")
        try lab.pass(p, by: ["di"])
        #expect(lab.rows["contract/constitution"]?["label"] == "constitution@2")
        try lab.pass(try propose(.stop(reason: "now"), in: &lab), by: ["ada"])
        #expect(lab.rows["contract/constitution"]?["stage"] == "stopped")
    }

    @Test(
        "A document without one of the lab's actions is no constitution",
        arguments: LabHook.constitution.map(\.name))
    func incomplete(missing: String) throws {
        var lab = try TestLab()
        var json = try LibraryDocument.constitution.published().source
        json = json.setting("actions", to: try #require(json["actions"]).setting(missing, to: nil))
        json = json.setting("clauses", to: nil).setting("examples", to: [])
        for name in try #require(json["actions"]?.object).members.map(\.key) {
            var action = try #require(json["actions"]?[name])
            let rules = try #require(action["require"]?.array).map {
                $0.setting("clause", to: nil)
            }
            action = action.setting("require", to: .array(rules))
            json = json.setting(
                "actions", to: try #require(json["actions"]).setting(name, to: action))
        }
        let refusal = try lab.refusal(
            of: OpenProposal(
                change: .replaceConstitution(try ContractDocument(json), Rules())), by: "ada")
        #expect(refusal != nil)
        #expect(lab.rows["contract/constitution"]?["label"] == "constitution@1")
    }

    @Test("Other rules change the terms and not the stage")
    func amendment() throws {
        var lab = try TestLab()
        var rules = Rules()
        rules.participantsMin = 3
        rules.faults = .exactly(1)
        try lab.pass(try propose(.amend(rules), in: &lab), by: ["ada", "bo", "cy", "di"])
        #expect(lab.rows["contract/constitution"]?["terms"]?["participantsMin"] == 3)
        #expect(lab.rows["contract/constitution"]?["terms"]?["cosignerFaults"] == 1)
        #expect(lab.state.lab.rules == rules)
    }
}

extension JSONValue {
    /// The object with another member, or without it.
    fileprivate func setting(_ key: String, to value: JSONValue?) -> JSONValue {
        guard case .object(var object) = self else { return self }
        object[key] = value
        return .object(object)
    }
}
