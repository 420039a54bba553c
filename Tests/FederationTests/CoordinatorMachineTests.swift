import ContractLibrary
import Contracts
import Encodings
import Federation
import Identity
import Ledger
import MerkleLog
import Testing

@Suite struct CoordinatorMachineTests {
    private static func round(_ number: Int, of job: String = "j-1") throws -> RoundID {
        RoundID(job: try JobID(job), number: number)
    }

    private static func members(_ lab: FederatedLab) -> [String] {
        lab.tasks.map(\.member.text).sorted()
    }

    // MARK: - A job

    @Test("A job runs through its plan, and pays each round's contributors")
    func job() throws {
        var lab = try FederatedLab()
        try lab.start()
        #expect(try lab.statuses().isEmpty, "nobody is there yet")
        try lab.connect()
        #expect(try lab.statuses() == [.open])
        #expect(Self.members(lab) == ["ada", "bo", "ed"])
        #expect(try lab.tasks.allSatisfy { try $0.task.index == lab.round(0).index })

        try lab.runRound(0, result: FederatedLab.digest(1))
        try lab.runRound(1, with: ["ada", "ed"], result: FederatedLab.digest(2))
        try lab.runRound(2, result: nil)
        #expect(try lab.job().status == .complete)
        #expect(try lab.job().weights == FederatedLab.digest(2))
        #expect(try lab.statuses() == [.closed, .closed, .closed])
        #expect(try lab.balance(of: "ada") == 15)
        #expect(try lab.balance(of: "bo") == 10, "it was not there for the second round")
        #expect(try lab.balance(of: "cy") == 1_000 - 40)
        #expect(lab.refusals.isEmpty)
        #expect(try lab.replay().stateRoot == lab.machine.sequencer.publishedReplica.stateRoot)
    }

    @Test("Two jobs run side by side, each with its own rounds")
    func twoJobs() throws {
        var lab = try FederatedLab()
        try lab.start("j-1", plan: [.train])
        try lab.start("j-2", plan: [.train])
        try lab.connect()
        for job in ["j-1", "j-2"] {
            #expect(try lab.statuses(of: job) == [.open])
        }
        for name in FederatedLab.owners {
            try lab.contribute(name, to: Self.round(0, of: "j-2"))
        }
        #expect(lab.aggregations.map(\.id) == [try Self.round(0, of: "j-2")])
        try lab.aggregate(FederatedLab.digest(3))
        #expect(try lab.job("j-2").status == .complete)
        #expect(try lab.statuses(of: "j-1") == [.open])
        try lab.runRound(0, of: "j-1")
        #expect(try lab.job("j-1").status == .complete)
    }

    @Test("No task goes out before the opening is final, and no sum is made before the seal is")
    func waitsForFinality() throws {
        var lab = try FederatedLab()
        try lab.start()
        lab.cosigners = []
        try lab.connect()
        #expect(try lab.statuses() == [.open])
        #expect(lab.tasks.isEmpty, "it is only sequenced")
        let early = #expect(throws: Refusal.self) { try lab.contribute("ada", to: Self.round(0)) }
        #expect(early?.code == .wrongStage)

        lab.cosigners = FederatedLab.members
        lab.cosign()
        #expect(Self.members(lab) == ["ada", "bo", "ed"])

        lab.cosigners = []
        for name in FederatedLab.owners {
            try lab.contribute(name, to: Self.round(0))
        }
        #expect(try lab.statuses() == [.sealed])
        #expect(lab.aggregations.isEmpty)
        lab.cosigners = FederatedLab.members
        lab.cosign()
        #expect(lab.aggregations.map(\.id) == [try Self.round(0)])
    }

    @Test("Tasks go to who is there, and to the others when they come")
    func comesLater() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect(["ada", "bo"])
        #expect(lab.timers.map(\.timer) == [.opening(try JobID("j-1"))])
        try lab.fire(.opening(try JobID("j-1")))
        #expect(try lab.round(0).participants.map(\.member.text) == ["ada", "bo"])
        #expect(Self.members(lab) == ["ada", "bo"])

