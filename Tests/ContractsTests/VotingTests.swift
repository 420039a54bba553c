import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Identity
import Testing

/// What the members decide together.
@Suite struct VotingTests {
    @Test("A majority is more than its fraction of the voters, and not the fraction itself")
    func thresholds() throws {
        let constitution = try CompiledContract(LibraryDocument.constitution.published())
        let now = TestLab.start.instant
        let terms = try #require(try TestLab().rows["contract/constitution"]?["terms"])
        let instance = try constitution.found(name: "constitution", terms: terms, now: now)
        func passes(_ action: String, yes: Int, of voters: Int) -> Bool {
            let input: JSONValue = [
                "yes": .integer(Int64(yes)), "no": 0, "voters": .integer(Int64(voters)),
            ]
            let call = ContractCall(
                action: action, sender: .lab, input: input, now: now, escrow: 0)
            return (try? constitution.take(call, on: instance)) != nil
        }
        for voters in 0...12 {
            for yes in 0...voters {
                #expect(passes("admit", yes: yes, of: voters) == (2 * yes > voters))
                #expect(passes("suspend", yes: yes, of: voters) == (3 * yes > 2 * voters))
                #expect(passes("amend", yes: yes, of: voters) == (3 * yes > 2 * voters))
                #expect(passes("stop", yes: yes, of: voters) == (3 * yes > voters))
            }
        }
    }

    @Test("A vote decides as soon as it is decided, one way or the other", arguments: 0...5, 0...5)
    func decidedAtOnce(yes: Int, no: Int) throws {
        guard yes + no <= 5 else { return }
        var lab = try TestLab()
        try lab.apply(OpenProposal(change: .suspend(try MemberID("flo"))), by: "ada")
        let voters = ["ada", "bo", "cy", "di", "ed"]
        let p = try ProposalID("p-1")
        var status = Proposal.Status.open
        for (position, voter) in voters.prefix(yes + no).enumerated() {
            guard status == .open else { break }
            try lab.apply(CastVote(proposal: p, approves: position < yes), by: voter)
            status = try #require(lab.state.members.proposals[p]?.status)
            let cast = position + 1
            let expected: Proposal.Status =
                3 * min(cast, yes) > 10 ? .passed : cast - min(cast, yes) >= 2 ? .failed : .open
            #expect(status == expected)
        }
        let suspended = lab.state.members[try MemberID("flo")]?.status == .suspended
        #expect(suspended == (status == .passed))
    }

