import ContractLibrary
import Contracts
import Encodings
import Identity
import Randomness
import Testing

/// How members come, change and go.
@Suite struct MembershipTests {
    // MARK: - Founding

    @Test("A lab begins with its founders, all of them active")
    func founding() throws {
        let lab = try TestLab()
        #expect(lab.state.members.all.map(\.id.text) == ["ada", "bo", "cy", "di", "ed", "flo"])
        #expect(lab.state.members.all.allSatisfy { $0.status == .active })
        #expect(lab.state.members.voters.map(\.text) == ["ada", "bo", "cy", "di", "ed"])
        #expect(lab.state.cosigners.newest.map(\.keys.count) == [6])
        #expect(lab.rows["lab"]?["title"] == "Test lab")
        #expect(lab.rows["lab"]?["epoch"] == 1)
        #expect(lab.rows["member/ada"]?["status"] == "active")
    }

    @Test("A lab is founded once")
    func foundedOnce() throws {
        var lab = try TestLab()
        #expect(
            try lab.refusal(of: TestLab.founding(), by: "ada")
                == "wrong_stage: the rule is `a lab is founded once, by its first entry`; "
                + "index is \(lab.index - 1)")
    }

    @Test("Two founders of one name or one key found no lab")
    func foundersDiffer() throws {
        let founding = try TestLab.founding()
        let twice = try FoundLab(
            title: "x", origin: founding.origin, coordinator: founding.coordinator,
            constitution: LibraryDocument.constitution.published(), rules: Rules(), founders: [founding.founders[0], founding.founders[0]])
        let error = #expect(throws: Refusal.self) {
            try LabState(founding: twice, id: TestLab.id, at: TestLab.start)
        }
        #expect(
            error?.description
                == "already_exists: the rule is `the name is free`; member is ada")
        let stolen = MemberCard(
            member: try MemberID("zoe"), title: "Zoe", category: .data, roles: [],
            keys: founding.founders[0].keys)
        let sharing = try FoundLab(
            title: "x", origin: founding.origin, coordinator: founding.coordinator,
            constitution: LibraryDocument.constitution.published(), rules: Rules(), founders: [founding.founders[0], stolen])
        let other = #expect(throws: Refusal.self) {
            try LabState(founding: sharing, id: TestLab.id, at: TestLab.start)
        }
        #expect(
            other?.description
                == "already_exists: the rule is `no two members share a key`; member is ada")
    }

    // MARK: - Applying

    @Test("Somebody who applies is admitted when more than half of the voters agree")
    func admission() throws {
        var lab = try TestLab()
        let receipt = try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        guard case .applied(_, let changed, _) = receipt.outcome else { return }
        #expect(changed == ["application/gil", "proposal/p-1"])
        #expect(lab.rows["application/gil"]?["status"] == "open")
        try lab.pass("p-1", by: ["ada", "bo"])
        #expect(lab.state.members[try MemberID("gil")] == nil)
        try lab.pass("p-1", by: ["cy"])
        #expect(lab.state.members[try MemberID("gil")]?.status == .active)
        #expect(lab.rows["application/gil"]?["status"] == "admitted")
        #expect(lab.rows["proposal/p-1"]?["status"] == "passed")
        #expect(lab.rows["member/gil"]?["since"] == TestLab.start.json)
        #expect(
            try lab.refusal(of: CastVote(proposal: try ProposalID("p-1"), approves: true), by: "di")
                == "wrong_stage: the rule is `proposal.status == open`; proposal is p-1, "
                + "proposal.status is passed")
    }

    @Test("Somebody who applies is declined as soon as no majority can come any more")
    func declined() throws {
        var lab = try TestLab()
        try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        for voter in ["ada", "bo", "cy"] {
            try lab.apply(
                CastVote(proposal: try ProposalID("p-1"), approves: false), by: voter)
        }
        #expect(lab.rows["application/gil"]?["status"] == "declined")
        #expect(lab.rows["proposal/p-1"]?["status"] == "failed")
        // And may try again.
        try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        #expect(lab.rows["application/gil"]?["proposal"] == "p-2")
    }

    @Test("An application that nobody decided in time can be made again")
    func undecidedApplications() throws {
        var lab = try TestLab()
        try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        #expect(
            try lab.refusal(of: ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
                == "already_exists: the rule is `the member has no open application`; "
                + "member is gil, proposal is p-1")
        lab.now = lab.now.advanced(byMilliseconds: Rules().proposalLifetimeMilliseconds)
        #expect(
            try lab.refusal(
                of: CastVote(proposal: try ProposalID("p-1"), approves: true), by: "ada")
                == "wrong_stage: the rule is `now < proposal.closes`; now is \(lab.now), "
                + "proposal.closes is \(lab.now)")
        try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        try lab.pass("p-2", by: ["ada", "bo", "cy"])
        #expect(lab.state.members[try MemberID("gil")]?.status == .active)
    }

    @Test("An institution applies for itself, under a free name and with keys of its own")
    func applicationRefusals() throws {
        var lab = try TestLab()
        let byHal = try lab.signed(
            ApplyForMembership(card: try TestLab.card("gil")), by: "hal",
            with: TestLab.MemberSecrets("gil").signing)
        #expect(
            try lab.execute(byHal).refusal?.description
                == "wrong_sender: the rule is `an institution applies for itself`; "
                + "sender is hal, member is gil")
        #expect(
            try lab.refusal(of: ApplyForMembership(card: try TestLab.card("ada")), by: "ada")
                == "already_exists: the rule is `the name is free`; member is ada")
        let card = try TestLab.card("gil")
        for keys in [
            MemberKeys(
                signing: card.keys.signing, cosigner: TestLab.MemberSecrets("bo").keys.cosigner),
            MemberKeys(
                signing: card.keys.signing, cosigner: TestLab.MemberSecrets("bo").keys.signing),
        ] {
            let copy = MemberCard(
                member: card.member, title: card.title, category: .data, roles: [], keys: keys)
            #expect(
                try lab.refusal(of: ApplyForMembership(card: copy), by: "gil")
                    == "already_exists: the rule is `no two members share a key`; member is bo")
        }
    }

    @Test("An application is signed with the key that would be the member's")
    func applicationSignature() throws {
        var lab = try TestLab()
        let other = TestLab.MemberSecrets("other").signing
        let signed = try lab.signed(
            ApplyForMembership(card: try TestLab.card("gil")), by: "gil", with: other)
        #expect(throws: TransactionError.wrongSignature(.member(try MemberID("gil")))) {
            try lab.execute(signed)
        }
    }

    @Test("An invitation counts as the inviter's vote, while it stands")
    func invitations() throws {
        var lab = try TestLab()
        let expires = lab.now.advanced(byMilliseconds: 1_000)
        for name in ["gil", "hal", "ivy"] {
            try lab.apply(
                InviteMember(member: try MemberID(name), title: name, expires: expires), by: "ada")
        }
        #expect(lab.rows["invitation/gil"]?["by"] == "ada")
        try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        #expect(lab.rows["application/gil"]?["sponsor"] == "ada")
        #expect(lab.rows["proposal/p-1"]?["votes"]?.array?.count == 1)
        try lab.pass("p-1", by: ["bo", "cy"])
        #expect(lab.state.members[try MemberID("gil")]?.status == .active)

        // The inviter cannot vote a second time.
        try lab.apply(ApplyForMembership(card: try TestLab.card("hal")), by: "hal")
        #expect(
            try lab.refusal(
                of: CastVote(proposal: try ProposalID("p-2"), approves: true), by: "ada")
                == "proposal.already_voted: the rule is `each member votes once`; "
                + "member is ada, proposal is p-2")

        lab.now = expires
        try lab.apply(ApplyForMembership(card: try TestLab.card("ivy")), by: "ivy")
        #expect(lab.rows["application/ivy"]?["sponsor"] == nil)
        #expect(lab.rows["proposal/p-3"]?["votes"] == [])
    }

    @Test("A sponsor that was suspended in the meantime does not vote")
    func suspendedSponsor() throws {
        var lab = try TestLab()
        try lab.apply(
            InviteMember(
                member: try MemberID("gil"), title: "Gil",
                expires: lab.now.advanced(byMilliseconds: 60_000)), by: "ada")
        try lab.apply(OpenProposal(change: .suspend(try MemberID("ada"))), by: "bo")
        try lab.pass("p-1", by: ["bo", "cy", "di", "ed"])
        try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        #expect(lab.rows["proposal/p-2"]?["votes"] == [])
    }

    @Test("An invitation is refused to a member, by an auditor, or for the past")
    func invitationRefusals() throws {
        var lab = try TestLab()
        let later = lab.now.advanced(byMilliseconds: 1)
        #expect(
            try lab.refusal(
                of: InviteMember(member: try MemberID("gil"), title: "x", expires: later), by: "flo"
            )
                == "member.role: the rule is `the sender has a vote`; sender is flo")
        #expect(
            try lab.refusal(
                of: InviteMember(member: try MemberID("bo"), title: "x", expires: later), by: "ada")
                == "already_exists: the rule is `no member has the name`; member is bo")
        #expect(
            try lab.refusal(
                of: InviteMember(member: try MemberID("gil"), title: "x", expires: lab.now),
                by: "ada")
                == "wrong_value: the rule is `now < expires`; now is \(lab.now), "
                + "expires is \(lab.now)")
        #expect(
            try lab.refusal(
                of: InviteMember(member: try MemberID("gil"), title: "x", expires: later),
                by: "coordinator")
                == "wrong_sender: the rule is `the sender is a member`; sender is coordinator")
    }

    @Test(
        "Strangers cannot fill the lab's state with applications; an invitation still opens the door"
    )
    func applicationsAreBounded() throws {
        var lab = try TestLab()
        var refused: String?
        for number in 0..<200 where refused == nil {
            refused = try lab.refusal(
                of: ApplyForMembership(card: try TestLab.card("stranger-\(number)")),
                by: "stranger-\(number)")
        }
        let refusal = try #require(refused)
        #expect(refusal.hasPrefix("limit: the rule is `open applications without an invitation <"))
        try lab.apply(
            InviteMember(
                member: try MemberID("gil"), title: "Gil",
                expires: lab.now.advanced(byMilliseconds: 60_000)), by: "ada")
        try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        // What has been declined, or has run out, makes room.
        for voter in ["ada", "bo", "cy"] {
            try lab.apply(CastVote(proposal: try ProposalID("p-1"), approves: false), by: voter)
        }
        try lab.apply(ApplyForMembership(card: try TestLab.card("last")), by: "last")
    }

    @Test("A lab has no more members than a certificate has room for")
    func membersAreBounded() throws {
        var rules = Rules()
        rules.participantsMin = 1
        var lab = try TestLab([("ada", [.dataOwner])], rules: rules)
        var refused: String?
        for number in 1..<100 where refused == nil {
            let name = "m-\(number)"
            refused = try lab.refusal(
                of: ApplyForMembership(card: try TestLab.card(name, [.auditor])), by: name)
            if refused == nil {
                refused = try lab.refusal(
                    of: CastVote(proposal: try ProposalID("p-\(number)"), approves: true),
                    by: "ada")
            }
        }
        let refusal = try #require(refused)
        #expect(refusal.hasPrefix("limit: the rule is `active members <"))
        let active = lab.state.members.all.count { $0.status == .active }
        // A certificate during a change has two cosignatures of each, and the log's signature; a
        // note holds 128.
        #expect(2 * active + 1 <= 128)
    }

    // MARK: - Leaving

    @Test("A member may leave, and then asks for nothing any more")
    func leaving() throws {
        var lab = try TestLab()
        try lab.apply(LeaveLab(), by: "ada")
        #expect(lab.rows["member/ada"]?["status"] == "left")
        #expect(
            try lab.refusal(of: LeaveLab(), by: "ada")
                == "member.suspended: the rule is `member.status == active`; member is ada, "
                + "member.status is left")
        #expect(
            try lab.refusal(of: ApplyForMembership(card: try TestLab.card("ada")), by: "ada")
                == "already_exists: the rule is `the name is free`; member is ada")
    }

    @Test("The last active member stays")
    func theLastStays() throws {
        var lab = try TestLab([("ada", [.dataOwner]), ("bo", [.auditor])])
        try lab.apply(LeaveLab(), by: "bo")
        #expect(
            try lab.refusal(of: LeaveLab(), by: "ada")
                == "limit: the rule is `a lab keeps at least one member with a vote`; "
                + "other members with a vote is 0")
    }

    // MARK: - Keys

    @Test("A member changes both its keys, and signs with the new one from then on")
    func rotation() throws {
        var lab = try TestLab()
        let fresh = TestLab.MemberSecrets("ada again")
        let ada = try MemberID("ada")
        try lab.apply(
            RotateKeys(
                signing: fresh.signing, cosigner: fresh.cosigner, member: ada, lab: TestLab.id),
            by: "ada")
        #expect(lab.state.members[ada]?.keys == fresh.keys)
        let old = try lab.signed(
            LeaveLab(), by: "ada", with: TestLab.MemberSecrets("ada").signing)
        #expect(throws: TransactionError.wrongSignature(.member(ada))) { try lab.execute(old) }
        lab.keys[ada] = fresh
        try lab.apply(try lab.dataset("ada"), by: "ada")
    }

    @Test("A member may keep one of its keys")
    func rotatingOneKey() throws {
        var lab = try TestLab()
        let fresh = TestLab.MemberSecrets("ada again")
        let ada = try MemberID("ada")
        try lab.apply(
            RotateKeys(
                signing: TestLab.MemberSecrets("ada").signing, cosigner: fresh.cosigner,
                member: ada, lab: TestLab.id), by: "ada")
        #expect(lab.state.members[ada]?.keys.cosigner == fresh.keys.cosigner)
    }

    @Test("New keys must be one's own, free, and show that one holds them")
    func rotationRefusals() throws {
        var lab = try TestLab()
        let ada = try MemberID("ada")
        let fresh = TestLab.MemberSecrets("ada again")
        let bo = TestLab.MemberSecrets("bo")
        #expect(
            try lab.refusal(
                of: RotateKeys(
                    signing: fresh.signing, cosigner: bo.cosigner, member: ada, lab: TestLab.id),
                by: "ada")
                == "already_exists: the rule is `no two members share a key`; member is bo")
        let forOther = RotateKeys(
            signing: fresh.signing, cosigner: fresh.cosigner, member: try MemberID("bo"),
            lab: TestLab.id)
        #expect(
            try lab.refusal(of: forOther, by: "ada")
                == "wrong_value: the rule is `the new signing key signs for itself`; "
                + "key is \(fresh.signing.publicKey.id)")
        let elsewhere = RotateKeys(
            signing: fresh.signing, cosigner: fresh.cosigner, member: ada,
            lab: LabID(leafHash: [UInt8](repeating: 1, count: 32)))
        #expect(try lab.refusal(of: elsewhere, by: "ada")?.hasPrefix("wrong_value:") == true)

        // The cosigner's proof is another key's.
        let good = RotateKeys(
            signing: fresh.signing, cosigner: fresh.cosigner, member: ada, lab: TestLab.id)
        guard case .object(var input) = good.input else { return }
        input["cosignerProof"] = input["signingProof"]
        var fields = try JSONFields(.object(input))
        let forged = try RotateKeys(&fields)
        #expect(
            try lab.refusal(of: forged, by: "ada")
                == "wrong_value: the rule is `the new cosigner key signs for itself`; "
                + "key is \(fresh.cosigner.publicKey.id)")
    }

    @Test("A member's two keys are never one")
    func keysDiffer() throws {
        let key = TestLab.MemberSecrets("ada").keys.signing.base64
        var fields = try JSONFields(["keys": ["signing": .string(key), "cosigner": .string(key)]])
        #expect(
            throws: JSONShapeError(
                path: "keys.cosigner", problem: "should not be the key that signs transactions")
        ) { try MemberKeys(&fields, "keys") }
    }
}
