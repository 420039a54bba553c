import Contracts
import Encodings
import Federation
import Testing

/// What a site holds back before anybody opens a round with it, and how the coordinator takes it.
@Suite struct SiteHoldTests {
    private static let day = SiteHold.patienceMilliseconds
    private static var owners: CoordinatorMachine.Timer {
        get throws { .owners(try JobID("j-1")) }
    }

    private func hold(
        _ code: String = "owner.approval_awaited", awaited: Bool = true, job: String = "j-1"
    ) throws -> SiteHold {
        SiteHold(job: try JobID(job), code: code, isAwaited: awaited)
    }

    private func tell(
        _ lab: inout FederatedLab, _ name: String, _ holds: [SiteHold]
    ) throws {
        lab.perform(lab.machine.held(holds, by: try MemberID(name), at: lab.now))
    }

    private func participants(_ lab: FederatedLab, _ number: Int) throws -> [String] {
        try lab.round(number).participants.map(\.member.text)
    }

    @Test("A round waits for an owner that has not decided, and is opened when it has")
    func approval() throws {
        var lab = try Self.longLab()
        try lab.propose()
        try tell(&lab, "bo", [hold()])
        try lab.connect()
        try lab.submit(StartJob(job: JobID("j-1")), by: "cy")
        #expect(try lab.statuses().isEmpty)
        #expect(
            lab.timers
                == [.init(timer: try Self.owners, afterMilliseconds: Self.day)], "asked for once")
        lab.now = lab.now.advanced(byMilliseconds: 3 * 3_600_000)
        try tell(&lab, "bo", [])
        #expect(try participants(lab, 0) == ["ada", "bo", "ed"])
    }

    @Test("An owner that never decides is waited for one day, once, and not in every round")
    func patience() throws {
        var lab = try Self.longLab()
        try lab.propose(plan: [.train, .train])
        try tell(&lab, "bo", [hold()])
        try lab.connect()
        try lab.submit(StartJob(job: JobID("j-1")), by: "cy")
        #expect(try lab.statuses().isEmpty)
        try lab.fire(Self.owners)
        #expect(try participants(lab, 0) == ["ada", "ed"])
        try lab.runRound(0, with: ["ada", "ed"])
        #expect(try participants(lab, 1) == ["ada", "ed"], "it was waited for already")
    }

    @Test("Owners that change their minds again and again set one timer, also over many rounds")
    func timers() throws {
        var lab = try Self.longLab()
        try lab.propose(plan: [.train, .train, .train])
        try tell(&lab, "bo", [hold()])
        lab.now = lab.now.advanced(byMilliseconds: 1_000)
        try tell(&lab, "ada", [hold()])
        try lab.connect()
        try lab.submit(StartJob(job: JobID("j-1")), by: "cy")
        #expect(try lab.statuses().isEmpty)
        func waits() throws -> [Int64] {
            let owners = try Self.owners
            return lab.timers.filter { $0.timer == owners }.map(\.afterMilliseconds)
        }
        #expect(try waits() == [Self.day - 1_000])
        for _ in 0..<5 {
            lab.now = lab.now.advanced(byMilliseconds: 1_000)
            try tell(&lab, "bo", [])
            #expect(try lab.statuses().isEmpty, "ada is waited for longer")
            try tell(&lab, "bo", [hold("owner.trainer_not_approved")])
        }
        for number in 0..<2 {
            for name in ["ada", "bo"] { try tell(&lab, name, []) }
            for name in ["ada", "bo"] { try tell(&lab, name, [hold()]) }
            try lab.runRound(number)
        }
        #expect(try waits() == [Self.day - 1_000])
        // It goes off, and what is waited for longer asks for another.
        try tell(&lab, "bo", [])
        let before = lab.timers.count
        lab.perform(lab.machine.fired(try Self.owners, at: lab.now))
        #expect(lab.timers.count == before + 1)
    }

    @Test("Whoever approves after lunch finds the job alive, also where all sites had to")
    func afterLunch() throws {
        var lab = try Self.longLab()
        try lab.start(plan: [.train])
        for name in FederatedLab.owners { try tell(&lab, name, [hold()]) }
        try lab.connect()
        lab.now = lab.now.advanced(byMilliseconds: 3 * 3_600_000)
        for name in ["ada", "bo"] { try tell(&lab, name, []) }
        #expect(try lab.statuses().isEmpty, "ed has not decided")
        try tell(&lab, "ed", [])
        #expect(try lab.statuses() == [.open])
        #expect(try participants(lab, 0) == ["ada", "bo", "ed"])
    }

    @Test("A round that was opened before the owner was asked is given up once, and the job is not")
    func race() throws {
        var lab = try Self.longLab()
        try lab.start(plan: [.train])
        try lab.connect()
        #expect(try lab.statuses() == [.open])
        for name in FederatedLab.owners {
            try tell(&lab, name, [hold()])
            try lab.decline(name, RoundID(job: JobID("j-1"), number: 0))
        }
        #expect(try lab.statuses() == [.abandoned])
        #expect(try lab.job().status == .running)
        for name in FederatedLab.owners { try tell(&lab, name, []) }
        #expect(try lab.statuses() == [.abandoned, .open])
        try lab.runRound(1)
        #expect(try lab.job().status == .complete)
    }

    @Test("A site that takes no tasks is left out at once; with too few left the job waits for it")
    func closed() throws {
        var lab = try Self.longLab()
        try lab.start(plan: [.train, .train])
        try tell(&lab, "bo", [hold("owner.hours", awaited: false)])
        try lab.connect()
        #expect(try participants(lab, 0) == ["ada", "ed"])
        try tell(&lab, "ed", [hold("owner.hours", awaited: false)])
        try lab.runRound(0, with: ["ada", "ed"])
        #expect(try lab.statuses() == [.closed], "one site is left, and two are needed")
        lab.now = lab.now.advanced(byMilliseconds: 3 * Self.day)
        try tell(&lab, "bo", [])
        #expect(try participants(lab, 1) == ["ada", "bo"])
        #expect(lab.refusals.isEmpty)
    }

    @Test("Only participants of jobs that are not over are heard, each for itself")
    func strangers() throws {
        var lab = try Self.longLab()
        try lab.start(plan: [.train])
        try tell(&lab, "cy", [hold()])
        try tell(&lab, "bo", [hold(job: "nowhere")])
        #expect(lab.machine.holds.held.isEmpty)
        try tell(&lab, "bo", [hold()])
        try tell(&lab, "ada", [])
        #expect(lab.machine.holds.held[try JobID("j-1")]?.keys.map(\.text) == ["bo"])
        #expect(lab.machine.holds.held(by: try MemberID("bo")) == [try hold()])
        #expect(lab.machine.holds.held(by: try MemberID("ada")).isEmpty)
        try lab.submit(AbandonJob(job: JobID("j-1"), reason: "enough"), by: "cy")
        #expect(lab.machine.holds.held.isEmpty, "the job is over")
    }

    @Test(
        "Saying it again, for another reason, or after a change of mind does not make the wait longer"
    )
    func since() throws {
        var lab = try Self.longLab()
        try lab.start(plan: [.train])
        try tell(&lab, "bo", [hold()])
        let first = lab.now
        lab.now = lab.now.advanced(byMilliseconds: Self.day - 1)
        try tell(&lab, "bo", [hold("owner.trainer_not_approved")])
        let held = lab.machine.holds.held[try JobID("j-1")]?[try MemberID("bo")]
        #expect(held?.since == first)
        #expect(held?.hold.code == "owner.trainer_not_approved")
        try tell(&lab, "bo", [])
        try tell(&lab, "bo", [hold()])
        #expect(lab.machine.holds.held[try JobID("j-1")]?[try MemberID("bo")]?.since == first)
    }

    @Test("A hold is read as it was written, and nothing else is")
    func form() throws {
        let hold = SiteHold(
            job: try JobID("j-1"), code: "owner.hours", isAwaited: false,
            until: Timestamp(milliseconds: 5))
        #expect(try SiteHold(hold.json) == hold)
        #expect(throws: JSONShapeError.self) {
            try SiteHold(["job": "j-1", "code": "a\nb", "awaited": true])
        }
        #expect(throws: JSONShapeError.self) { try SiteHold(["job": "j-1", "code": "x"]) }
    }

    /// One whose licences outlast some days.
    private static func longLab() throws -> FederatedLab {
        try FederatedLab(
            roundsMax: 10,
            expires: FederatedLab.start.advanced(byMilliseconds: 30 * SiteHold.patienceMilliseconds)
        )
    }
}