    @Test("Each member votes once, an auditor not at all, a stranger is nobody")
    func whoVotes() throws {
        var lab = try TestLab()
        let p = try ProposalID("p-1")
        try lab.apply(OpenProposal(change: .suspend(try MemberID("bo"))), by: "ada")
        #expect(lab.rows["proposal/p-1"]?["votes"] == [], "opening is no vote")
        try lab.apply(CastVote(proposal: p, approves: true), by: "ada")
        for approves in [true, false] {
            #expect(
                try lab.refusal(of: CastVote(proposal: p, approves: approves), by: "ada")
                    == "proposal.already_voted: the rule is `each member votes once`; "
                    + "member is ada, proposal is p-1")
        }
        #expect(
            try lab.refusal(of: CastVote(proposal: p, approves: true), by: "flo")
                == "member.role: the rule is `the sender has a vote`; sender is flo")
        #expect(
            try lab.refusal(of: CastVote(proposal: try ProposalID("p-9"), approves: true), by: "bo")
                == "unknown: the rule is `the proposal exists`; proposal is p-9")
        let stranger = try lab.signed(CastVote(proposal: p, approves: true), by: "zoe")
        #expect(throws: TransactionError.unknownSender(.member(try MemberID("zoe")))) {
            try lab.execute(stranger)
        }
        #expect(
            try lab.refusal(of: CastVote(proposal: p, approves: true), by: "coordinator")
                == "wrong_sender: the rule is `the sender is a member`; sender is coordinator")
    }

    @Test("The votes of somebody who was suspended since count on neither side")
    func suspendedVotesDoNotCount() throws {
        var lab = try TestLab()
        // Two votes to suspend flo, one of them bo's; then bo is suspended.
        try lab.apply(OpenProposal(change: .suspend(try MemberID("flo"))), by: "ada")
        try lab.apply(OpenProposal(change: .suspend(try MemberID("bo"))), by: "ada")
        try lab.pass("p-1", by: ["ada", "bo"])
        try lab.pass("p-2", by: ["ada", "cy", "di", "ed"])
        #expect(lab.state.members.voters.count == 4)
        // Three of four are needed now; with bo's there would be three after cy's.
        try lab.pass("p-1", by: ["cy"])
        #expect(lab.rows["proposal/p-1"]?["status"] == "open")
        try lab.pass("p-1", by: ["di"])
        #expect(lab.rows["proposal/p-1"]?["status"] == "passed")
        #expect(
            try lab.refusal(of: CastVote(proposal: try ProposalID("p-1"), approves: true), by: "bo")
                == "member.suspended: the rule is `member.status == active`; member is bo, "
                + "member.status is suspended")
    }

    @Test("A suspended member comes back by vote, with new keys where the old ones were stolen")
    func reinstatement() throws {
        var lab = try TestLab()
        let bo = try MemberID("bo")
        try lab.apply(OpenProposal(change: .suspend(bo)), by: "ada")
        try lab.pass("p-1", by: ["ada", "cy", "di", "ed"])
        #expect(
            try lab.refusal(of: try lab.dataset("bo"), by: "bo")
                == "member.suspended: the rule is `member.status == active`; member is bo, "
                + "member.status is suspended")
        let fresh = TestLab.MemberSecrets("bo again")
        try lab.apply(OpenProposal(change: .reinstate(bo, keys: fresh.keys)), by: "ada")
        try lab.pass("p-2", by: ["ada", "cy", "di"])
        #expect(lab.state.members[bo]?.status == .active)
        #expect(lab.state.members[bo]?.keys == fresh.keys)
        lab.keys[bo] = fresh
        try lab.apply(try lab.dataset("bo"), by: "bo")
    }

    @Test("A suspended member comes back with its old keys where none are named")
    func reinstatementWithOldKeys() throws {
        var lab = try TestLab()
        let bo = try MemberID("bo")
        try lab.apply(OpenProposal(change: .suspend(bo)), by: "ada")
        try lab.pass("p-1", by: ["ada", "cy", "di", "ed"])
        try lab.apply(OpenProposal(change: .reinstate(bo, keys: nil)), by: "ada")
        try lab.pass("p-2", by: ["ada", "cy", "di"])
        try lab.apply(try lab.dataset("bo"), by: "bo")
    }

    @Test("A proposal that makes no sense is not opened")
    func openingRefusals() throws {
        var lab = try TestLab()
        let bo = try MemberID("bo")
        #expect(
            try lab.refusal(of: OpenProposal(change: .suspend(bo)), by: "flo")
                == "member.role: the rule is `the sender has a vote`; sender is flo")
        #expect(
            try lab.refusal(of: OpenProposal(change: .suspend(try MemberID("zoe"))), by: "ada")
                == "unknown: the rule is `the member exists`; member is zoe")
        #expect(
            try lab.refusal(of: OpenProposal(change: .reinstate(bo, keys: nil)), by: "ada")
                == "wrong_stage: the rule is `member.status == suspended`; member is bo")
        #expect(throws: TransactionError.self) {
            try lab.signed(OpenProposal(change: .admit(bo)), by: "ada")
        }
        try lab.apply(LeaveLab(), by: "bo")
        #expect(
            try lab.refusal(of: OpenProposal(change: .suspend(bo)), by: "ada")
                == "member.suspended: the rule is `member.status == active`; member is bo, "
                + "member.status is left")
    }

    @Test("The vote that would decide something impossible is refused, and changes nothing")
    func impossibleDecisions() throws {
        var lab = try TestLab()
        let bo = try MemberID("bo")
        // bo leaves while its suspension is voted on.
        try lab.apply(OpenProposal(change: .suspend(bo)), by: "ada")
        try lab.pass("p-1", by: ["ada", "cy"])
        try lab.apply(LeaveLab(), by: "bo")
        #expect(
            try lab.refusal(of: CastVote(proposal: try ProposalID("p-1"), approves: true), by: "di")
                == "member.suspended: the rule is `member.status == active`; member is bo, "
                + "member.status is left")
        #expect(lab.rows["proposal/p-1"]?["status"] == "open")
        #expect(lab.rows["proposal/p-1"]?["votes"]?.array?.count == 2)
    }

    @Test("An applicant whose key was taken in the meantime is not admitted")
    func takenKeys() throws {
        var lab = try TestLab()
        let ada = try MemberID("ada")
        try lab.apply(ApplyForMembership(card: try TestLab.card("gil")), by: "gil")
        let gil = TestLab.MemberSecrets("gil")
        try lab.apply(
            RotateKeys(
                signing: TestLab.MemberSecrets("ada").signing, cosigner: gil.cosigner, member: ada,
                lab: TestLab.id), by: "ada")
        try lab.pass("p-1", by: ["ada", "bo"])
        #expect(
            try lab.refusal(of: CastVote(proposal: try ProposalID("p-1"), approves: true), by: "cy")
                == "already_exists: the rule is `no two members share a key`; member is ada")
    }

    @Test("Two members suspend each other, and the lab keeps its last one")
    func theLastIsNotSuspended() throws {
        var rules = Rules()
        rules.suspension = .majority
        var lab = try TestLab([("ada", [.dataOwner]), ("bo", [.auditor])], rules: rules)
        try lab.apply(OpenProposal(change: .suspend(try MemberID("ada"))), by: "ada")
        try lab.apply(LeaveLab(), by: "bo")
        #expect(
            try lab.refusal(
                of: CastVote(proposal: try ProposalID("p-1"), approves: true), by: "ada")
                == "limit: the rule is `a lab keeps at least one member with a vote`; member is ada"
        )
    }

    @Test("Rules are amended by vote, and what they say holds from the next transaction on")
    func amendment() throws {
        var lab = try TestLab()
        var rules = Rules()
        rules.validationsMin = 0
        rules.transactionLifetimeMaxMilliseconds = 30_000
        try lab.apply(OpenProposal(change: .amend(rules)), by: "ada")
        try lab.pass("p-1", by: ["ada", "bo", "cy", "di"])
        #expect(lab.state.lab.rules == rules)
        #expect(lab.rows["lab"]?["rules"] == rules.json)
        #expect(
            try lab.refusal(of: LeaveLab(), by: "bo")?.hasPrefix("transaction.lifetime:") == true)
    }

    @Test("A member can have only so many proposals open at a time")
    func proposalsAreBounded() throws {
        var lab = try TestLab()
        var refused: String?
        var opened = 0
        while refused == nil, opened < 1_000 {
            refused = try lab.refusal(
                of: OpenProposal(change: .suspend(try MemberID("flo"))), by: "ada")
            opened += 1
        }
        #expect(refused?.hasPrefix("limit: the rule is `open proposals of the sender <") == true)
        // The others still can, and so can ada when one has been decided.
        try lab.apply(OpenProposal(change: .suspend(try MemberID("flo"))), by: "bo")
        for voter in ["bo", "cy"] {
            try lab.apply(CastVote(proposal: try ProposalID("p-1"), approves: false), by: voter)
        }
        try lab.apply(OpenProposal(change: .suspend(try MemberID("flo"))), by: "ada")
        lab.now = lab.now.advanced(byMilliseconds: Rules().proposalLifetimeMilliseconds)
        for _ in 0..<5 {
            try lab.apply(OpenProposal(change: .suspend(try MemberID("flo"))), by: "ada")
        }
    }

    @Test("Votes that were too few are enough once there are fewer voters, and are counted at once")
    func recountedAndPassed() throws {
        var lab = try TestLab()
        try lab.apply(OpenProposal(change: .suspend(try MemberID("flo"))), by: "ada")
        try lab.pass("p-1", by: ["ada", "bo", "cy"])
        let p = try ProposalID("p-1")
        #expect(lab.state.members.proposals[p]?.status == .open, "3 of 5 are not two thirds")
        let left = try lab.apply(LeaveLab(), by: "ed")
        #expect(lab.state.members.proposals[p]?.status == .passed)
        #expect(lab.state.members[try MemberID("flo")]?.status == .suspended)
        guard case .applied(let decisions, let changed, _) = left.outcome else { return }
        #expect(changed.contains("proposal/p-1"))
        #expect(decisions.contains { $0.rule.contains("action suspend") })
    }

    @Test("A proposal that nobody left could carry has failed, as soon as they have gone")
    func recountedAndFailed() throws {
        var lab = try TestLab()
        let p = try ProposalID("p-1")
        try lab.apply(OpenProposal(change: .appoint(try MemberID("ada"))), by: "ada")
        for voter in ["ada", "bo"] {
            try lab.apply(CastVote(proposal: p, approves: false), by: voter)
        }
        #expect(lab.state.members.proposals[p]?.status == .open)
        try lab.apply(LeaveLab(), by: "cy")
        #expect(lab.state.members.proposals[p]?.status == .failed)
    }

    @Test(
        "One change of the electorate may decide several proposals, each of which changes it again")
    func recountedInTurn() throws {
        var lab = try TestLab()
        // With five voters four must agree, with four three, and with three all.
        for (number, member) in ["di", "ed"].enumerated() {
            try lab.apply(OpenProposal(change: .suspend(try MemberID(member))), by: "ada")
            try lab.pass("p-\(number + 1)", by: ["ada", "bo", "cy"])
        }
        try lab.apply(OpenProposal(change: .suspend(try MemberID("flo"))), by: "ada")
        try lab.pass("p-3", by: ["ada", "bo"])
        try lab.apply(LeaveLab(), by: "di")
        let status = try (1...3).map { number in
            lab.state.members.proposals[try ProposalID("p-\(number)")]?.status
        }
        // `di` has left, and can be suspended no more: that one stays as it was.
        #expect(status == [.open, .passed, .open])
        #expect(lab.state.members.voters.map(\.text) == ["ada", "bo", "cy"])
    }

    @Test("What has run out is not counted again")
    func recountedTooLate() throws {
        var lab = try TestLab()
        try lab.apply(OpenProposal(change: .suspend(try MemberID("flo"))), by: "ada")
        try lab.pass("p-1", by: ["ada", "bo", "cy"])
        lab.now = lab.now.advanced(byMilliseconds: lab.state.lab.rules.proposalLifetimeMilliseconds)
        try lab.apply(LeaveLab(), by: "ed")
        #expect(lab.state.members.proposals[try ProposalID("p-1")]?.status == .open)
        #expect(lab.state.members[try MemberID("flo")]?.status == .active)
    }

    @Test("Proposals are listed by their numbers")
    func numbered() throws {
        var lab = try TestLab()
        for voter in ["ada", "bo"] {
            for _ in 0..<6 {
                try lab.apply(OpenProposal(change: .appoint(try MemberID("cy"))), by: voter)
            }
        }
        #expect(lab.state.members.allProposals.map(\.id.text) == (1...12).map { "p-\($0)" })
    }
}
