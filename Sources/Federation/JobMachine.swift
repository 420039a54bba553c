package import Contracts
import Identity
package import Ledger

/// A job on the coordinator: opens its rounds one after the other, until the plan is run through.
///
/// It looks at the ledger and says what comes next, so it can be made anew from the ledger at any
/// moment; the round that is under way has a ``RoundMachine``.
package struct JobMachine: Sendable {
    package enum Command: Sendable {
        /// Put this on the ledger; if it is refused, tell ``refused(_:by:)``.
        case submit(any LabAction)
        case sendTask(TrainingTask, to: [MemberID])
        /// Call ``timedOut(_:)`` with the round after so long.
        case wake(RoundID, afterMilliseconds: Int64)
        /// Call ``gathered()`` after so long.
        case wakeToOpen(afterMilliseconds: Int64)
        /// Call ``ownersWaitedFor()`` after so long.
        case wakeForOwners(afterMilliseconds: Int64)
        /// Begin to add these up while they arrive, in the place of what was begun before.
        case sumAhead(Round, of: Job, [AnnouncedUpdate])
        /// Add up what was sealed, store the result, and tell ``handle(_:in:)``.
        case aggregate(Round, of: Job)
    }

    /// How long to wait for participants that are not connected before a round is opened without
    /// them.
    package static let gatheringMilliseconds: Int64 = 5_000
    /// So many rounds in a row may be abandoned before the job is.
    package static let abandonedMax = 3

    package let id: JobID
    private var round: RoundMachine?
    private var hasGathered = false
    private var isGathering = false
    /// When it has asked to be woken, because it waits for owners no longer than that. Whatever they
    /// say meanwhile, it looks again then, and asks once more if it has to.
    private var wakesForOwnersAt: Timestamp?

    package init(_ id: JobID) {
        self.id = id
    }

    /// Says what comes next, given the ledger as it is.
    ///
    /// - Parameters:
    ///   - time: The ledger's.
    ///   - connected: The members whose nodes are in touch.
    ///   - holds: The participants that take no task of this job for now.
    package mutating func advance(
        _ state: LabState, _ finality: Finality, at time: Timestamp, connected: Set<MemberID>,
        holds: [MemberID: SiteHolds.Held] = [:]
    ) -> [Command] {
        guard let job = state.jobs[id], job.status == .running || job.status == .paused else {
            round = nil
            return []
        }
        if let current = state.jobs.current(of: job) {
            return advance(current, of: job, state, finality)
        }
        round = nil
        guard job.status == .running else { return [] }
        guard let task = job.nextTask else { return [.submit(CompleteJob(job: id))] }
        return open(job, task, state, at: time, connected: connected, holds: holds)
    }

    private mutating func advance(
        _ current: Round, of job: Job, _ state: LabState, _ finality: Finality
    ) -> [Command] {
        hasGathered = false
        isGathering = false
        if round?.id != current.id { round = RoundMachine(current, of: job) }
        switch current.status {
        case .open where finality.stage(of: current.index) == .final:
            return handle(.openIsFinal, round: current, job: job, state)
        case .sealed where current.sealIndex.map(finality.stage(of:)) == .final:
            return handle(.sealIsFinal, round: current, job: job, state)
        case .open, .sealed, .closed, .abandoned:
            return []
        }
    }

    /// Passes on what happened to the round that is under way.
    package mutating func handle(_ event: RoundMachine.Event, in state: LabState) -> [Command] {
        guard let job = state.jobs[id], let current = state.jobs.current(of: job) else { return [] }
        return handle(event, round: current, job: job, state)
    }

    package mutating func timedOut(_ id: RoundID, in state: LabState) -> [Command] {
        round?.id == id ? handle(.timedOut, in: state) : []
    }

    /// The time to wait for participants is over.
    package mutating func gathered() {
        hasGathered = true
    }

    /// The time to wait for owners may be over.
    package mutating func ownersWaitedFor() {
        wakesForOwnersAt = nil
    }

    /// The ledger refused an action of this job: what to do instead.
    package func refused(_ action: any LabAction, by refusal: Refusal) -> [Command] {
        let reason = ReasonText.of("\(type(of: action).name) refused: \(refusal)")
        return switch action {
        case let seal as SealRound:
            [.submit(AbandonRound(round: seal.round, reason: reason))]
        case let close as CloseRound:
            [.submit(AbandonRound(round: close.round, reason: reason))]
        case is AbandonJob: []
        default: [.submit(AbandonJob(job: id, reason: reason))]
        }
    }

    private mutating func handle(
        _ event: RoundMachine.Event, round current: Round, job: Job, _ state: LabState
    ) -> [Command] {
        guard var machine = round, machine.id == current.id else { return [] }
        let commands = machine.handle(event)
        round = machine
        return commands.map { command in
            switch command {
            case .sendTask(let members):
                .sendTask(TrainingTask(round: current.id, index: current.index), to: members)
            case .wake(let delay):
                .wake(current.id, afterMilliseconds: delay)
            case .sumAhead(let updates):
                .sumAhead(current, of: job, updates)
            case .seal(let envelopes):
                .submit(seal(current, envelopes, of: job, state))
            case .aggregate:
                .aggregate(current, of: job)
            case .close(let result):
                .submit(
                    CloseRound(
                        round: current.id, result: result.model,
                        strategyState: result.strategyState))
            case .abandon(let reason):
                .submit(AbandonRound(round: current.id, reason: ReasonText.of(reason)))
            }
        }
    }

    /// A member may have been suspended, or have replaced its key, since it contributed. The ledger
    /// refuses a seal with such a contribution as a whole, so that one member could undo the work of
    /// all: it is left out.
    private func seal(
        _ round: Round, _ envelopes: [Envelope], of job: Job, _ state: LabState
    ) -> any LabAction {
        let counted = envelopes.filter { (try? state.contribution(in: $0, to: round)) != nil }
        guard counted.count >= job.participantsMin else {
            return AbandonRound(
                round: round.id,
                reason: "\(counted.count) of \(envelopes.count) contributions are still valid, and "
                    + "\(job.participantsMin) are needed")
        }
        return SealRound(round: round.id, contributions: counted)
    }

    private mutating func open(
        _ job: Job, _ task: RoundTask, _ state: LabState, at time: Timestamp,
        connected: Set<MemberID>, holds: [MemberID: SiteHolds.Held]
    ) -> [Command] {
        if state.jobs.hasFailed(job, times: Self.abandonedMax) {
            return [
                .submit(
                    AbandonJob(
                        job: id, reason: "\(Self.abandonedMax) rounds in a row were abandoned"))
            ]
        }
        let request = TrainingRequest(
            purpose: job.purpose, round: RoundID(job: id, number: job.opened),
            participants: job.participants.count)
        let usable = job.participants.filter { participant in
            state.trainingRefusal(under: participant.licence, request, at: time) == nil
        }
        // With too few licences left the round cannot open. It is tried with all of them, so that
        // the refusal says which licence, and why.
        guard usable.count >= job.participantsMin else {
            return [.submit(openRound(job, task, job.participants))]
        }
        let held = usable.compactMap { holds[$0.member] }.filter { $0.isWaitedFor(at: time) }
        if let first = held.map(\.since).min() { return waitForOwners(since: first, at: time) }
        // A site that takes no tasks now is like one whose node is not up, but for the time in which
        // it might still come. With too few left, the job waits until a site says otherwise.
        let willing = usable.filter { holds[$0.member] == nil }
        guard willing.count >= job.participantsMin else { return [] }
        let present = willing.filter { connected.contains($0.member) }
        if present.count == willing.count || hasGathered && present.count >= job.participantsMin {
            return [.submit(openRound(job, task, present))]
        }
        guard !isGathering else { return [] }
        isGathering = true
        return [.wakeToOpen(afterMilliseconds: Self.gatheringMilliseconds)]
    }

    /// - Parameter since: When the first of those that are waited for said so.
    private mutating func waitForOwners(since: Timestamp, at time: Timestamp) -> [Command] {
        let end = since.advanced(byMilliseconds: SiteHold.patienceMilliseconds)
        guard wakesForOwnersAt.map({ end < $0 }) ?? true else { return [] }
        wakesForOwnersAt = end
        return [.wakeForOwners(afterMilliseconds: max(1, end - time))]
    }

    private func openRound(_ job: Job, _ task: RoundTask, _ participants: [Participant])
        -> OpenRound
    {
        OpenRound(
            round: RoundID(job: id, number: job.opened), task: task, base: job.weights,
            participants: participants.map(\.member).sorted())
    }
}

extension Jobs {
    fileprivate func hasFailed(_ job: Job, times: Int) -> Bool {
        guard job.opened >= times else { return false }
        return (job.opened - times..<job.opened).allSatisfy {
            self[RoundID(job: job.id, number: $0)]?.status == .abandoned
        }
    }
}
