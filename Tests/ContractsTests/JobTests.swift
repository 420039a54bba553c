import Contracts
import Encodings
import Identity
import Testing

/// Jobs and their rounds.
@Suite struct JobTests {
    private let j1: JobID

    init() throws {
        j1 = try JobID("j-1")
    }

    // MARK: - Jobs

    @Test("A job runs its plan, pays for it, and its result becomes a model version")
    func wholeJob() throws {
        var lab = try TestLab()
        try lab.runJob()
        let job = try #require(lab.state.jobs[j1])
        #expect(job.status == .complete)
        #expect(job.weights == TestLab.digest(2))
        #expect(job.closed == 3)
        #expect(lab.state.jobs.running.isEmpty)
        #expect(lab.state.jobs.rounds(of: job).map(\.status) == [.closed, .closed, .closed])
        #expect(try lab.balance(of: "cy") == 1_000 - 60)
        #expect(try lab.balance(of: "ada") == 30)
        #expect(try lab.balance(of: "bo") == 30)
        lab.endBatch()
    }

    @Test("A job is proposed by a researcher on licences that it holds, one for each member")
    func proposalRefusals() throws {
        var lab = try TestLab()
        try lab.license()
        #expect(
            try lab.refusal(of: lab.proposal(), by: "ada")
                == "member.role: the rule is `sender.roles contains researcher`; sender is ada, "
                + "sender.roles is data-owner")
        #expect(
            try lab.refusal(of: lab.proposal(), by: "di")
                == "wrong_sender: the rule is `the sender holds the licence`; sender is di, "
                + "licence is l-ada, licensee is cy")
        #expect(
            try lab.refusal(of: lab.proposal(licences: ["l-ada", "l-zoe"]), by: "cy")
                == "unknown: the rule is `the contract exists`; contract is l-zoe")
        for count in [1, 3] {
            #expect(
                try lab.refusal(of: lab.proposal(participantsMin: count), by: "cy")
                    == "limit: the rule is `rules.participantsMin <= participantsMin <= licences`; "
                    + "rules.participantsMin is 2, participantsMin is \(count), licences is 2")
        }
        try lab.apply(lab.offer("l-ada-2", of: "ada"), by: "ada")
        #expect(
            try lab.refusal(of: lab.proposal(licences: ["l-ada", "l-ada-2"]), by: "cy")
                == "limit: the rule is `a member takes part with one dataset`; member is ada, "
                + "licence is l-ada-2")
        try lab.apply(lab.proposal(), by: "cy")
        #expect(
            try lab.refusal(of: lab.proposal(), by: "cy")
                == "already_exists: the rule is `the name is free`; job is j-1")
    }

    @Test("A line of models belongs to whoever began it")
    func modelsHaveOwners() throws {
        var lab = try TestLab()
        try lab.runJob()
        try lab.apply(
            RegisterModelVersion(job: j1, weights: TestLab.digest(2)), by: "cy")
        try lab.apply(lab.offer("l-di", of: "ada", fee: 0, licensee: "di"), by: "ada")
        try lab.apply(lab.offer("l-di-2", of: "bo", fee: 0, licensee: "di"), by: "bo")
        #expect(
            try lab.refusal(of: lab.proposal("j-2", licences: ["l-di", "l-di-2"]), by: "di")
                == "wrong_sender: the rule is `the sender owns the model`; sender is di, "
                + "model.owner is cy")
    }

    @Test("A job is started once, by its owner")
    func starting() throws {
        var lab = try TestLab()
        try lab.license()
        try lab.apply(lab.proposal(), by: "cy")
        #expect(
            try lab.refusal(of: StartJob(job: j1), by: "di")
                == "wrong_sender: the rule is `the sender owns the job`; sender is di, "
                + "job.owner is cy")
        #expect(
            try lab.refusal(of: StartJob(job: try JobID("none")), by: "cy")
                == "unknown: the rule is `the job exists`; job is none")
        #expect(
            try lab.refusal(of: lab.open(0), by: "coordinator")
                == "wrong_stage: the rule is `job.status == running`; job is j-1, "
                + "job.status is proposed")
        try lab.apply(StartJob(job: j1), by: "cy")
        #expect(lab.state.jobs.running == [j1])
        #expect(
            try lab.refusal(of: StartJob(job: j1), by: "cy")
                == "wrong_stage: the rule is `job.status == proposed`; job is j-1, "
                + "job.status is running")
    }

    @Test("Only the coordinator runs rounds")
    func onlyTheCoordinator() throws {
        var lab = try TestLab()
        try lab.startJob()
        let round = try TestLab.round(0)
        let actions: [any LabAction] = [
            try lab.open(0), try lab.seal(0), CloseRound(round: round, result: nil),
            AbandonRound(round: round, reason: "x"), CompleteJob(job: j1),
        ]
        for action in actions {
            #expect(
                try lab.refusal(of: action, by: "cy")
                    == "wrong_sender: the rule is `the coordinator runs the rounds`; sender is cy")
        }
    }

    @Test("A job is complete when its plan has been run through, and not before")
    func completion() throws {
        var lab = try TestLab()
        try lab.startJob()
        #expect(
            try lab.refusal(of: CompleteJob(job: j1), by: "coordinator")
                == "wrong_stage: the rule is `all rounds of the plan are closed`; closed is 0, "
                + "plan.rounds is 3")
        #expect(
            try lab.refusal(of: CompleteJob(job: try JobID("none")), by: "coordinator")
                == "unknown: the rule is `the job exists`; job is none")
        var done = try TestLab()
        try done.runJob()
        #expect(
            try done.refusal(of: CompleteJob(job: j1), by: "coordinator")
                == "wrong_stage: the rule is `job.status == running`; job is j-1, "
                + "job.status is complete")
    }

    @Test(
        "A job is abandoned by its owner or the coordinator, and its open round with it",
        arguments: ["cy", "coordinator"])
    func abandoning(sender: String) throws {
        var lab = try TestLab()
        try lab.startJob()
        try lab.apply(lab.open(0), by: "coordinator")
        #expect(
            try lab.refusal(of: AbandonJob(job: j1, reason: "x"), by: "di")
                == "wrong_sender: the rule is `the sender owns the job`; sender is di, "
                + "job.owner is cy")
        try lab.apply(AbandonJob(job: j1, reason: "enough"), by: sender)
        #expect(lab.rows["job/j-1"]?["status"] == "abandoned")
        #expect(lab.rows["job/j-1"]?["reason"] == "enough")
        #expect(lab.rows["round/j-1/0"]?["status"] == "abandoned")
        #expect(try lab.balance(of: "cy") == 1_000)
        #expect(try lab.escrow() == 0)
        #expect(try lab.rounds(of: "l-ada") == 0)
        #expect(
            try lab.refusal(of: AbandonJob(job: j1, reason: "x"), by: sender)
                == "wrong_stage: the rule is `job.status is proposed, running or paused`; job is j-1, "
                + "job.status is abandoned")
    }

    @Test("An owner cannot take its fees back once the contributions are sealed")
    func noRefundAfterTheSeal() throws {
        var lab = try TestLab()
        try lab.startJob()
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(lab.seal(0), by: "coordinator")
        let refusal = try lab.refusal(
            of: AbandonJob(job: j1, reason: "I have what I want"), by: "cy")
        #expect(
            refusal?.hasPrefix(
                "wrong_stage: the rule is `no round of the job is sealed, or it was opened 30 days ago`; "
                    + "round is j-1/0") == true)
        try lab.apply(
            CloseRound(round: try TestLab.round(0), result: TestLab.digest(1)), by: "coordinator")
        #expect(try lab.balance(of: "ada") == 10)
        try lab.apply(AbandonJob(job: j1, reason: "enough"), by: "cy")
        #expect(try lab.balance(of: "cy") == 980)
    }

    // MARK: - Rounds

    @Test("A round is the job's next, with the planned task, on the job's model")
    func openRefusals() throws {
        var lab = try TestLab()
        try lab.startJob()
        let refuse = { (lab: inout TestLab, open: OpenRound) in
            try lab.refusal(of: open, by: "coordinator")
        }
        #expect(
            try refuse(&lab, lab.open(1))
                == "round.wrong_number: the rule is `the round is the job's next, and no other is "
                + "open`; round is 1, job.opened is 0, open round is none")
        #expect(
            try refuse(&lab, lab.open(0, .train))
                == "wrong_stage: the rule is `the plan asks for this task`; task is train, "
                + "planned is statistics")
        #expect(
            try refuse(&lab, lab.open(0, base: TestLab.digest(1)))
                == "wrong_value: the rule is `base is the job's model`; "
                + "base is \(TestLab.digest(1)), job.weights is none")
        #expect(
            try refuse(&lab, lab.open(0, participants: ["ada"]))
                == "round.participants_too_few: the rule is `participants >= job.participantsMin`; "
                + "participants is 1, job.participantsMin is 2")
        #expect(
            try refuse(&lab, lab.open(0, participants: ["ada", "bo", "di"]))
                == "unknown: the rule is `the job names the participant`; job is j-1, "
                + "participant is di")
        #expect(throws: TransactionError.self) {
            try lab.signed(lab.open(0, participants: ["bo", "ada"]), by: "coordinator")
        }
        #expect(throws: TransactionError.self) {
            try lab.signed(lab.open(0, participants: ["ada", "ada"]), by: "coordinator")
        }
        try lab.apply(lab.open(0), by: "coordinator")
        for number in [0, 1] {
            #expect(
                try refuse(&lab, lab.open(number))
                    == "round.wrong_number: the rule is `the round is the job's next, and no other "
                    + "is open`; round is \(number), job.opened is 1, open round is j-1/0")
        }
    }

    @Test("A plan that has been run through asks for no further round")
    func noRoundAfterTheLast() throws {
        var lab = try TestLab()
        try lab.startJob()
        try lab.runRound(0, .statistics, result: TestLab.digest(1))
        try lab.runRound(1, .train, result: TestLab.digest(2))
        try lab.runRound(2, .evaluate, result: nil)
        #expect(
            try lab.refusal(of: lab.open(3, .train, base: TestLab.digest(2)), by: "coordinator")
                == "wrong_stage: the rule is `the plan asks for this task`; task is train, "
                + "planned is none")
    }

    @Test("A seal is taken once, with enough contributions, in the order of the members")
    func sealRefusals() throws {
        var lab = try TestLab()
        try lab.startJob()
        #expect(
            try lab.refusal(of: lab.seal(0), by: "coordinator")
                == "unknown: the rule is `the round exists`; round is j-1/0")
        try lab.apply(lab.open(0), by: "coordinator")
        #expect(
            try lab.refusal(of: lab.seal(0, ["ada"]), by: "coordinator")
                == "round.participants_too_few: the rule is `contributions >= "
                + "job.participantsMin`; contributions is 1, job.participantsMin is 2")
        #expect(
            try lab.refusal(of: lab.seal(0, ["bo", "ada"]), by: "coordinator")
                == "round.contribution_invalid: the rule is `contributions are in the order of "
                + "their members`; member is ada, after is bo")
        #expect(
            try lab.refusal(of: lab.seal(0, ["ada", "ada"]), by: "coordinator")
                == "round.contribution_invalid: the rule is `contributions are in the order of "
                + "their members`; member is ada, after is ada")
        try lab.apply(lab.seal(0), by: "coordinator")
        #expect(lab.rows["round/j-1/0"]?["status"] == "sealed")
        #expect(lab.rows["round/j-1/0"]?["sealIndex"] == .integer(Int64(lab.index) - 1))
        #expect(
            try lab.refusal(of: lab.seal(0), by: "coordinator")
                == "wrong_stage: the rule is `round.status == open`; round is j-1/0, "
                + "round.status is sealed")
    }

    /// A contribution of `bo` that a seal cannot take, and why.
    static let badContributions: [(String, @Sendable (TestLab) throws -> Envelope, String)] = [
        (
            "to another round", { try $0.contribution("bo", to: 1) },
            "the contribution is to this round of this lab`; contribution.lab is \(TestLab.id), "
                + "contribution.round is j-1/1, round is j-1/0"
        ),
        (
            "to another job", { try $0.contribution("bo", to: 0, job: "j-2") },
            "the contribution is to this round of this lab`; contribution.lab is \(TestLab.id), "
                + "contribution.round is j-2/0, round is j-1/0"
        ),
        (
            "to another lab",
            {
                try $0.contribution(
                    "bo", to: 0, lab: LabID(leafHash: [UInt8](repeating: 1, count: 32)))
            },
            "the contribution is to this round of this lab`; "
                + "contribution.lab is \(String(repeating: "01", count: 32)), "
                + "contribution.round is j-1/0, round is j-1/0"
        ),
        (
            "by a member that is no participant", { try $0.contribution("di", to: 0) },
            "the member takes part in the round`; member is di, round is j-1/0"
        ),
        (
            "by nobody", { try $0.contribution("zoe", to: 0) },
            "a member of the round signed the contribution`; problem is the signature is not one "
                + "of zoe's present key"
        ),
        (
            "by another's key",
            { try $0.contribution("bo", to: 0, key: TestLab.MemberSecrets("ada").signing) },
            "a member of the round signed the contribution`; problem is the signature is not one "
                + "of bo's present key"
        ),
        (
            "of more examples than the dataset has",
            { try $0.contribution("bo", to: 0, weight: 101) },
            "weight <= dataset.rows`; weight is 101, dataset.rows is 100"
        ),
        (
            "of no example", { try $0.contribution("bo", to: 0, weight: 0) },
            "a member of the round signed the contribution`; problem is the contribution is not "
                + "well formed: weight should be from 1 to \(Int64.max), and is 0"
        ),
        (
            "of another type", { try $0.contribution("bo", to: 0, as: Transaction.payloadType) },
            "a member of the round signed the contribution`; problem is a contribution is "
                + "application/vnd.jointlab.contribution+json under one signature"
        ),
        (
            "with too many metrics",
            {
                try $0.contribution(
                    "bo", to: 0,
                    metricsMicro: Dictionary(
                        uniqueKeysWithValues: (0...16).map { ("m\($0)", 1) }))
            },
            "a member of the round signed the contribution`; problem is the contribution is not "
                + "well formed: metricsMicro should have at most 16 members"
        ),
    ]

    @Test(
        "A seal takes the participants' own contributions to this round only",
        arguments: badContributions)
    func badContribution(
        what: String, make: @Sendable (TestLab) throws -> Envelope, problem: String
    ) throws {
        var lab = try TestLab()
        try lab.startJob()
        try lab.apply(lab.open(0), by: "coordinator")
        let bad = try make(lab)
        let others = [try lab.contribution("ada", to: 0)]
        #expect(
            try lab.refusal(
                of: SealRound(round: try TestLab.round(0), contributions: others + [bad]),
                by: "coordinator")
                == "round.contribution_invalid: the rule is `\(problem)", "\(what)")
    }

    @Test("A contribution of a member that was suspended since does not count")
    func suspendedContributors() throws {
        var lab = try TestLab()
        try lab.startJob()
        try lab.apply(lab.open(0), by: "coordinator")
        let seal = try lab.seal(0)
        try lab.apply(OpenProposal(change: .suspend(try MemberID("bo"))), by: "ada")
        try lab.pass("p-1", by: ["ada", "cy", "di", "ed"])
        #expect(
            try lab.refusal(of: seal, by: "coordinator")
                == "member.suspended: the rule is `member.status == active`; member is bo, "
                + "member.status is suspended")
    }

    @Test("The fees of a closed round go to those who contributed, the others' go back")
    func feesFollowContributions() throws {
        var rules = Rules()
        rules.participantsMin = 1
        var lab = try TestLab(rules: rules)
        try lab.license()
        try lab.apply(lab.proposal(participantsMin: 1), by: "cy")
        try lab.apply(StartJob(job: j1), by: "cy")
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(lab.seal(0, ["bo"]), by: "coordinator")
        try lab.apply(
            CloseRound(round: try TestLab.round(0), result: TestLab.digest(1)), by: "coordinator")
        #expect(try lab.balance(of: "ada") == 0)
        #expect(try lab.balance(of: "bo") == 10)
        #expect(try lab.escrow() == 50)
        #expect(try lab.rounds(of: "l-ada") == 1)
        try lab.apply(AbandonJob(job: j1, reason: "enough"), by: "cy")
        #expect(try lab.balance(of: "cy") == 990)
    }

    @Test("A round is closed once, sealed, with a result where its task makes one")
    func closeRefusals() throws {
        var lab = try TestLab()
        try lab.startJob()
        let round = try TestLab.round(0)
        let close = CloseRound(round: round, result: TestLab.digest(1))
        try lab.apply(lab.open(0), by: "coordinator")
        #expect(
            try lab.refusal(of: close, by: "coordinator")
                == "wrong_stage: the rule is `round.status == sealed`; round is j-1/0, "
                + "round.status is open")
        try lab.apply(lab.seal(0), by: "coordinator")
        #expect(
            try lab.refusal(of: CloseRound(round: round, result: nil), by: "coordinator")
                == "wrong_value: the rule is `statistics and training make a model, and evaluation "
                + "makes none`; task is statistics, result is none")
        try lab.apply(close, by: "coordinator")
        #expect(
            try lab.refusal(of: close, by: "coordinator")
                == "wrong_stage: the rule is `round.status == sealed`; round is j-1/0, "
                + "round.status is closed")
        #expect(
            try lab.refusal(
                of: CloseRound(round: try TestLab.round(0, of: "none"), result: nil),
                by: "coordinator") == "unknown: the rule is `the job exists`; job is none")
    }

    @Test("An evaluation makes no model")
    func evaluationsMakeNoModel() throws {
        var lab = try TestLab()
        try lab.startJob()
        try lab.runRound(0, .statistics, result: TestLab.digest(1))
        try lab.runRound(1, .train, result: TestLab.digest(2))
        try lab.apply(lab.open(2, .evaluate, base: TestLab.digest(2)), by: "coordinator")
        try lab.apply(lab.seal(2), by: "coordinator")
        #expect(
            try lab.refusal(
                of: CloseRound(round: try TestLab.round(2), result: TestLab.digest(3)),
                by: "coordinator")?.hasPrefix("wrong_value:") == true)
        try lab.apply(CloseRound(round: try TestLab.round(2), result: nil), by: "coordinator")
        #expect(lab.state.jobs[j1]?.weights == TestLab.digest(2))
    }

    @Test("A round is abandoned while it is open or sealed; its number is not used again")
    func abandoningRounds() throws {
        var lab = try TestLab()
        try lab.startJob()
        let abandon = AbandonRound(round: try TestLab.round(0), reason: "too few")
        #expect(
            try lab.refusal(of: abandon, by: "coordinator")
                == "wrong_stage: the rule is `round.status is open or sealed`; round is j-1/0, "
                + "round.status is none")
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(abandon, by: "coordinator")
        #expect(try lab.escrow() == 60)
        #expect(
            try lab.refusal(of: abandon, by: "coordinator")
                == "wrong_stage: the rule is `round.status is open or sealed`; round is j-1/0, "
                + "round.status is abandoned")
        #expect(
            try lab.refusal(of: lab.open(0), by: "coordinator")?.hasPrefix("round.wrong_number")
                == true)
        try lab.apply(lab.open(1), by: "coordinator")
        try lab.apply(lab.seal(1), by: "coordinator")
        try lab.apply(
            AbandonRound(round: try TestLab.round(1), reason: "no sum"), by: "coordinator")
        #expect(try lab.escrow() == 60)
        #expect(try lab.rounds(of: "l-ada") == 0)
    }

    @Test("The largest job that can be proposed can be sealed, whatever its members contribute")
    func theLargestSealFits() throws {
        var lab = try TestLab()
        let name = { (n: Int) in String(repeating: "m", count: 60) + "-\(n % 10)\(n / 10)" }
        let job = String(repeating: "j", count: 63)
        let largest = try (0..<ProposeJob.participantsMax).map { number in
            let key = TestLab.MemberSecrets(name(number)).signing
            var metrics: [String: Int64] = [:]
            // As many metrics as are taken.
            var envelope = try lab.contribution(
                name(number), to: 99_999, weight: 1_000_000_000_000, job: job, key: key)
            for metric in 0..<Contribution.metricsMax {
                metrics["\(metric)".padded(to: 40)] = .min
                let next = try lab.contribution(
                    name(number), to: 99_999, weight: 1_000_000_000_000, job: job,
                    metricsMicro: metrics, key: key)
                guard (try? SignedContribution(next) { _ in key.publicKey }) != nil else { break }
                envelope = next
            }
            return envelope
        }
        let seal = SealRound(round: try TestLab.round(99_999, of: job), contributions: largest)
        let signed = try lab.signed(seal, by: "coordinator")
        #expect(signed.envelope.json.canonicalBytes.count <= Transaction.envelopeBytesMax)
    }
}

extension String {
    fileprivate func padded(to length: Int) -> String {
        String(repeating: "x", count: length - utf8.count) + self
    }
}
