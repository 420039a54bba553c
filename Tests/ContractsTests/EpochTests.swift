import Contracts
import Encodings
import Identity
import Testing

/// Who may coordinate the lab next.
@Suite struct EpochTests {
    private func card(_ name: String, address: String? = nil) -> CoordinatorCard {
        let secrets = TestLab.MemberSecrets(name)
        return CoordinatorCard(
            log: secrets.cosigner, service: secrets.signing, address: address, lab: TestLab.id)
    }

    private func propose(_ card: CoordinatorCard, in lab: inout TestLab) throws -> String {
        try lab.apply(OpenProposal(change: .changeCoordinator(card)), by: "ada")
        return "p-\(lab.state.members.proposals.count)"
    }

    @Test("The members change the coordinator by the majority for amendments, at the batch's end")
    func decided() throws {
        var lab = try TestLab()
        let before = lab.state.lab.coordinator
        let p = try propose(card("new", address: "https://new.example"), in: &lab)
        try lab.pass(p, by: ["ada", "bo", "cy"])
        #expect(lab.state.members.proposals[try ProposalID(p)]?.status == .open)
        let vote = try lab.apply(CastVote(proposal: try ProposalID(p), approves: true), by: "di")
        #expect(lab.state.lab.coordinator == before)
        guard case .applied(_, _, let events) = vote.outcome else { return }
        #expect(events.map { $0.json["event"] } == ["epoch"])

        lab.endBatch()
        #expect(lab.state.lab.coordinator == card("new").keys)
        #expect(lab.state.lab.address == "https://new.example")
        #expect(lab.rows["lab"]?["epoch"] == 2)
        let epochs = try #require(lab.rows["lab"]?["epochs"]?.array)
        #expect(epochs.map { $0["after"]?.integer } == [0, Int64(lab.index)])
        #expect(epochs.map { $0["epoch"] } == [1, 2])
        lab.endBatch()
        #expect(lab.state.lab.epochs.count == 2)
    }

    @Test("A stopped lab can still change its coordinator")
    func whileStopped() throws {
        var lab = try TestLab()
        try lab.apply(OpenProposal(change: .stop(reason: "a stolen key")), by: "ada")
        try lab.pass("p-1", by: ["ada", "bo"])
        let p = try propose(card("new"), in: &lab)
        try lab.pass(p, by: ["ada", "bo", "cy", "di"])
        lab.endBatch()
        #expect(lab.state.lab.origin.epoch == 2)
        #expect(lab.rows["contract/constitution"]?["stage"] == "stopped")
    }

    @Test("Nobody proposes keys that their holder has not signed, or that counted before")
    func badCards() throws {
        var lab = try TestLab()
        var object = try #require(card("new").json.object)
        object["address"] = "https://thief.example"
        var fields = try JSONFields(.object(object))
        let forged = try CoordinatorCard(&fields)
        for (card, code) in [
            (forged, Refusal.Code.wrongValue),
            (
                CoordinatorCard(
                    log: TestLab.MemberSecrets("new").cosigner,
                    service: TestLab.MemberSecrets("new").signing,
                    address: nil, lab: LabID(leafHash: [UInt8](repeating: 9, count: 32))),
                .wrongValue
            ),
            (
                CoordinatorCard(
                    log: TestLab.MemberSecrets("coordinator").signing,
                    service: TestLab.MemberSecrets("new").signing, address: nil, lab: TestLab.id),
                .alreadyExists
            ),
        ] {
            let receipt = try lab.execute(
                OpenProposal(change: .changeCoordinator(card)), by: "ada")
            #expect(receipt.refusal?.code == code)
        }
    }

    @Test("Of two changes only one is made, whichever is decided first")
    func twice() throws {
        var lab = try TestLab()
        let first = try propose(card("new"), in: &lab)
        let second = try propose(card("other"), in: &lab)
        try lab.pass(first, by: ["ada", "bo", "cy", "di"])
        try lab.pass(second, by: ["ada", "bo", "cy"])
        let last = CastVote(proposal: try ProposalID(second), approves: true)
        #expect(try lab.execute(last, by: "di").refusal?.code == .wrongStage)
        lab.endBatch()
        try lab.apply(last, by: "di")
        lab.endBatch()
        #expect(lab.state.lab.origin.epoch == 3)
        // And nobody comes back with a key that counted once.
        let back = try lab.execute(
            OpenProposal(change: .changeCoordinator(card("new"))), by: "ada")
        #expect(back.refusal?.code == .alreadyExists)
    }

    @Test("A card reads as it is written, and refuses an address that is none")
    func json() throws {
        for address in [nil, "https://new.example:8443/lab"] {
            let card = card("new", address: address)
            var fields = try JSONFields(card.json)
            #expect(try CoordinatorCard(&fields) == card)
        }
        #expect(throws: JSONShapeError.self) {
            var fields = try JSONFields(card("new", address: "ftp://new.example").json)
            _ = try CoordinatorCard(&fields)
        }
    }
}
