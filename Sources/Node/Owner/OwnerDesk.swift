import Contracts
import Federation
import Foundation
import HouseRules
import Ledger

/// Where a running node brings jobs before its owner: which of them ask, what the answers are, and what
/// the coordinator has been told of them. It has a thread of its own, where it looks at the owner's
/// files.
actor OwnerDesk {
    private let owner: OwnerControl
    nonisolated let member: MemberID
    private let thread = OwnerThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Made at the first question, on the desk's own thread: a node starts though files hang.
    private lazy var reader = OwnerReader(owner.home, owner.file)
    /// The newest of the ledger that was asked about, and who asks by it.
    private var seen: Replica?
    private var asking: [Job] = []
    private var proposals = OpenProposals()
    private var answers = OwnerAnswers()
    /// Since the last look; whoever else reads the files may have found it out.
    private var areRecordsNew = true
    /// What the coordinator has been told; `nil` where it may not have heard it, or knows what this
    /// node told before it was started anew.
    private var told: [SiteHold]?
    private var hasHeldBack = false

    init(_ owner: OwnerControl, member: MemberID) {
        self.owner = owner
        self.member = member
    }

    // MARK: - Jobs that ask

    /// The jobs that are not over and ask for this member's data, in the order of their names.
    ///
    /// - Parameter job: Also this one, where it is not among those that are shown: an owner who knows it
    ///   by name need not decide on others first.
    func requests(in replica: Replica, naming job: JobID? = nil) -> [JobRequest] {
        look(at: replica)
        let records = reader.records
        let shown = proposals.ids.union(job.map { [$0] } ?? [])
        return answers.all.filter { shown.contains($0.question.job.id) }.map { answer in
            let (job, own) = (answer.question.job, answer.question.participant)
            return JobRequest(
                job: job, participant: own, licence: replica.state.licence(own.licence),
                rows: answer.question.rows, refusal: answer.refusal,
                decision: try? records.decisions[job.id]?.get(),
                isBundleApproved: records.isBundleApproved(in: job))
        }
    }

    /// The proposals that are not among them, because there are too many of one member.
    func leftOut(in replica: Replica) -> [OpenProposals.LeftOut] {
        look(at: replica)
        return proposals.leftOut
    }

    /// The jobs of which nothing goes on here, and nothing leaves any more.
    func forbidden(in replica: Replica) -> Set<JobID> {
        look(at: replica)
        return Set(
            answers.all.filter { $0.refusal?.endsWork == true }.map(\.question.job.id))
    }

    /// What the owner says by now of an update of a job that is about to leave, read anew.
    func refusalToLeave(_ job: JobID, in replica: Replica) -> RuleRefusal? {
        guard let job = replica.state.jobs[job], let question = question(job, in: replica),
            let refusal = owner.refusal(
                of: job, on: question.participant.dataset, rows: question.rows ?? .max),
            refusal.endsWork
        else { return nil }
        return refusal
    }

    func datasets() -> OwnerRecords.Reading<DatasetsSeen> {
        refresh()
        return reader.datasets
    }

    /// As they were at the last look.
    func lastDatasets() -> OwnerRecords.Reading<DatasetsSeen> { reader.datasets }

    /// The rules as they are by now, and where they stand; `nil` where the owner has written none.
    func rules() -> (Result<OwnerRules, RulesFileError>, file: String?) {
        (owner.rules, owner.file.exists ? owner.file.file.path : nil)
    }

    // MARK: - What the coordinator knows

    /// What this node holds back, to be told to the coordinator.
    ///
    /// - Parameter isNewConnection: What was told last may be lost, and the coordinator another.
    /// - Returns: `nil` where the coordinator knows.
    func changedHolds(in replica: Replica, isNewConnection: Bool) -> [SiteHold]? {
        look(at: replica)
        // Should they be too many, nobody's flood of proposals is told before the others.
        let shown = proposals.ids
        let (first, rest) = (
            answers.all.filter { shown.contains($0.question.job.id) },
            answers.all.filter { !shown.contains($0.question.job.id) }
        )
        let holds = Array((first + rest).compactMap(\.hold).prefix(SiteHold.holdsMax))
        guard holds != told || isNewConnection && hasHeldBack else { return nil }
        told = holds
        hasHeldBack = hasHeldBack || !holds.isEmpty
        return holds
    }

    func holdsWereLost() { told = nil }

    /// What the coordinator is to know by now.
    func newestHolds(in replica: Replica) -> [SiteHold] {
        if let told { return told }
        return changedHolds(in: replica, isNewConnection: true) ?? []
    }

    // MARK: - The look

    /// - Returns: The jobs that had to be decided on; none, where no file and no job has changed, and
    ///   it is no other hour.
    @discardableResult
    func look(at replica: Replica) -> Set<JobID> {
        refresh()
        let isLonger = seen.map { $0.size < replica.size } ?? true
        if isLonger {
            seen = replica
            asking = replica.state.jobs.all.filter { job in
                job.mayRun && job.participants.contains { $0.member == member }
            }
        }
        let now = owner.now()
        guard let seen, areRecordsNew || isLonger || answers.areDue(at: now) else { return [] }
        let records = reader.records
        if areRecordsNew || isLonger {
            areRecordsNew = false
            proposals = OpenProposals(asking, decided: Set(records.decisions.keys))
            owner.forgetUsage(of: records, endedIn: seen.state)
        }
        return answers.update(
            to: asking.compactMap { question($0, in: seen) }, by: records, at: now)
    }

    private func refresh() {
        guard reader.refresh() else { return }
        areRecordsNew = true
        answers.forget()
    }

    private func question(_ job: Job, in replica: Replica) -> OwnerAnswers.Question? {
        guard let own = job.participants.first(where: { $0.member == member }) else { return nil }
        // A relay's rows are those that the ledger has.
        let owned = (try? reader.datasets.get())?.rows[own.dataset]
        return OwnerAnswers.Question(
            job: job, participant: own,
            rows: owned
                ?? replica.state.datasets[own.dataset].map { Int(clamping: $0.rows) })
    }
}

extension OwnerAnswers.Answer {
    fileprivate var hold: SiteHold? {
        refusal.map {
            SiteHold(
                job: question.job.id, code: $0.code, isAwaited: $0.isAwaited, until: $0.until)
        }
    }
}
