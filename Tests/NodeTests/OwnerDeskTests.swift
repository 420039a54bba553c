import ContractLibrary
import Contracts
import Encodings
import Federation
import Foundation
import HouseRules
import Ledger
import SampleLab
import Storage
import Testing

@testable import Node

/// What a running node asks its owner, and how seldom.
@Suite struct OwnerDeskTests {
    private let folder: TemporaryFolder
    private let home: NodeHome
    private let north: MemberID
    private let data: DatasetID

    init() throws {
        folder = try TemporaryFolder()
        home = NodeHome(folder.file("north"))
        try FileManager.default.createDirectory(at: home.folder, withIntermediateDirectories: true)
        north = try MemberID("north")
        data = try DatasetID("north-data")
    }

    private func desk(_ now: @escaping @Sendable () -> Timestamp = { Self.noon }) -> OwnerDesk {
        OwnerDesk(OwnerControl(home: home, rowsMin: 1, now: now), member: north)
    }

    /// A Thursday.
    private static let noon = Timestamp(milliseconds: 12 * 3_600_000)

    private func decide(_ job: Job, isApproved: Bool) throws {
        try JobDecisions(of: home).keep(
            JobDecision(
                job: job.id, definition: job.definition, isApproved: isApproved,
                decided: Self.noon))
    }

    private static func lab(proposals: Int = 0) throws -> SampleLab {
        var lab = try SampleLab()
        let training = try lab.prepareTraining(rounds: 1)
        let job = try #require(lab.state.jobs[training.job])
        for number in 0..<proposals {
            try lab.submit(
                ProposeJob(
                    job: JobID("p-\(number + 10)"), model: job.model, purpose: job.purpose,
                    licences: job.participants.map(\.licence), trainer: job.trainer,
                    plan: job.plan, participantsMin: 2, roundTimeoutMilliseconds: 60_000),
                by: "university")
        }
        return lab
    }

    private static func job(_ lab: SampleLab) throws -> Job {
        try #require(lab.state.jobs[try JobID("job-1")])
    }

    // MARK: - Looks

    @Test("Where no file and no job has changed, no job is decided on again")
    func quiet() async throws {
        var lab = try Self.lab(proposals: 2)
        let desk = desk()
        let all = Set(try ["job-1", "p-10", "p-11"].map { try JobID($0) })
        #expect(await desk.look(at: lab.sequencer.replica) == all)
        #expect(await desk.look(at: lab.sequencer.replica).isEmpty)
        // The ledger goes on with something else.
        try lab.invite(3)
        #expect(await desk.look(at: lab.sequencer.replica).isEmpty)
        // A round of the job is no longer one of the same job.
        let job = try Self.job(lab)
        try lab.submitAsCoordinator(
            OpenRound(
                round: RoundID(job: job.id, number: 0), task: .statistics, base: nil,
                participants: job.participants.map(\.member).sorted()))
        #expect(await desk.look(at: lab.sequencer.replica) == [job.id])
        try decide(try Self.job(lab), isApproved: true)
        #expect(await desk.look(at: lab.sequencer.replica) == all)
        #expect(await desk.look(at: lab.sequencer.replica).isEmpty)
    }

    @Test("A change that somebody else came upon first is not missed by the next look")
    func foundBefore() async throws {
        let lab = try Self.lab()
        let (job, replica) = (try Self.job(lab), lab.sequencer.replica)
        let desk = desk()
        #expect(await desk.forbidden(in: replica).isEmpty)
        try decide(job, isApproved: false)
        #expect(try await desk.datasets().get().rows.isEmpty)
        #expect(await desk.forbidden(in: replica) == [job.id])
        #expect(await desk.requests(in: replica).map(\.job.id) == [job.id])
    }

    @Test("A file is read again where its stamp is another one, or is too fresh to tell")
    func stamps() throws {
        final class Reads: @unchecked Sendable { var count = 0 }
        let reads = Reads()
        let file = folder.file("rules.yaml")
        var read = StampedRead(file) {
            reads.count += 1
            return try? Data(contentsOf: file)
        }
        #expect((0..<5).map { _ in read.refresh() }.contains(true) == false)
        #expect(reads.count == 1 && read.value == nil)
        try Data("a".utf8).write(to: file)
        let looks = [read.refresh(), read.refresh()]
        #expect(looks == [true, false])
        #expect(reads.count == 3, "it has changed a moment ago")
        // In place, and as long as before.
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: Data("b".utf8))
        try handle.close()
        let isOther = read.refresh()
        #expect(isOther)
        #expect(read.value == Data("b".utf8))

        // The program itself was built some time ago.
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let old = Reads()
        var settled = StampedRead(program) {
            old.count += 1
            return 0
        }
        #expect((0..<5).map { _ in settled.refresh() }.contains(true) == false)
        #expect(old.count == 1)

