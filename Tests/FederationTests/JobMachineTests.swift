import ContractLibrary
import Contracts
import Encodings
import Federation
import Identity
import Ledger
import Testing

@Suite struct JobMachineTests {
    private static let owners = FederatedLab.owners

    /// A lab with a running job, whose coordinator does not run it: nobody is connected.
    private static func lab(
        participantsMin: Int = 2, plan: [RoundTask] = [.train, .train]
    ) throws -> FederatedLab {
        var lab = try FederatedLab()
        try lab.start(participantsMin: participantsMin, plan: plan)
        return lab
    }

    private static func members(_ names: [String]) throws -> Set<MemberID> {
        Set(try names.map { try MemberID($0) })
    }

    private static func advance(
        _ machine: inout JobMachine, _ lab: FederatedLab, connected: [String] = owners
    ) throws -> [String] {
        machine.advance(
            lab.state, lab.machine.finality, at: lab.now, connected: try members(connected)
        ).map(describe)
    }

    /// A command in one line.
    private static func describe(_ command: JobMachine.Command) -> String {
        switch command {
        case .submit(let action):
            "submit \(type(of: action).name) "
                + String(decoding: action.input.canonicalBytes, as: UTF8.self)
        case .sendTask(let task, let members):
            "task \(task.round) of \(task.index) to \(members.map(\.text).joined(separator: " "))"
        case .wake(let round, let delay): "wake \(round) after \(delay)"
        case .wakeToOpen(let delay): "wake to open after \(delay)"
        case .wakeForOwners(let delay): "wake for owners after \(delay)"
        case .sumAhead(let round, _, let updates):
            "sum ahead \(updates.map(\.member)) of \(round.id)"
        case .aggregate(let round, let job): "aggregate \(round.id) of \(job.id)"
        }
    }

    private static func open(_ number: Int, _ names: [String], base: String = "") -> String {
        let participants = names.map { "\"\($0)\"" }.joined(separator: ",")
        return "submit round.open {\(base)\"job\":\"j-1\",\"participants\":[\(participants)],"
            + "\"round\":\(number),\"task\":\"train\"}"
    }

    // MARK: - Opening

