import Contracts
import Federation
import Foundation
import HouseRules
import Ledger
import SampleLab
import Testing

@testable import Node

/// What a node does while the file system of its owner does not answer.
@Suite(.timeLimit(.minutes(2))) struct OwnerReceptionTests {
    private let folder: TemporaryFolder
    private let home: NodeHome
    private let reception: OwnerReception

    init() throws {
        folder = try TemporaryFolder()
        home = NodeHome(folder.file("north"))
        try FileManager.default.createDirectory(at: home.folder, withIntermediateDirectories: true)
        let control = OwnerControl(home: home, rowsMin: 1) { Timestamp(milliseconds: 0) }
        reception = OwnerReception(
            OwnerDesk(control, member: try MemberID("north")), patience: .seconds(1))
    }

    private func held(_ names: String..., code: String = "owner.unreadable") throws -> [SiteHold] {
        try names.map { SiteHold(job: try JobID($0), code: code, isAwaited: true) }
    }

    @Test("Without an answer nothing is allowed, every job is held back, and no questions pile up")
    func silence() async throws {
        let pipe = try HangingFile(home.rules)
        defer { pipe.release() }
        var lab = try SampleLab()
        let job = try lab.prepareTraining(rounds: 1).job
        let replica = lab.sequencer.replica
        let holds = try held("job-1")
        #expect(await reception.changedHolds(in: replica, isNewConnection: true) == holds)
        for _ in 0..<100 {
            #expect(await reception.changedHolds(in: replica, isNewConnection: false) == nil)
            #expect(await reception.newestHolds(in: replica) == holds)
            #expect(await reception.datasets() == .failure(.noAnswer))
        }
        #expect(reception.openCount == 1)
        #expect(await reception.requests(in: replica) == nil)
        #expect(await reception.forbidden(in: replica).isEmpty)
        let rules = await reception.rules().0
        #expect(throws: RulesFileError.self) { try rules.get() }
        // Another coordinator, or one that was started anew; and a connection that was lost.
        #expect(await reception.changedHolds(in: replica, isNewConnection: true) == holds)
        await reception.holdsWereLost()
        #expect(await reception.changedHolds(in: replica, isNewConnection: false) == holds)
        // Jobs that come meanwhile are held back, too.
        let first = try #require(lab.state.jobs[job])
        try lab.submit(
            ProposeJob(
                job: JobID("job-2"), model: first.model, purpose: first.purpose,
                licences: first.participants.map(\.licence), trainer: first.trainer,
                plan: first.plan, participantsMin: 2, roundTimeoutMilliseconds: 60_000),
            by: "university")
        #expect(
            await reception.changedHolds(in: lab.sequencer.replica, isNewConnection: false)
                == (try held("job-1", "job-2")))
    }

    @Test(
        "When the files are back, the coordinator is told what the owner says",
        arguments: [false, true])
    func back(isDeliveryLate: Bool) async throws {
        let pipe = try HangingFile(home.rules)
        var lab = try SampleLab()
        let job = try lab.prepareTraining(rounds: 1).job
        let replica = lab.sequencer.replica
        let told =
            isDeliveryLate
            ? await reception.newestHolds(in: replica)
            : await reception.changedHolds(in: replica, isNewConnection: true)
        #expect(told == (try held("job-1")))
        while reception.openCount > 0 {
            pipe.release()
            await Task.yield()
        }
        try Data("approve: every-job\n".utf8).write(to: home.rules)
        let refusal = try #require(await reception.refusalToLeave(job, in: replica))
        #expect(refusal == .approvalAwaited)
        #expect(
            await reception.changedHolds(in: replica, isNewConnection: false)
                == (try held("job-1", code: "owner.approval_awaited")))
        #expect(await reception.changedHolds(in: replica, isNewConnection: false) == nil)
        #expect(await reception.requests(in: replica)?.0.count == 1)
        #expect(reception.openCount == 0)
    }

    @Test("An update waits for its owner's word, and a node that stops does not wait for it")
    func leaving() async throws {
        let pipe = try HangingFile(home.rules)
        defer { pipe.release() }
        var lab = try SampleLab()
        let job = try lab.prepareTraining(rounds: 1).job
        let replica = lab.sequencer.replica
        let waiting = Task { [reception] in await reception.refusalToLeave(job, in: replica) }
        // It waits for longer than others do.
        while !reception.isOverdue { await Task.yield() }
        waiting.cancel()
        guard case .none = await waiting.value else {
            Issue.record("the owner has said nothing")
            return
        }
    }
}
