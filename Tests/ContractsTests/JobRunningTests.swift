import Contracts
import Encodings
import Testing

/// A job while it runs: paused, judged, stopped early, late, and gone on from an older model.
@Suite struct JobRunningTests {
    private let j1: JobID

    init() throws { j1 = try JobID("j-1") }

    private func lab(_ propose: (TestLab) throws -> ProposeJob) throws -> TestLab {
        var rules = Rules()
        rules.participantsMin = 1
        var lab = try TestLab(rules: rules)
        try lab.license(roundsMax: 100)
        try lab.apply(propose(lab), by: "cy")
        try lab.apply(StartJob(job: j1), by: "cy")
        return lab
    }

    private func judged(
        _ judgement: Judgement, trained: Int = 8
    ) throws -> TestLab {
        try lab {
            try $0.proposal(
                plan: [(.statistics, 1), (.train, trained), (.evaluate, 1)], judgement: judgement)
        }
    }

    /// Runs a round whose two contributions have these losses on 10 and 30 rows.
    private func run(
        _ lab: inout TestLab, _ number: Int, _ task: RoundTask, losses: (Int64, Int64)?
    ) throws {
        let job = try #require(lab.state.jobs[j1])
        try lab.apply(lab.open(number, task, base: job.weights), by: "coordinator")
        let metrics: [[String: Int64]] =
            losses.map {
                [
                    ["holdoutLoss": $0.0, "holdoutRows": 10],
                    ["holdoutLoss": $0.1, "holdoutRows": 30],
                ]
            } ?? [[:], [:]]
        try lab.apply(
            SealRound(
                round: TestLab.round(number),
                contributions: [
                    lab.contribution("ada", to: number, metricsMicro: metrics[0]),
                    lab.contribution("bo", to: number, metricsMicro: metrics[1]),
                ]), by: "coordinator")
        try lab.apply(
            CloseRound(
                round: TestLab.round(number),
                result: task == .evaluate ? nil : TestLab.digest(UInt8(number + 1))),
            by: "coordinator")
    }

    // MARK: - Pausing