    @Test("When everybody is there the next round is opened at once")
    func opens() throws {
        var machine = JobMachine(try JobID("j-1"))
        #expect(
            try Self.advance(&machine, Self.lab(), connected: FederatedLab.members)
                == [Self.open(0, ["ada", "bo", "ed"])])
    }

    @Test("Who is missing is waited for, and then the round is opened without them")
    func gathers() throws {
        let lab = try Self.lab()
        var machine = JobMachine(try JobID("j-1"))
        #expect(
            try Self.advance(&machine, lab, connected: ["ada", "ed"])
                == ["wake to open after 5000"])
        #expect(try Self.advance(&machine, lab, connected: ["ada", "ed"]) == [], "woken once")
        machine.gathered()
        #expect(
            try Self.advance(&machine, lab, connected: ["ada", "ed"])
                == [Self.open(0, ["ada", "ed"])])
    }

    @Test("With too few there, a round waits as long as it takes")
    func waits() throws {
        let lab = try Self.lab()
        var machine = JobMachine(try JobID("j-1"))
        #expect(
            try Self.advance(&machine, lab, connected: []) == ["wake to open after 5000"])
        machine.gathered()
        #expect(try Self.advance(&machine, lab, connected: ["bo"]) == [])
        #expect(
            try Self.advance(&machine, lab, connected: ["bo", "ada"])
                == [Self.open(0, ["ada", "bo"])])
    }

    @Test("A withdrawn licence leaves its owner out, and a suspended member too")
    func leavesOut() throws {
        var lab = try Self.lab()
        try lab.submit(
            TakeContractAction.withdraw(LicenceID("l-bo"), reason: "changed our mind"), by: "bo")
        var machine = JobMachine(try JobID("j-1"))
        #expect(try Self.advance(&machine, lab) == [Self.open(0, ["ada", "ed"])])

        lab = try Self.lab()
        try lab.submit(OpenProposal(change: .suspend(MemberID("ed"))), by: "ada")
        for voter in ["ada", "bo", "cy"] {
            try lab.submit(CastVote(proposal: ProposalID("p-1"), approves: true), by: voter)
        }
        machine = JobMachine(try JobID("j-1"))
        #expect(try Self.advance(&machine, lab) == [Self.open(0, ["ada", "bo"])])
    }

    @Test("A licence that has expired leaves its owner out")
    func expired() throws {
        var lab = try Self.lab()
        let expires = FederatedLab.start.advanced(byMilliseconds: 60_000)
        try lab.license(
            "bo", as: "l-short", roundsMax: 10, purposes: ["research"], expires: expires)
        try lab.start("j-2", licences: ["l-ada", "l-short", "l-ed"], plan: [.train])
        var machine = JobMachine(try JobID("j-2"))
        lab.now = expires.advanced(byMilliseconds: -1)
        #expect(try Self.advance(&machine, lab).first?.contains(#"["ada","bo","ed"]"#) == true)
        lab.now = expires
        #expect(try Self.advance(&machine, lab).first?.contains(#"["ada","ed"]"#) == true)
    }

    @Test("With too few licences left it is tried with all, so that the refusal says which")
    func tooFewLicences() throws {
        var lab = try Self.lab(participantsMin: 3)
        // Nobody is there, and nobody is waited for: it would be for nothing.
        try lab.submit(
            TakeContractAction.withdraw(LicenceID("l-bo"), reason: "changed our mind"), by: "bo")
        #expect(lab.refusals.map(\.action) == ["round.open"])
        let refusal = try #require(lab.refusals.first?.refusal)
        #expect(refusal.code == .wrongStage)
        #expect(refusal.rule == "licence l-bo, action train: stage is active or exhausted")
        #expect(try lab.job().status == .abandoned)
        #expect(try lab.job().reason == "round.open refused: \(refusal)")
    }

    @Test("A job whose plan has been run through is completed, and then left alone")
    func completes() throws {
        var lab = try Self.lab(plan: [.train])
        try lab.connect()
        try lab.runRound(0)
        #expect(try lab.job().status == .complete)
        #expect(try lab.job().weights == FederatedLab.digest(1))
        var machine = JobMachine(try JobID("j-1"))
        #expect(try Self.advance(&machine, lab) == [])
        var unknown = JobMachine(try JobID("j-2"))
        #expect(try Self.advance(&unknown, lab) == [])
    }

    @Test("The next round starts from the model of the one before")
    func chain() throws {
        var lab = try Self.lab()
        try lab.connect()
        try lab.runRound(0, result: FederatedLab.digest(4))
        #expect(try lab.round(1).base == FederatedLab.digest(4))
        try lab.runRound(1, result: FederatedLab.digest(5))
        #expect(try lab.job().weights == FederatedLab.digest(5))
        #expect(try lab.statuses() == [.closed, .closed])
    }

    // MARK: - Giving up

    @Test("After three abandoned rounds in a row the job is abandoned, and not after two")
    func abandonedInARow() throws {
        var lab = try Self.lab()
        try lab.connect()
        func abandonRound(_ number: Int) throws {
            try lab.fire(.roundTimeout(RoundID(job: JobID("j-1"), number: number)))
        }
        try abandonRound(0)
        try abandonRound(1)
        #expect(try lab.job().status == .running)
        // One that goes well makes a new beginning.
        try lab.runRound(2)
        for number in 3...4 {
            try abandonRound(number)
        }
        #expect(try lab.job().status == .running)
        try abandonRound(5)
        #expect(try lab.job().status == .abandoned)
        #expect(try lab.job().reason == "3 rounds in a row were abandoned")
        #expect(
            try lab.statuses()
                == [.abandoned, .abandoned, .closed, .abandoned, .abandoned, .abandoned])
    }

    @Test("A job whose first three rounds are abandoned has no fourth")
    func abandonedFromTheStart() throws {
        var lab = try Self.lab()
        try lab.connect()
        for number in 0..<3 {
            try lab.fire(.roundTimeout(RoundID(job: JobID("j-1"), number: number)))
        }
        #expect(try lab.statuses() == [.abandoned, .abandoned, .abandoned])
        #expect(try lab.job().status == .abandoned)
    }

    @Test("What the ledger refuses is answered with what it will take")
    func refused() throws {
        let machine = JobMachine(try JobID("j-1"))
        let round = RoundID(job: try JobID("j-1"), number: 2)
        let refusal = Refusal(.limit, rule: "the transaction fits an entry", saw: ["bytes": 1])
        func instead(of action: any LabAction) -> [String] {
            machine.refused(action, by: refusal).map(Self.describe)
        }
        let reason = "limit: the rule is `the transaction fits an entry`; bytes is 1"
        #expect(
            instead(of: SealRound(round: round, contributions: [])) == [
                "submit round.abandon {\"job\":\"j-1\",\"reason\":\"round.seal refused: \(reason)\","
                    + "\"round\":2}"
            ])
        #expect(
            instead(of: CloseRound(round: round, result: nil)) == [
                "submit round.abandon {\"job\":\"j-1\",\"reason\":\"round.close refused: \(reason)\","
                    + "\"round\":2}"
            ])
        for action in [
            CompleteJob(job: try JobID("j-1")), AbandonRound(round: round, reason: "why"),
        ] as [any LabAction] {
            #expect(
                instead(of: action) == [
                    "submit job.abandon {\"job\":\"j-1\",\"reason\":\"\(type(of: action).name) "
                        + "refused: \(reason)\"}"
                ])
        }
        #expect(
            instead(of: AbandonJob(job: try JobID("j-1"), reason: "why")) == [],
            "there is nothing left to try")
    }

    @Test("However long a refusal is, the reason fits its field")
    func longReasons() throws {
        var lab = try Self.lab()
        let machine = JobMachine(try JobID("j-1"))
        let refusal = Refusal(
            .limit, rule: "short", saw: ["text": String(repeating: "é", count: 3_000)])
        let instead = machine.refused(CompleteJob(job: try JobID("j-1")), by: refusal)
        guard case .submit(let action)? = instead.first else {
            Issue.record("nothing is submitted")
            return
        }
        try lab.submit(action, by: "coordinator")
        #expect(try lab.job().status == .abandoned)
    }

    // MARK: - The round under way

    @Test("A machine made anew finds the round that is under way, and asks for it again")
    func resumes() throws {
        var lab = try Self.lab()
        try lab.connect()
        let index = try lab.round(0).index
        var machine = JobMachine(try JobID("j-1"))
        #expect(
            try Self.advance(&machine, lab, connected: [])
                == ["task j-1/0 of \(index) to ada bo ed", "wake j-1/0 after 1000"])
        #expect(try Self.advance(&machine, lab, connected: []) == [])

        for name in Self.owners {
            try lab.contribute(name, to: RoundID(job: JobID("j-1"), number: 0))
        }
        machine = JobMachine(try JobID("j-1"))
        #expect(try Self.advance(&machine, lab, connected: []) == ["aggregate j-1/0 of j-1"])
    }

    @Test("A timer of a round that is over stops no other")
    func oldTimer() throws {
        var lab = try Self.lab()
        try lab.connect()
        try lab.runRound(0)
        let first = RoundID(job: try JobID("j-1"), number: 0)
        let second = RoundID(job: try JobID("j-1"), number: 1)
        var machine = JobMachine(try JobID("j-1"))
        _ = try Self.advance(&machine, lab)
        let late = machine.timedOut(first, in: lab.state)
        #expect(late.isEmpty)
        let due = machine.timedOut(second, in: lab.state).map(Self.describe)
        #expect(due.first?.hasPrefix("submit round.abandon ") == true)
    }
}
