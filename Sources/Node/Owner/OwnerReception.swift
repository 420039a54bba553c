import Contracts
import Federation
import HouseRules
import Ledger
import Synchronization

/// Where a node's other work asks the owner's desk. The desk waits for files, and a file system that has
/// gone away lets it wait for ever; here nobody waits longer than a set time. Where one question has
/// gone unanswered so long, the next are not asked at all: there is one desk, it would hold them up as
/// well, and they would pile up.
///
/// Without an answer nothing is allowed. Of what the node holds back it then says: every job. It may
/// hold jobs back that its owner has approved, for as long as the files are away, and that costs rounds.
/// The other way round the coordinator would open rounds, and members pay for them, that the owner may
/// have refused.
final class OwnerReception: Sendable {
    private struct State {
        var asked = 0
        /// By when the questions that have no answer yet should have had one.
        var open: [Int: ContinuousClock.Instant] = [:]
        /// What the coordinator was told without the desk.
        var toldWithoutDesk: [SiteHold]?
    }

    private let desk: OwnerDesk
    private let patience: Duration
    private let state = Mutex(State())
    let member: MemberID

    init(_ desk: OwnerDesk, patience: Duration) {
        self.desk = desk
        self.patience = patience
        member = desk.member
    }

    // MARK: - Questions

    /// How many questions wait for the desk.
    var openCount: Int { state.withLock { $0.open.count } }

    /// Whether a question has gone unanswered for too long.
    var isOverdue: Bool {
        state.withLock { $0.open.values.contains { $0 <= .now } }
    }

    /// - Returns: `nil` where the desk has not answered in time, or where the caller is cancelled.
    private func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (isolated OwnerDesk) -> Answer
    ) async -> Answer? {
        guard !isOverdue else { return nil }
        let (answers, answer) = AsyncStream.makeStream(of: Answer?.self)
        put(question) { answer.yield($0) }
        let patience = patience
        let timer = Task {
            try? await Task.sleep(for: patience)
            answer.yield(nil)
        }
        defer { timer.cancel() }
        for await first in answers { return first }
        return nil
    }

    /// - Returns: `nil` where the caller is cancelled.
    private func askPatiently<Answer: Sendable>(
        _ question: @escaping @Sendable (isolated OwnerDesk) -> Answer
    ) async -> Answer? {
        let (answers, answer) = AsyncStream.makeStream(of: Answer.self)
        put(question) { answer.yield($0) }
        for await first in answers { return first }
        return nil
    }

    private func put<Answer: Sendable>(
        _ question: @escaping @Sendable (isolated OwnerDesk) -> Answer,
        _ answered: @escaping @Sendable (Answer) -> Void
    ) {
        let number = state.withLock { state in
            state.asked += 1
            state.open[state.asked] = .now + patience
            return state.asked
        }
        let answering: @Sendable (isolated OwnerDesk) -> Void = { [self] desk in
            let answer = question(desk)
            state.withLock { $0.open[number] = nil }
            answered(answer)
        }
        Task { [desk] in await answering(desk) }
    }

    // MARK: - Tasks

    /// What this node can open by its owner's records, and what of them cannot be read.
    func datasets() async -> OwnerRecords.Reading<DatasetsSeen> {
        await ask { $0.datasets() } ?? .failure(.noAnswer)
    }

    /// As they were when anything else was last asked.
    func lastDatasets() async -> OwnerRecords.Reading<DatasetsSeen> {
        await ask { $0.lastDatasets() } ?? .failure(.noAnswer)
    }

    /// Of an update that is about to leave, where the owner is waited for as long as it takes: by then
    /// it may have said no.
    ///
    /// - Returns: `nil` as the refusal where it leaves, and in the place of an answer where the caller
    ///   is cancelled.
    func refusalToLeave(_ job: JobID, in replica: Replica) async -> RuleRefusal?? {
        await askPatiently { $0.refusalToLeave(job, in: replica) }
    }

    /// The jobs of which nothing goes on here. Without an answer none: what forbids to begin lets work
    /// under way come to its end, and before it leaves the owner is asked again.
    func forbidden(in replica: Replica) async -> Set<JobID> {
        await ask { $0.forbidden(in: replica) } ?? []
    }

    // MARK: - For the owner

    /// - Parameter job: Also this one, should it be left out.
    /// - Returns: `nil` without an answer.
    func requests(
        in replica: Replica, naming job: JobID? = nil
    ) async -> ([JobRequest], leftOut: [OpenProposals.LeftOut])? {
        await ask { ($0.requests(in: replica, naming: job), $0.leftOut(in: replica)) }
    }

    func rules() async -> (Result<OwnerRules, RulesFileError>, file: String?) {
        let unknown = RulesFileError(
            file: "rules.yaml", line: nil, column: nil,
            problem: OwnerRecords.Unreadable.noAnswer.description)
        return await ask { $0.rules() } ?? (.failure(unknown), file: nil)
    }

    // MARK: - What the coordinator knows

    /// As ``OwnerDesk/changedHolds(in:isNewConnection:)``, and every job where the desk does not answer.
    func changedHolds(in replica: Replica, isNewConnection: Bool) async -> [SiteHold]? {
        let wasWithoutDesk = state.withLock { $0.toldWithoutDesk != nil }
        let answer = await ask { desk in
            // What it believes to have told was told by nobody.
            if wasWithoutDesk { desk.holdsWereLost() }
            return desk.changedHolds(in: replica, isNewConnection: isNewConnection)
        }
        return state.withLock { state in
            if let answer {
                state.toldWithoutDesk = nil
                return answer
            }
            let holds = everyJob(in: replica)
            guard holds != state.toldWithoutDesk || isNewConnection else { return nil }
            state.toldWithoutDesk = holds
            return holds
        }
    }

    /// What the coordinator is to know by now.
    func newestHolds(in replica: Replica) async -> [SiteHold] {
        if let holds = await ask({ $0.newestHolds(in: replica) }) { return holds }
        let holds = everyJob(in: replica)
        state.withLock { $0.toldWithoutDesk = holds }
        return holds
    }

    /// What was told last has not arrived.
    func holdsWereLost() async {
        state.withLock { if $0.toldWithoutDesk != nil { $0.toldWithoutDesk = [] } }
        _ = await ask { $0.holdsWereLost() }
    }

    /// A person has to see to it, as where rules cannot be read: rounds wait for a while.
    private func everyJob(in replica: Replica) -> [SiteHold] {
        let holds = replica.state.jobs.all.filter { job in
            job.mayRun && job.participants.contains { $0.member == member }
        }.map {
            SiteHold(job: $0.id, code: TaskRefusal.ownerUnreadableCode, isAwaited: true)
        }
        return Array(holds.prefix(SiteHold.holdsMax))
    }
}

extension OwnerRecords.Unreadable {
    static let noAnswer = OwnerRecords.Unreadable(
        description:
            "the file system that the owner's files lie on does not answer; bring it back, "
            + "or end what holds it up")
}