        // Something else than the file was in the way.
        let failing = Reads()
        var late = StampedRead(
            program, isWhole: { $0 != nil },
            read: {
                failing.count += 1
                return failing.count < 3 ? nil : "read"
            })
        #expect((0..<5).map { _ in late.refresh() } == [false, true, false, false, false])
        #expect(late.value == "read" && failing.count == 3)
    }

    @Test("Answers hold as long as time does not change them, and no longer")
    func time() throws {
        let lab = try Self.lab()
        let job = try Self.job(lab)
        let own = try #require(job.participants.first { $0.member == north })
        let question = OwnerAnswers.Question(job: job, participant: own, rows: 60)
        func records(_ text: String) throws -> OwnerRecords {
            try Data(text.utf8).write(to: home.rules)
            return OwnerRecords(
                rules: RulesFile(home.rules, rowsMin: 1).reading,
                usage: .init { try JobUsage(home.usage) })
        }
        func answers(
            _ text: String, later milliseconds: [Int64]
        ) throws -> [(isNew: Bool, code: String?)] {
            let records = try records(text)
            var answers = OwnerAnswers()
            return ([0] + milliseconds).map { later in
                let now = Self.noon.advanced(byMilliseconds: later)
                let isNew = !answers.update(to: [question], by: records, at: now).isEmpty
                return (isNew, answers[job.id]?.refusal?.code)
            }
        }
        func expect(
            _ found: [(isNew: Bool, code: String?)], _ expected: [(Bool, String?)]
        ) {
            #expect(found.map(\.isNew) == expected.map(\.0))
            #expect(found.map(\.code) == expected.map(\.1))
        }
        let year: Int64 = 365 * 86_400_000
        expect(try answers("purposes: [research]\n", later: [year]), [(true, nil), (false, nil)])
        let night = "hours:\n  - {from: \"20:00\", to: \"06:00\"}\n"
        let eight: Int64 = 8 * 3_600_000
        expect(
            try answers(night, later: [eight - 1, eight]),
            [(true, "owner.hours"), (false, "owner.hours"), (true, nil)])
        let day = "hours:\n  - {from: \"06:00\", to: \"12:01\"}\n"
        expect(
            try answers(day, later: [59_999, 60_000]),
            [(true, nil), (false, nil), (true, "owner.hours")])
        expect(
            try answers("purposes: [screening]\n" + day, later: [eight]),
            [(true, "owner.purpose"), (false, "owner.purpose")])
        // A clock that was wrong is put back.
        expect(
            try answers(night, later: [-7 * 3_600_000]), [(true, "owner.hours"), (true, nil)])
    }

    // MARK: - What leaves

    @Test("What an owner has said a moment ago is heard before an update leaves")
    func beforeLeaving() async throws {
        let lab = try Self.lab()
        let (job, replica) = (try Self.job(lab), lab.sequencer.replica)
        let desk = desk()
        #expect(await desk.refusalToLeave(job.id, in: replica) == nil)
        #expect(await desk.forbidden(in: replica).isEmpty)
        try decide(job, isApproved: false)
        #expect(await desk.refusalToLeave(job.id, in: replica)?.code == "owner.refused")
        #expect(await desk.forbidden(in: replica) == [job.id])
        // Hours forbid to begin, and let what was done leave.
        try decide(job, isApproved: true)
        try Data("hours: []\n".utf8).write(to: home.rules)
        #expect(await desk.requests(in: replica).first?.isAwaited == false)
        #expect(await desk.refusalToLeave(job.id, in: replica) == nil)
    }

    @Test("A member's licence that was withdrawn is one for a job no more")
    func licences() throws {
        var lab = try Self.lab()
        let job = try JobID("job-1")
        #expect(lab.state.licensedJobs(of: north) == [job])
        try lab.submit(
            TakeContractAction.withdraw(LicenceID("north-licence"), reason: "enough"), by: "north")
        #expect(lab.state.licensedJobs(of: north).isEmpty)
        #expect(lab.state.licensedJobs(of: try MemberID("south")) == [job])
    }

    // MARK: - Many jobs

    @Test("Of one member's proposals so many are shown, and others as the owner decides")
    func proposals() async throws {
        let lab = try Self.lab(proposals: OpenProposals.undecidedMax + 3)
        let replica = lab.sequencer.replica
        let university = try MemberID("university")
        let desk = desk()
        let shown = await desk.requests(in: replica)
        #expect(shown.count == OpenProposals.undecidedMax + 1, "the running one besides")
        #expect(
            await desk.leftOut(in: replica).map(\.json)
                == [["proposer": university.json, "proposals": 3]])
        // Whoever knows another by its name need not decide on those first.
        let last = try #require(replica.state.jobs.all.last { $0.status == .proposed })
        #expect(!shown.contains { $0.job.id == last.id })
        let named = await desk.requests(in: replica, naming: last.id).map(\.job)
        #expect(named.count == shown.count + 1 && named.contains(last))
        #expect(await desk.requests(in: replica, naming: try JobID("p-9")).count == shown.count)
        let first = try #require(shown.first { $0.job.status == .proposed }?.job)
        try decide(first, isApproved: false)
        #expect(await desk.requests(in: replica).count == OpenProposals.undecidedMax + 2)
        #expect(await desk.leftOut(in: replica).map(\.proposals) == [2])
        let others = lab.state.jobs.all
        #expect(OpenProposals(others, decided: Set(others.map(\.id))).leftOut.isEmpty)
    }

    @Test("Rounds wait for the owner in all jobs, also in those that are not shown")
    func holdsOfLeftOut() async throws {
        try Data("approve: every-job\n".utf8).write(to: home.rules)
        let lab = try Self.lab(proposals: OpenProposals.undecidedMax + 3)
        let holds = await desk().changedHolds(in: lab.sequencer.replica, isNewConnection: false)
        #expect(holds?.count == OpenProposals.undecidedMax + 3 + 1)
        #expect(Set(try #require(holds).map(\.code)) == ["owner.approval_awaited"])
    }

    @Test("Tasks that begin at the same time are all counted, and so is all that leaves")
    func counting() async throws {
        let lab = try Self.lab(proposals: 16)
        try Data("rounds-max: {per-day: 100}\n".utf8).write(to: home.rules)
        let control = OwnerControl(home: home, rowsMin: 1) { Self.noon }
        let (jobs, data) = (lab.state.jobs.all, data)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for job in jobs {
                group.addTask {
                    try await onOwnThread {
                        let round = RoundID(job: job.id, number: 0)
                        let refusals = [
                            try control.begin(round, of: job, on: data, rows: 60),
                            try control.release(7, from: round, of: job, on: data, rows: 60),
                        ]
                        #expect(refusals == [nil, nil])
                    }
                }
            }
            try await group.waitForAll()
        }
        let usage = try JobUsage(home.usage)
        for job in jobs {
            let used = usage.usage(of: job.id, on: data, day: 0)
            #expect(used.roundsToday == jobs.count && used.jobRounds == 1 && used.jobBytes == 7)
        }
    }

    @Test("Of a limit for a day no more is used by tasks that begin at the same time")
    func limit() async throws {
        let lab = try Self.lab(proposals: 16)
        try Data("rounds-max: {per-day: 5}\n".utf8).write(to: home.rules)
        let control = OwnerControl(home: home, rowsMin: 1) { Self.noon }
        let (jobs, data) = (lab.state.jobs.all, data)
        let begun = try await withThrowingTaskGroup(of: Bool.self) { group in
            for job in jobs {
                group.addTask {
                    try await onOwnThread {
                        let round = RoundID(job: job.id, number: 0)
                        return try control.begin(round, of: job, on: data, rows: 60) == nil
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(begun == 5)
    }

    @Test("What ended jobs have used is forgotten; the day's count, and unknown jobs, stay")
    func usage() async throws {
        var lab = try SampleLab()
        let before = try Self.lab().sequencer.replica
        let job = try lab.train(rounds: 1).job
        let unknown = try JobID("elsewhere")
        var usage = try JobUsage(home.usage)
        for id in [job, unknown] {
            try usage.begin(RoundID(job: id, number: 0), on: data, day: 0)
        }
        let running = desk()
        await running.look(at: before)
        #expect(try JobUsage(home.usage).jobIDs == [job, unknown])
        await running.look(at: lab.sequencer.replica)
        let left = try JobUsage(home.usage)
        #expect(left.jobIDs == [unknown])
        #expect(
            left.usage(of: job, on: data, day: 0) == .init(roundsToday: 2, datasetRoundsToday: 2))
    }

    // MARK: - The coordinator

    @Test("What the coordinator may not have heard is told again, and nothing twice")
    func lostHolds() async throws {
        let replica = try SampleLab().sequencer.replica
        let desk = desk()
        // An earlier life of the node may have held jobs back.
        #expect(await desk.changedHolds(in: replica, isNewConnection: true) == [])
        #expect(await desk.changedHolds(in: replica, isNewConnection: true) == nil)
        await desk.holdsWereLost()
        #expect(await desk.changedHolds(in: replica, isNewConnection: false) == [])
        #expect(await desk.changedHolds(in: replica, isNewConnection: false) == nil)
    }

    @Test("A job that waits for its owner is held back until it is approved")
    func holds() async throws {
        let lab = try Self.lab()
        let (job, replica) = (try Self.job(lab), lab.sequencer.replica)
        try Data("approve: every-job\n".utf8).write(to: home.rules)
        let desk = desk()
        let hold = SiteHold(job: job.id, code: "owner.approval_awaited", isAwaited: true)
        #expect(await desk.changedHolds(in: replica, isNewConnection: false) == [hold])
        #expect(await desk.newestHolds(in: replica) == [hold])
        try decide(job, isApproved: true)
        #expect(await desk.changedHolds(in: replica, isNewConnection: false) == [])
    }
}
