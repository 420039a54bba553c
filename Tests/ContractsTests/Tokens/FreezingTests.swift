import Contracts
import Encodings
import Testing

@Suite
struct FreezingTests {
    private func divided() throws -> TokenLab {
        var lab = try TokenLab()
        try lab.license()
        try lab.divide("l", "l-1", rounds: 6, epsilon: 6_000)
        try lab.divide("l-1", "l-2", rounds: 3, epsilon: 3_000)
        try lab.startJob("j", under: "l-2", by: "cy")
        return lab
    }

    @Test("A withdrawn licence stops all its parts, and the refusal names it")
    func withdrawal() throws {
        var lab = try divided()
        try lab.apply(lab.bid("t", for: "l-2"), by: "di")
        try lab.apply(lab.act("l", "withdraw"), by: "ada")
        let actions: [(any LabAction, String)] = [
            (try lab.nextRound(of: "j"), "coordinator"), (try lab.act("l-2", "note"), "cy"),
            (try lab.offer("t-2", of: "l-2"), "cy"), (try lab.accept("t"), "cy"),
            (try lab.division("l-2", "l-3", rounds: 1), "cy"),
        ]
        for (action, name) in actions {
            let refusal = try lab.refusal(of: action, by: name)
            #expect(refusal?.code == .contractAncestorEnded)
            #expect(refusal?.saw.first { $0.name == "ancestor" }?.text == "l")
        }
        try lab.apply(lab.withdrawal("t"), by: "di")
        #expect(try lab.balance(of: "di") == 10_000)
    }

    @Test("A part that is withdrawn leaves the whole as it is")
    func withdrawnPart() throws {
        var lab = try divided()
        try lab.apply(lab.act("l-1", "withdraw"), by: "ada")
        #expect(
            try lab.refusal(of: lab.act("l-2", "note"), by: "cy")?.code == .contractAncestorEnded)
        try lab.apply(lab.act("l", "note"), by: "cy")
    }

    @Test("A freeze that the members vote for stops a contract and its parts until they lift it")
    func freeze() throws {
        var lab = try divided()
        try lab.decide(.freeze(try ContractID("l-1"), reason: "Court of Basel, order 7/26"))
        #expect(try lab.contract("l-1").json["frozen"] == "Court of Basel, order 7/26")
        for name in ["l-1", "l-2"] {
            let refusal = try lab.refusal(of: lab.act(name, "note"), by: "cy")
            #expect(refusal?.code == .contractFrozen)
            #expect(refusal?.saw.last?.text == "Court of Basel, order 7/26")
        }
        #expect(
            try lab.refusal(of: lab.nextRound(of: "j"), by: "coordinator")?.code == .contractFrozen)
        #expect(
            try lab.refusal(of: lab.offer(of: "l-2"), by: "cy")?.code == .contractFrozen)
        try lab.apply(lab.act("l", "note"), by: "cy")
        try lab.decide(.unfreeze(try ContractID("l-1"), reason: "lifted"))
        try lab.apply(lab.act("l-2", "note"), by: "cy")
        try lab.apply(lab.nextRound(of: "j"), by: "coordinator")
    }

    @Test("A node opens no data for a round whose licence was frozen after the round had opened")
    func openingRefusal() throws {
        var lab = try divided()
        try lab.apply(lab.nextRound(of: "j"), by: "coordinator")
        let licence = try LicenceID("l-2")
        let request = TrainingRequest(
            purpose: "research", round: RoundID(job: try JobID("j"), number: 0), participants: 1)
        #expect(lab.state.openingRefusal(under: licence, request, at: lab.now) == nil)
        try lab.decide(.freeze(try ContractID("l"), reason: "an order"))
        let refusal = lab.state.openingRefusal(under: licence, request, at: lab.now)
        #expect(refusal?.code == .contractFrozen)
    }

    @Test("A round that is abandoned because of a freeze is given back all the same")
    func abandonment() throws {
        var lab = try divided()
        try lab.apply(lab.nextRound(of: "j"), by: "coordinator")
        #expect(try lab.left("l-2")["rounds"] == 2)
        try lab.decide(.freeze(try ContractID("l-2"), reason: "an order"))
        try lab.apply(lab.abandonment(ofRoundOf: "j"), by: "coordinator")
        #expect(try lab.left("l-2")["rounds"] == 3)
    }

    @Test("What is frozen is not frozen again, and what is not is not unfrozen")
    func proposals() throws {
        var lab = try divided()
        let id = try ContractID("l")
        #expect(
            try lab.refusal(of: OpenProposal(change: .unfreeze(id, reason: "lifted")), by: "ada")?
                .code == .wrongStage
        )
        let unknown = Proposal.Change.freeze(try ContractID("x"), reason: "an order")
        #expect(try lab.refusal(of: OpenProposal(change: unknown), by: "ada")?.code == .unknown)
        let change = Proposal.Change.freeze(id, reason: "an order")
        try lab.decide(change)
        #expect(try lab.refusal(of: OpenProposal(change: change), by: "ada")?.code == .wrongStage)
    }

    @Test(
        "While a trade waits for consent a freeze holds it up, and the buyer may have its money back"
    )
    func trade() throws {
        var lab = try TokenLab()
        try lab.license(freely: false)
        try lab.apply(lab.bid(), by: "di")
        try lab.apply(lab.accept(), by: "cy")
        try lab.decide(.freeze(try ContractID("l"), reason: "an order"))
        #expect(try lab.refusal(of: lab.consent(), by: "ada")?.code == .contractFrozen)
        try lab.apply(lab.withdrawal(), by: "di")
        #expect(try lab.balance(of: "di") == 10_000)
    }
}