        lab.tasks = []
        lab.machine.disconnected(try MemberID("ada"))
        #expect(lab.machine.connected.map(\.text) == ["bo"])
        try lab.contribute("bo", to: Self.round(0))
        try lab.connect(["ada", "bo", "ed"])
        #expect(Self.members(lab) == ["ada"], "`bo` is done, and `ed` is not in this round")
    }

    @Test(
        "A node of which nothing comes any more is cut off and waited for, and costs no round but one"
    )
    func silent() throws {
        var lab = try FederatedLab()
        try lab.start(participantsMin: 3)
        lab.cosigners = ["ada", "cy", "ed"]
        try lab.connect()
        for name in ["ada", "ed"] { try lab.contribute(name, to: Self.round(0)) }
        #expect(lab.cutOff.isEmpty)
        try lab.fire(.roundTimeout(Self.round(0)))
        #expect(lab.cutOff == ["bo"])
        #expect(try lab.statuses() == [.abandoned])
        try lab.fire(.opening(JobID("j-1")))
        #expect(try lab.statuses() == [.abandoned])
        #expect(try lab.job().status == .running)

        lab.cosigners = FederatedLab.members
        try lab.connect(["bo"])
        #expect(try lab.statuses() == [.abandoned, .open])
        try lab.runRound(1, result: FederatedLab.digest(1))
        #expect(try lab.statuses() == [.abandoned, .closed, .open])
    }

    @Test("A node that is slow, and says so by what it cosigns, is not cut off")
    func slow() throws {
        var lab = try FederatedLab()
        try lab.start(participantsMin: 3)
        try lab.connect()
        for name in ["ada", "ed"] { try lab.contribute(name, to: Self.round(0)) }
        try lab.fire(.roundTimeout(Self.round(0)))
        #expect(lab.cutOff.isEmpty)
        #expect(try lab.statuses() == [.abandoned, .open])
    }

    @Test("Nobody who has gone is sent a task")
    func gone() throws {
        var lab = try FederatedLab()
        try lab.start()
        lab.cosigners = []
        try lab.connect()
        lab.machine.disconnected(try MemberID("bo"))
        lab.cosigners = FederatedLab.members
        lab.cosign()
        #expect(Self.members(lab) == ["ada", "ed"])
    }

    // MARK: - Contributions

    @Test("A contribution is taken from a participant of an open round, under its own key")
    func contributions() throws {
        var lab = try FederatedLab()
        try lab.start(licences: ["l-ada", "l-bo"])
        try lab.connect()
        let round = try Self.round(0)
        let other = LabID(leafHash: [UInt8](repeating: 1, count: 32))
        let cases: [(envelope: Envelope, code: Refusal.Code, rule: String)] = [
            (
                try lab.contribution("ada", to: round, key: Secrets("bo").signing),
                .contributionInvalid, "a member signed the contribution"
            ),
            (
                try lab.contribution("eve", to: round), .contributionInvalid,
                "a member signed the contribution"
            ),
            (
                Envelope(
                    signing: Array("{}".utf8), as: Contribution.payloadType,
                    with: Secrets("ada").signing),
                .contributionInvalid, "a member signed the contribution"
            ),
            (
                try lab.contribution("ada", to: Self.round(1)), .wrongStage,
                "round.status == open, and its opening is final"
            ),
            (
                try lab.contribution("ada", to: Self.round(0, of: "j-9")), .wrongStage,
                "round.status == open, and its opening is final"
            ),
            (
                try lab.contribution("ada", to: round, lab: other), .contributionInvalid,
                "the contribution is to this round of this lab"
            ),
            (
                try lab.contribution("ed", to: round), .contributionInvalid,
                "the member takes part in the round"
            ),
            (
                try lab.contribution("ada", to: round, weight: 101), .contributionInvalid,
                "weight <= dataset.rows"
            ),
        ]
        for (envelope, code, rule) in cases {
            let refusal = #expect(throws: Refusal.self) { try lab.machine.check(envelope) }
            #expect(refusal?.code == code)
            #expect(refusal?.rule == rule)
        }
        #expect(throws: Never.self) {
            try lab.machine.check(lab.contribution("ada", to: round, weight: 100))
        }
    }

    @Test("A contribution that comes when its round is sealed is refused")
    func lateContribution() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        try lab.contribute("ada", to: Self.round(0))
        try lab.contribute("bo", to: Self.round(0))
        try lab.fire(.roundTimeout(Self.round(0)))
        let refusal = #expect(throws: Refusal.self) { try lab.contribute("ed", to: Self.round(0)) }
        #expect(refusal?.code == .wrongStage)
        #expect(refusal?.saw.last?.text == "sealed")
        #expect(try lab.round(0).contributions.map(\.member.text) == ["ada", "bo"])
    }

    @Test("A member's second contribution does not take the place of its first")
    func secondContribution() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        try lab.contribute("ada", to: Self.round(0), update: FederatedLab.digest(4))
        try lab.contribute("ada", to: Self.round(0), update: FederatedLab.digest(5))
        try lab.contribute("bo", to: Self.round(0))
        try lab.contribute("ed", to: Self.round(0))
        #expect(try lab.round(0).contributions.first?.update == FederatedLab.digest(4))
    }

    @Test("When all who are left have answered, a round does not wait for its time")
    func declines() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        try lab.contribute("ada", to: Self.round(0))
        try lab.decline("bo", Self.round(0))
        try lab.contribute("ed", to: Self.round(0))
        #expect(try lab.statuses() == [.sealed])
        try lab.decline("ada", Self.round(0))
        try lab.decline("ada", Self.round(7))
        #expect(try lab.statuses() == [.sealed])
    }

    // MARK: - What goes wrong

    @Test("A round with too few contributions is abandoned at nobody's cost, and another opened")
    func abandoned() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        #expect(try lab.balance(of: "cy") == 955)
        try lab.contribute("ada", to: Self.round(0))
        try lab.fire(.roundTimeout(Self.round(0)))
        #expect(try lab.statuses() == [.abandoned, .open])
        #expect(
            try lab.round(0).reason
                == "1 contributions at the end of the round's time, and 2 are needed")
        #expect(try lab.balance(of: "ada") == 0)
        #expect(try lab.balance(of: "cy") == 955, "the fees stay aside, for the next round")
        #expect(
            lab.state.licence(try LicenceID("l-ada"))?.rounds == 1,
            "the licensed round came back and went to the next round")
        #expect(try lab.round(1).task == .statistics, "the plan is where it was")
    }

    @Test("A round whose updates cannot be added up is abandoned with the reason")
    func aggregationFails() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        for name in FederatedLab.owners {
            try lab.contribute(name, to: Self.round(0))
        }
        lab.perform(
            lab.machine.aggregationFailed(try Self.round(0), reason: "no update", at: lab.now))
        #expect(try lab.statuses() == [.abandoned, .open])
        #expect(try lab.round(0).reason == "no update")
        // The result of the round that is over comes to nothing.
        lab.perform(
            lab.machine.aggregated(
                try Self.round(0), result: RoundResult(model: FederatedLab.digest(1)), at: lab.now))
        #expect(try lab.statuses() == [.abandoned, .open])
    }

    @Test(
        "What was contributed under a key that has been replaced is left out, and the round goes on"
    )
    func replacedKey() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        try lab.contribute("ada", to: Self.round(0))
        try lab.contribute("bo", to: Self.round(0))
        // Its contribution is under a key that is not its own any more.
        try lab.submit(
            RotateKeys(
                signing: Secrets("ada's next").signing, cosigner: Secrets("ada").cosigner,
                member: MemberID("ada"), lab: lab.state.id), by: "ada")
        try lab.contribute("ed", to: Self.round(0))
        #expect(lab.refusals.isEmpty)
        #expect(try lab.statuses() == [.sealed])
        #expect(try lab.round(0).contributions.map(\.member.text) == ["bo", "ed"])
    }

    @Test("A job whose licences have run out is abandoned, and says which rule stopped it")
    func exhausted() throws {
        var lab = try FederatedLab(roundsMax: 1)
        try lab.start()
        try lab.connect()
        try lab.runRound(0)
        #expect(try lab.job().status == .abandoned)
        #expect(lab.refusals.map(\.action) == ["round.open"])
        #expect(
            try lab.job().reason
                == "round.open refused: contract.rule: all licensed rounds are used (clause 4.1); "
                + "the rule is `licence l-ada, action train: state.rounds < terms.maxRounds`; "
                + "terms.maxRounds is 1, state.rounds is 1")
        #expect(try lab.statuses() == [.closed], "nothing of it stands on the ledger")
    }

    @Test("A refusal in any language, however long, still ends its job")
    func longRefusal() throws {
        // Sixteen of 64 bytes each: as many and as long as a licence may name.
        let purposes = (0..<16).map {
            String(repeating: "研", count: 21) + String($0, radix: 16)
        }
        var lab = try FederatedLab(roundsMax: 10, purposes: purposes)
        try lab.start(purpose: "研究以外之目的")
        try lab.connect()
        #expect(lab.refusals.map(\.action) == ["round.open"])
        #expect(try lab.job().status == .abandoned)
        #expect(
            try lab.job().reason?.hasPrefix(
                "round.open refused: contract.rule: this purpose is not licensed (clause 2); ")
                == true)
    }

    @Test("An error of several lines ends its round, and not the job")
    func errorOfSeveralLines() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        for name in FederatedLab.owners {
            try lab.contribute(name, to: Self.round(0))
        }
        lab.perform(
            lab.machine.aggregationFailed(
                try Self.round(0), reason: "no update:\n\tnothing\n", at: lab.now))
        #expect(try lab.statuses() == [.abandoned, .open])
        #expect(try lab.round(0).reason == "no update:  nothing ")
        #expect(lab.refusals.isEmpty)
    }

    // MARK: - Pacing

    @Test("While a batch waits for its certificate, what comes in gathers for one batch")
    func pacing() throws {
        var lab = try FederatedLab()
        lab.cosigners = []
        try lab.connect(["ada"])
        lab.timers = []
        try lab.submit(lab.invitation(1), by: "ada")
        let batches = lab.batches.count
        lab.now = lab.now.advanced(byMilliseconds: 5)
        for number in 2...5 {
            try lab.submit(lab.invitation(number), by: "ada")
        }
        #expect(lab.batches.count == batches)
        #expect(
            lab.timers.map(\.timer) == [.cut] && lab.timers.map(\.afterMilliseconds) == [15],
            "one timer for all of them")
        try lab.fire(.cut)
        #expect(lab.batches.count == batches + 1)
        #expect(lab.batches.last?.receipts.count == 4)

        // It is set again for the next ones.
        try lab.submit(lab.invitation(6), by: "ada")
        #expect(lab.timers.map(\.afterMilliseconds) == [CoordinatorMachine.paceMilliseconds])
    }

    @Test("A lab whose batches are certified at once is not slowed down")
    func noPacing() throws {
        var lab = try FederatedLab()
        for number in 1...5 {
            let size = lab.machine.sequencer.publishedSize
            try lab.submit(lab.invitation(number), by: "ada")
            #expect(lab.machine.sequencer.publishedSize > size, "it is published at once")
        }
    }

    @Test("A certificate lets the next batch go before its time")
    func certificateReleases() throws {
        var lab = try FederatedLab()
        lab.cosigners = []
        try lab.submit(lab.invitation(1), by: "ada")
        try lab.submit(lab.invitation(2), by: "ada")
        let batches = lab.batches.count
        lab.cosigners = FederatedLab.members
        lab.cosign()
        #expect(lab.batches.count > batches)
        #expect(lab.machine.sequencer.pendingCount == 0)
        // The timer that was set comes to nothing.
        let size = lab.entries.count
        try lab.fire(.cut)
        #expect(lab.entries.count == size)
    }

    @Test("A clock that is set back holds nothing up")
    func clockSetBack() throws {
        var lab = try FederatedLab()
        lab.cosigners = []
        lab.now = lab.now.advanced(byMilliseconds: 3_000)
        try lab.submit(lab.invitation(1), by: "ada")
        let batches = lab.batches.count
        lab.now = lab.now.advanced(byMilliseconds: -2_000)
        try lab.submit(lab.invitation(2), by: "ada")
        #expect(lab.batches.count == batches + 1)
    }

    @Test("Nothing is published before it is stored")
    func storesFirst() throws {
        var lab = try FederatedLab()
        lab.storesAtOnce = false
        let size = lab.machine.sequencer.publishedSize
        try lab.submit(lab.invitation(1), by: "ada")
        #expect(lab.storing.count == 1)
        try lab.submit(lab.invitation(2), by: "ada")
        #expect(lab.storing.count == 1, "one batch at a time")
        #expect(lab.machine.sequencer.publishedSize == size)
        lab.finishStoring()
        #expect(lab.machine.sequencer.publishedSize > size)
    }

    @Test("What came in while a batch was being stored has its time too")
    func pacingAfterStore() throws {
        var lab = try FederatedLab()
        lab.cosigners = []
        lab.storesAtOnce = false
        try lab.submit(lab.invitation(1), by: "ada")
        try lab.submit(lab.invitation(2), by: "ada")
        lab.timers = []
        lab.finishStoring()
        #expect(lab.timers.map(\.timer) == [.cut])
        #expect(lab.timers.map(\.afterMilliseconds) == [CoordinatorMachine.paceMilliseconds])
        try lab.fire(.cut)
        #expect(lab.storing.first?.receipts.count == 1)
    }

    // MARK: - Restarts

    @Test("A coordinator that is killed in the middle of a round goes on with what it had")
    func restartInRound() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        try lab.contribute("ada", to: Self.round(0), update: FederatedLab.digest(4))
        let before = lab.state.jobs.all

        try lab.restart()
        #expect(lab.state.jobs.all == before)
        #expect(
            lab.timers.contains { $0.timer == .roundTimeout(RoundID(job: before[0].id, number: 0)) }
        )
        try lab.connect()
        #expect(Set(Self.members(lab)) == ["bo", "ed"], "`ada` need not train again")
        try lab.contribute("bo", to: Self.round(0))
        try lab.contribute("ed", to: Self.round(0))
        #expect(try lab.round(0).contributions.map(\.member.text) == ["ada", "bo", "ed"])
        #expect(try lab.round(0).contributions.first?.update == FederatedLab.digest(4))

        try lab.restart()
        #expect(lab.aggregations.map(\.id) == [try Self.round(0)], "it is sealed: add it up")
        try lab.aggregate(FederatedLab.digest(1))
        try lab.connect()
        #expect(try lab.statuses() == [.closed, .open])
    }

    @Test("A round that had everything when the coordinator was killed is sealed at its start")
    func restartBeforeSeal() throws {
        var lab = try FederatedLab()
        try lab.start()
        try lab.connect()
        try lab.contribute("ada", to: Self.round(0))
        try lab.contribute("bo", to: Self.round(0))
        lab.storesAtOnce = false
        try lab.contribute("ed", to: Self.round(0))
        #expect(lab.storing.count == 1, "the seal is on its way to the disk, and lost")
        lab.storesAtOnce = true
        try lab.restart()
        #expect(try lab.round(0).contributions.map(\.member.text) == ["ada", "bo", "ed"])
        #expect(lab.aggregations.map(\.id) == [try Self.round(0)])
    }

    @Test(
        "Killed at any step of a job, the coordinator finishes it as if nothing had been",
        arguments: 0..<14, [false, true])
    func killedAtAnyStep(step: Int, losesBatch: Bool) throws {
        var lab = try FederatedLab()
        try lab.start()
        for _ in 0..<step {
            try lab.step()
        }
        #expect(try lab.job().status == .running, "the job is over before the kill")
        let acknowledged = lab.entries
        lab.storesAtOnce = !losesBatch
        try lab.step()
        lab.storesAtOnce = true
        try lab.restart()
        #expect(Array(lab.entries.prefix(acknowledged.count)) == acknowledged)

        for _ in 0..<60 where try lab.job().status == .running {
            try lab.step()
        }
        #expect(try lab.job().status == .complete)
        #expect(try lab.statuses() == [.closed, .closed, .closed])
        #expect(try lab.balance(of: "bo") == 15)
        #expect(try lab.replay().stateRoot == lab.machine.sequencer.publishedReplica.stateRoot)
    }
}

extension FederatedLab {
    func invitation(_ number: Int) throws -> InviteMember {
        InviteMember(
            member: try MemberID("guest-\(number)"), title: "Guest",
            expires: now.advanced(byMilliseconds: 60_000))
    }

    /// Lets one thing happen that can: a node connects or contributes, a sum is ready, a time comes.
    mutating func step() throws {
        if let missing = try Self.owners.first(where: {
            try !machine.connected.contains(MemberID($0))
        }) {
            try connect([missing])
        } else if !tasks.isEmpty {
            let task = tasks.removeFirst()
            guard state.jobs[task.task.round]?.status == .open else { return }
            try contribute(task.member.text, to: task.task.round)
        } else if let round = aggregations.first {
            try aggregate(round.task == .evaluate ? nil : Self.digest(UInt8(round.id.number + 1)))
        } else {
            let timer = try #require(timers.first, "nothing is left to happen")
            try fire(timer.timer)
        }
    }
}