    @Test("A paused job opens no round, ends the one under way, and goes on when it is resumed")
    func pausing() throws {
        var lab = try TestLab()
        try lab.startJob()
        try lab.apply(lab.open(0), by: "coordinator")
        try lab.apply(PauseJob(job: j1, reason: "the audit"), by: "cy")
        #expect(lab.rows["job/j-1"]?["status"] == "paused")
        #expect(lab.rows["job/j-1"]?["reason"] == "the audit")
        try lab.apply(lab.seal(0), by: "coordinator")
        try lab.apply(
            CloseRound(round: TestLab.round(0), result: TestLab.digest(1)), by: "coordinator")
        let next = try lab.open(1, .train, base: TestLab.digest(1))
        #expect(
            try lab.refusal(of: next, by: "coordinator")
                == "wrong_stage: the rule is `job.status == running`; job is j-1, "
                + "job.status is paused")
        try lab.apply(ResumeJob(job: j1), by: "cy")
        #expect(lab.rows["job/j-1"]?["reason"] == nil)
        try lab.apply(next, by: "coordinator")
    }

    @Test(
        "Only a job's owner pauses it, only while it runs, and resumes it only while it is paused")
    func pausingRefusals() throws {
        var lab = try TestLab()
        try lab.startJob()
        #expect(
            try lab.refusal(of: PauseJob(job: j1, reason: "x"), by: "di")
                == "wrong_sender: the rule is `the sender owns the job`; sender is di, "
                + "job.owner is cy")
        #expect(
            try lab.refusal(of: ResumeJob(job: j1), by: "cy")
                == "wrong_stage: the rule is `job.status == paused`; job is j-1, "
                + "job.status is running")
        try lab.apply(PauseJob(job: j1, reason: "x"), by: "cy")
        #expect(
            try lab.refusal(of: PauseJob(job: j1, reason: "x"), by: "cy")
                == "wrong_stage: the rule is `job.status == running`; job is j-1, "
                + "job.status is paused")
        try lab.apply(AbandonJob(job: j1, reason: "enough"), by: "cy")
        #expect(try lab.escrow() == 0)
    }

    // MARK: - Judging

    @Test("A model is judged by the mean of its sites' metrics, each weighted by its rows")
    func judging() throws {
        var lab = try judged(Judgement())
        try run(&lab, 0, .statistics, losses: nil)
        try run(&lab, 1, .train, losses: (400_000, 800_000))
        let best = try #require(lab.state.jobs[j1]?.best)
        #expect(best.valueMicro == 700_000)
        #expect(best.weights == TestLab.digest(1))
        #expect(best.round == 1)
    }

    @Test("The best model is the job's result where the judgement says so, and else the last")
    func bestModel() throws {
        for choosesBest in [true, false] {
            var lab = try judged(Judgement(choosesBest: choosesBest), trained: 3)
            try run(&lab, 0, .statistics, losses: nil)
            try run(&lab, 1, .train, losses: (900_000, 900_000))
            try run(&lab, 2, .train, losses: (500_000, 500_000))
            try run(&lab, 3, .train, losses: (600_000, 600_000))
            try run(&lab, 4, .evaluate, losses: (700_000, 700_000))
            try lab.apply(CompleteJob(job: j1), by: "coordinator")
            let result = TestLab.digest(choosesBest ? 2 : 4)
            try lab.apply(RegisterModelVersion(job: j1, weights: result), by: "cy")
            #expect(lab.rows["version/m-1/1"]?["weights"]?.string == result.text)
        }
    }

    @Test("A job stops when no model was better for long enough, and still judges the last one")
    func earlyStopping() throws {
        var lab = try judged(Judgement(patience: 2, deltaMicroMin: 10_000))
        try run(&lab, 0, .statistics, losses: nil)
        try run(&lab, 1, .train, losses: (500_000, 500_000))
        try run(&lab, 2, .train, losses: (495_000, 495_000))
        #expect(lab.state.jobs[j1]?.nextTask == .train, "better, but not by enough: once")
        try run(&lab, 3, .train, losses: (495_000, 495_000))
        #expect(lab.state.jobs[j1]?.skipped == 5)
        #expect(lab.state.jobs[j1]?.nextTask == .evaluate)
        #expect(
            try lab.refusal(
                of: lab.open(4, .train, base: TestLab.digest(4)), by: "coordinator")
                == "wrong_stage: the rule is `the plan asks for this task`; task is train, "
                + "planned is evaluate")
        try run(&lab, 4, .evaluate, losses: (480_000, 480_000))
        try lab.apply(CompleteJob(job: j1), by: "coordinator")
        #expect(lab.state.jobs[j1]?.result == TestLab.digest(4))
    }

    @Test("Where larger is better, a larger metric is")
    func larger() throws {
        var lab = try judged(Judgement(better: .larger))
        try run(&lab, 0, .statistics, losses: nil)
        for (round, value) in [(1, 500_000), (2, 700_000), (3, 600_000)] as [(Int, Int64)] {
            try run(&lab, round, .train, losses: (value, value))
        }
        #expect(lab.state.jobs[j1]?.best?.round == 2)
        #expect(lab.state.jobs[j1]?.best?.judgementsSince == 1)
    }

    @Test("The sites judge every so manyth round of training")
    func every() throws {
        var lab = try judged(Judgement(every: 3), trained: 5)
        var judging: [Bool] = []
        for (number, task)
            in ([.statistics] + [RoundTask](repeating: .train, count: 5)
            + [.evaluate]).enumerated()
        {
            try run(&lab, number, task, losses: nil)
            judging.append(try #require(lab.state.jobs[TestLab.round(number)]).judges)
        }
        #expect(judging == [false, true, false, false, true, false, true])
        #expect(lab.state.jobs[j1]?.best == nil, "no site had a holdout")
    }

    @Test("A site that states absurd rows cannot make the judgement overflow")
    func absurdMetrics() throws {
        let contribution = Contribution(
            lab: TestLab.id, round: try TestLab.round(1), member: try MemberID("ada"),
            update: TestLab.digest(1), weight: 1,
            metricsMicro: ["holdoutLoss": .max, "holdoutRows": .max])
        let many = [Contribution](repeating: contribution, count: 32)
        #expect(Judgement().judgeMicro(many) == Judgement.valueMax)
    }

    @Test("A site cannot claim more rows to judge by than its dataset has")
    func tooManyHoldoutRows() throws {
        var lab = try judged(Judgement())
        try lab.apply(lab.open(0), by: "coordinator")
        func seal(_ rows: Int64) throws -> SealRound {
            SealRound(
                round: try TestLab.round(0),
                contributions: [
                    try lab.contribution("ada", to: 0, metricsMicro: ["holdoutRows": rows]),
                    try lab.contribution("bo", to: 0),
                ])
        }
        for rows in [-1, 1_000_000, .max] as [Int64] {
            #expect(
                try lab.refusal(of: seal(rows), by: "coordinator")?
                    .contains("holdoutRows <= dataset.rows") == true)
        }
        #expect(try lab.refusal(of: seal(1), by: "coordinator") == nil)
    }

    @Test("A late update does not judge the newest model: it saw an older one")
    func lateDoesNotJudge() throws {
        var lab = try lab {
            try $0.proposal(
                participantsMin: 1, plan: [(.train, 9)], contributionsEnough: 1, lateRoundsMax: 2,
                judgement: Judgement())
        }
        try runWithout(&lab, 0)
        try lab.apply(lab.open(1, .train, base: TestLab.digest(1)), by: "coordinator")
        try lab.apply(
            SealRound(
                round: TestLab.round(1),
                contributions: [
                    lab.contribution(
                        "ada", to: 1, metricsMicro: ["holdoutLoss": 5, "holdoutRows": 10]),
                    lab.contribution(
                        "bo", to: 1, metricsMicro: ["holdoutLoss": 1_000, "holdoutRows": 40],
                        startedIn: 0),
                ]), by: "coordinator")
        try lab.apply(
            CloseRound(round: TestLab.round(1), result: TestLab.digest(2)), by: "coordinator")
        #expect(lab.state.jobs[j1]?.best?.valueMicro == 5)
    }

    @Test("Who goes on from a version's weights names the version, whose lineage goes with them")
    func laundering() throws {
        var lab = try TestLab()
        try lab.runJob()
        try lab.apply(RegisterModelVersion(job: j1, weights: TestLab.digest(2)), by: "cy")
        let plain = try lab.proposal("j-2", plan: [(.train, 1)])
        let proposal = ProposeJob(
            job: plain.job, model: plain.model, purpose: plain.purpose, licences: plain.licences,
            trainer: plain.trainer, plan: plain.plan, participantsMin: plain.participantsMin,
            roundTimeoutMilliseconds: plain.roundTimeoutMilliseconds, weights: TestLab.digest(2))
        #expect(
            try lab.refusal(of: proposal, by: "cy")
                == "wrong_value: the rule is `who goes on from a version names it as base`; "
                + "weights is \(TestLab.digest(2)), version is m-1/1")
    }

    // MARK: - Late contributions

    private func lateLab(lateRoundsMax: Int = 2) throws -> TestLab {
        try lab {
            try $0.proposal(
                participantsMin: 1, plan: [(.train, 9)], contributionsEnough: 1,
                lateRoundsMax: lateRoundsMax)
        }
    }

    private func runWithout(_ lab: inout TestLab, _ number: Int, late: Int? = nil) throws {
        let base = lab.state.jobs[j1]?.weights
        try lab.apply(lab.open(number, .train, base: base), by: "coordinator")
        var contributions = [try lab.contribution("ada", to: number)]
        if let late {
            contributions.append(try lab.contribution("bo", to: number, startedIn: late))
        }
        try lab.apply(
            SealRound(round: TestLab.round(number), contributions: contributions),
            by: "coordinator")
        try lab.apply(
            CloseRound(
                round: TestLab.round(number), result: TestLab.digest(UInt8(number + 1))),
            by: "coordinator")
    }

    @Test("An update that comes late counts in a later round, and its fee is paid there")
    func late() throws {
        var lab = try lateLab()
        try runWithout(&lab, 0)
        #expect(try lab.balance(of: "bo") == 0)
        try runWithout(&lab, 1, late: 0)
        #expect(try lab.balance(of: "bo") == 10)
        let late = lab.state.jobs[try TestLab.round(1)]?.contributions.last
        #expect(late?.staleness == 1)
    }

    @Test(
        "A late update counts once, only so late as the job allows, and only where it was asked for"
    )
    func lateRefusals() throws {
        var lab = try lateLab()
        try runWithout(&lab, 0)
        try runWithout(&lab, 1, late: 0)
        try lab.apply(lab.open(2, .train, base: TestLab.digest(2)), by: "coordinator")
        func refusal(_ name: String, _ started: Int) throws -> String? {
            try lab.refusal(
                of: SealRound(
                    round: TestLab.round(2),
                    contributions: [lab.contribution(name, to: 2, startedIn: started)]),
                by: "coordinator")
        }
        #expect(
            try refusal("bo", 0)
                == "round.contribution_invalid: the rule is `an update counts once`; "
                + "startedIn is 0, member is bo, counted in is 1")
        #expect(try refusal("ada", 1)?.contains("counts once") == true)
        #expect(try refusal("bo", 2)?.contains("at most job.lateRoundsMax rounds") == true)
        #expect(try refusal("bo", 3)?.contains("at most job.lateRoundsMax rounds") == true)
        #expect(try refusal("bo", 1) == nil)

        var strict = try lateLab(lateRoundsMax: 1)
        try runWithout(&strict, 0)
        try runWithout(&strict, 1)
        try strict.apply(strict.open(2, .train, base: TestLab.digest(2)), by: "coordinator")
        #expect(
            try strict.refusal(
                of: SealRound(
                    round: TestLab.round(2),
                    contributions: [strict.contribution("bo", to: 2, startedIn: 0)]),
                by: "coordinator")
                == "round.contribution_invalid: the rule is `an update started at most "
                + "job.lateRoundsMax rounds of training ago`; startedIn is 0, round is j-1/2, "
                + "job.lateRoundsMax is 1")
    }

    @Test("An abandoned round leaves no late updates: its licences were given their rounds back")
    func lateFromAbandoned() throws {
        var lab = try lateLab()
        try lab.apply(lab.open(0, .train), by: "coordinator")
        try lab.apply(AbandonRound(round: TestLab.round(0), reason: "x"), by: "coordinator")
        try lab.apply(lab.open(1, .train), by: "coordinator")
        #expect(
            try lab.refusal(
                of: SealRound(
                    round: TestLab.round(1),
                    contributions: [lab.contribution("bo", to: 1, startedIn: 0)]),
                by: "coordinator")?.contains("of a closed round of training") == true)
    }

    // MARK: - Going on from a version

    @Test("A job goes on from an older version, and its own version inherits the lineage")
    func goingOn() throws {
        var rules = Rules()
        rules.participantsMin = 1
        var lab = try TestLab(rules: rules)
        try lab.license(roundsMax: 100)
        try lab.apply(lab.proposal(), by: "cy")
        try lab.apply(StartJob(job: j1), by: "cy")
        try lab.runRound(0, .statistics, result: TestLab.digest(1))
        try lab.runRound(1, .train, result: TestLab.digest(2))
        try lab.runRound(2, .evaluate, result: nil)
        try lab.apply(CompleteJob(job: j1), by: "coordinator")
        try lab.apply(RegisterModelVersion(job: j1, weights: TestLab.digest(2)), by: "cy")

        let j2 = try JobID("j-2")
        let version = try TestLab.version()
        #expect(
            try lab.refusal(of: lab.proposal("j-2", base: version), by: "cy")?
                .contains("has no statistics") == true)
        let next = try lab.proposal(
            "j-2", licences: ["l-ada"], participantsMin: 1, plan: [(.train, 1)], base: version)
        try lab.apply(next, by: "cy")
        #expect(lab.state.jobs[j2]?.weights == TestLab.digest(2))
        try lab.apply(StartJob(job: j2), by: "cy")
        let round = RoundID(job: j2, number: 0)
        let ada = try MemberID("ada")
        try lab.apply(
            OpenRound(
                round: round, task: .train, base: TestLab.digest(2), participants: [ada]),
            by: "coordinator")
        try lab.apply(
            SealRound(
                round: round, contributions: [lab.contribution("ada", to: 0, job: "j-2")]),
            by: "coordinator")
        try lab.apply(CloseRound(round: round, result: TestLab.digest(7)), by: "coordinator")
        try lab.apply(CompleteJob(job: j2), by: "coordinator")
        try lab.apply(RegisterModelVersion(job: j2, weights: TestLab.digest(7)), by: "cy")
        let second = try #require(lab.state.models[TestLab.version(2)])
        #expect(second.base == version)
        #expect(second.lineage.map(\.member.text) == ["ada", "bo"])
    }

    @Test("A job that names its first model starts training from it, and has no statistics")
    func startsFromWeights() throws {
        var lab = try TestLab()
        try lab.license()
        #expect(
            try lab.refusal(of: lab.proposal(weights: TestLab.digest(5)), by: "cy")
                == "wrong_value: the rule is `a job that starts from a model has no statistics, "
                + "which start a new one`; weights is \(TestLab.digest(5))")
        let proposal = try lab.proposal(plan: [(.train, 1)], weights: TestLab.digest(5))
        var fields = try JSONFields(proposal.input)
        #expect(try ProposeJob(&fields).weights == TestLab.digest(5))
        try lab.apply(proposal, by: "cy")
        #expect(lab.state.jobs[j1]?.weights == TestLab.digest(5))
        #expect(try lab.proposal().input.object?["weights"] == nil)
        let both = try lab.proposal(
            plan: [(.train, 1)], base: TestLab.version(), weights: TestLab.digest(5))
        var twice = try JSONFields(both.input)
        #expect(throws: JSONShapeError.self) { try ProposeJob(&twice) }
    }

    @Test("Nobody goes on from another's version, or from one that is withdrawn or not there")
    func goingOnRefusals() throws {
        var lab = try TestLab()
        try lab.runJob()
        try lab.apply(RegisterModelVersion(job: j1, weights: TestLab.digest(2)), by: "cy")
        let version = try TestLab.version()
        func propose(_ base: ModelVersionID) throws -> ProposeJob {
            try lab.proposal("j-2", plan: [(.train, 1)], base: base)
        }
        #expect(
            try lab.refusal(of: propose(TestLab.version(9)), by: "cy")
                == "unknown: the rule is `the model version exists`; base is m-1/9")
        try lab.apply(WithdrawModelVersion(version: version, reason: "a mistake"), by: "cy")
        #expect(
            try lab.refusal(of: propose(version), by: "cy")
                == "wrong_stage: the rule is `the version is not withdrawn`; base is m-1/1, "
                + "version.status is withdrawn")
    }
}
