package import Contracts
package import Identity
package import Ledger
package import MerkleLog

/// The whole of the coordinator but for its effects: the ledger and the jobs that run on it.
///
/// Its user carries the commands out in their order and reports back. The service does so with a
/// database and connections, the simulator with a seed.
package struct CoordinatorMachine: Sendable {
    package enum Command: Sendable {
        /// Make this durable, then call ``stored(at:)``; show nobody anything of it before.
        case store(ExecutedBatch)
        /// Send this to everybody who follows the ledger.
        case publish(LedgerBatch)
        /// Store this, and send it to everybody who follows the ledger.
        case publishCertificate(UnverifiedCheckpoint)
        case sendTask(TrainingTask, to: MemberID)
        /// End the node's connection: nothing has come of it for a whole round. One that is there dials anew.
        case cutOff(MemberID)
        /// Call ``fired(_:at:)`` with the timer after so long.
        case wake(Timer, afterMilliseconds: Int64)
        /// Begin to add these up while they arrive, in the place of what was begun before for the round.
        /// Their sum is the round's result if exactly they are sealed.
        case sumAhead(Round, of: Job, [AnnouncedUpdate])
        /// Add up what was sealed, store the result, and call ``aggregated(_:result:at:)``.
        case aggregate(Round, of: Job)
        /// Tell the operator.
        case refused(action: String, Refusal)
    }

    package enum Timer: Hashable, Sendable {
        case roundTimeout(RoundID)
        case opening(JobID)
        case owners(JobID)
        case cut
    }

    /// How long a batch waits for the one before it to be certified.
    ///
    /// What comes in meanwhile goes into one batch, and every node verifies, stores and cosigns once
    /// for all of it. A quiet lab is not slowed down: there is nothing to wait for.
    package static let paceMilliseconds: Int64 = 20

    package private(set) var sequencer: Sequencer
    package private(set) var connected: Set<MemberID> = []
    /// How long the published ledger was when a node was last heard of.
    private var lastHeard: [MemberID: UInt64] = [:]
    private let serviceKey: SigningKey
    private var jobs: [JobID: JobMachine] = [:]
    private var publishedAt = Timestamp(milliseconds: 0)
    private var awaitsCut = false
    /// What has been contributed to rounds that are not sealed, by round and member.
    private var contributions: [RoundID: [MemberID: SignedContribution]] = [:]
    /// What participants hold back. A node that is away for a moment has not changed its mind.
    package private(set) var holds = SiteHolds()

    private static let transactionLifetimeMilliseconds: Int64 = 60_000

    /// - Parameter contributions: What the store holds for rounds that are open.
    package init(
        _ sequencer: Sequencer, serviceKey: SigningKey, contributions: [SignedContribution] = []
    ) {
        self.sequencer = sequencer
        self.serviceKey = serviceKey
        for signed in contributions {
            let contribution = signed.contribution
            self.contributions[contribution.round, default: [:]][contribution.member] = signed
        }
    }

    /// Everything that has been accepted.
    package var state: LabState { sequencer.replica.state }
    package var finality: Finality { sequencer.replica.finality }

    // MARK: - Events

    /// What there is to do after a start.
    package mutating func started(at now: Timestamp) -> [Command] {
        settle(at: now)
    }

    /// Tries a transaction.
    ///
    /// - Returns: The receipt, which counts once the batch with its index is published; or the
    ///   refusal. And what to do next.
    /// - Throws: `TransactionError`.
    package mutating func submit(
        _ transaction: SignedTransaction, at now: Timestamp
    ) throws(TransactionError) -> (result: Result<Receipt, Refusal>, commands: [Command]) {
        let result = try sequencer.submit(transaction, at: now)
        return (result, settle(at: now))
    }

    /// The batch that was last to be stored is durable.
    package mutating func stored(
        _ batch: ExecutedBatch, at now: Timestamp
    ) -> [Command] {
        sequencer.stored()
        publishedAt = now
        return [.publish(batch.batch)] + settle(at: now)
    }

    /// - Parameter member: Whose node has handed them in.
    /// - Throws: `CosignatureRefusal`.
    package mutating func receive(
        _ cosignatures: [Cosignature], size: UInt64, from member: MemberID, at now: Timestamp
    ) throws(CosignatureRefusal) -> [Command] {
        heard(member)
        guard
            let certificate = try sequencer.receive(cosignatures, size: size, at: now)
        else { return [] }
        return [.publishCertificate(certificate)] + settle(at: now)
    }

    /// A member's node has said something, such as how far it is.
    package mutating func heard(_ member: MemberID) {
        lastHeard[member] = sequencer.publishedSize
    }

    /// Takes leave of the participants of which nothing has come since their round was opened. A node that
    /// is there cosigns; a connection whose other end is gone looks like one that is quiet, until the
    /// system gives it up after a quarter of an hour.
    private mutating func cutOffSilent(in id: RoundID) -> [Command] {
        guard let round = state.jobs[id], round.status == .open else { return [] }
        let silent = round.participants.map(\.member).filter {
            connected.contains($0) && lastHeard[$0, default: 0] <= round.index
        }
        connected.subtract(silent)
        return silent.map { .cutOff($0) }
    }

    package mutating func connected(_ member: MemberID, at now: Timestamp) -> [Command] {
        connected.insert(member)
        heard(member)
        var commands: [Command] = []
        for id in jobs.keys.sorted() {
            perform(tell(id, .connected(member)), of: id, at: now, &commands)
        }
        return commands + settle(at: now)
    }

    package mutating func disconnected(_ member: MemberID) {
        connected.remove(member)
    }

    /// Whether a contribution can be taken; if so, store it and call ``contributed(_:at:)``.
    ///
    /// - Throws: `Refusal`.
    package func check(_ envelope: Envelope) throws(Refusal) -> SignedContribution {
        let signed: SignedContribution
        do {
            signed = try SignedContribution(envelope) { state.members[$0]?.keys.signing }
        } catch {
            throw Refusal(
                .contributionInvalid, rule: "a member signed the contribution",
                saw: ["problem": error])
        }
        let round = try openRound(signed.contribution.round)
        _ = try state.contribution(in: envelope, to: round)
        return signed
    }

    /// A member is about to upload an update.
    ///
    /// - Throws: `Refusal`.
    package mutating func announced(
        _ update: AnnouncedUpdate, at now: Timestamp
    ) throws(Refusal) -> [Command] {
        let round = try openRound(update.round)
        heard(update.member)
        guard round.participants.contains(where: { $0.member == update.member }) else {
            throw Refusal(
                .contributionInvalid, rule: "the member is a participant of the round",
                saw: ["member": update.member, "round": update.round])
        }
        return deliver(.announced(update), to: update.round, at: now)
    }

    private func openRound(_ id: RoundID) throws(Refusal) -> Round {
        guard let round = state.jobs[id], round.status == .open,
            finality.stage(of: round.index) == .final
        else {
            throw Refusal(
                .wrongStage, rule: "round.status == open, and its opening is final",
                saw: ["round": id, "round.status": state.jobs[id]?.status.rawValue ?? "none"])
        }
        return round
    }

    /// A contribution is in the store.
    package mutating func contributed(_ signed: SignedContribution, at now: Timestamp) -> [Command]
    {
        let contribution = signed.contribution
        heard(contribution.member)
        let earlier = contributions[contribution.round]?[contribution.member]
        contributions[contribution.round, default: [:]][contribution.member] = earlier ?? signed
        return settle(at: now)
    }

    /// A node says that it will not take part in a round.
    package mutating func declined(
        _ member: MemberID, _ round: RoundID, at now: Timestamp
    ) -> [Command] {
        heard(member)
        return deliver(.declined(member), to: round, at: now)
    }

    /// A node says of which jobs it takes no tasks for now; of all others it does.
    package mutating func held(
        _ list: [SiteHold], by member: MemberID, at now: Timestamp
    ) -> [Command] {
        heard(member)
        holds.receive(list, from: member, in: state, at: now)
        return settle(at: now)
    }

    /// What was sealed has been added up.
    package mutating func aggregated(
        _ round: RoundID, result: RoundResult, at now: Timestamp
    ) -> [Command] {
        deliver(.aggregated(result), to: round, at: now)
    }

    package mutating func aggregationFailed(
        _ round: RoundID, reason: String, at now: Timestamp
    ) -> [Command] {
        deliver(.aggregationFailed(reason), to: round, at: now)
    }

    package mutating func fired(_ timer: Timer, at now: Timestamp) -> [Command] {
        var commands: [Command] = []
        switch timer {
        case .roundTimeout(let round):
            commands += cutOffSilent(in: round)
            let state = state
            let next = jobs[round.job]?.timedOut(round, in: state) ?? []
            perform(next, of: round.job, at: now, &commands)
        case .opening(let job):
            jobs[job]?.gathered()
        case .owners(let job):
            jobs[job]?.ownersWaitedFor()
        case .cut:
            awaitsCut = false
        }
        return commands + settle(at: now)
    }

    // MARK: - Steps

    private mutating func deliver(
        _ event: RoundMachine.Event, to round: RoundID, at now: Timestamp
    ) -> [Command] {
        var commands: [Command] = []
        guard let current = state.jobs[round], current.status == .open || current.status == .sealed
        else { return [] }
        perform(tell(round.job, event), of: round.job, at: now, &commands)
        return commands + settle(at: now)
    }

    private mutating func tell(_ job: JobID, _ event: RoundMachine.Event) -> [JobMachine.Command] {
        let state = state
        return jobs[job]?.handle(event, in: state) ?? []
    }

    /// Lets every job go as far as it can, and cuts a batch if one can be.
    private mutating func settle(at now: Timestamp) -> [Command] {
        var commands: [Command] = []
        var submitted = sequencer.pause == nil
        while submitted {
            submitted = false
            for job in state.jobs.running {
                let before = sequencer.replica.size
                advance(job, at: now, &commands)
                submitted = submitted || sequencer.replica.size > before
            }
        }
        let state = state
        jobs = jobs.filter { state.jobs.running.contains($0.key) }
        contributions = contributions.filter { state.jobs[$0.key]?.status == .open }
        holds.keep(in: state)
        return commands + cut(at: now)
    }

    /// Cuts a batch if one can be, or says when to look again.
    private mutating func cut(at now: Timestamp) -> [Command] {
        guard sequencer.canCut else { return [] }
        let waited = now - publishedAt
        if finality.certifiedSize < sequencer.publishedSize, waited >= 0,
            waited < Self.paceMilliseconds
        {
            guard !awaitsCut else { return [] }
            awaitsCut = true
            return [.wake(.cut, afterMilliseconds: Self.paceMilliseconds - waited)]
        }
        return sequencer.cut(at: now).map { [.store($0)] } ?? []
    }

    private mutating func advance(
        _ id: JobID, at now: Timestamp, _ commands: inout [Command]
    ) {
        var machine = jobs[id] ?? JobMachine(id)
        let next = machine.advance(
            state, finality, at: now, connected: connected, holds: holds.held[id] ?? [:])
        jobs[id] = machine
        perform(next, of: id, at: now, &commands)
        guard let job = state.jobs[id], let round = state.jobs.current(of: job) else { return }
        for signed in (contributions[round.id] ?? [:]).sorted(by: { $0.key < $1.key }) {
            perform(tell(id, .contributed(signed.value)), of: id, at: now, &commands)
        }
    }

    private mutating func perform(
        _ next: [JobMachine.Command], of job: JobID, at now: Timestamp, _ commands: inout [Command]
    ) {
        for command in next {
            switch command {
            case .submit(let action): submit(action, of: job, at: now, &commands)
            case .sendTask(let task, let members):
                commands += members.filter { connected.contains($0) }.map {
                    .sendTask(task, to: $0)
                }
            case .wake(let round, let delay):
                commands.append(.wake(.roundTimeout(round), afterMilliseconds: delay))
            case .wakeToOpen(let delay):
                commands.append(.wake(.opening(job), afterMilliseconds: delay))
            case .wakeForOwners(let delay):
                commands.append(.wake(.owners(job), afterMilliseconds: delay))
            case .sumAhead(let round, let job, let updates):
                commands.append(.sumAhead(round, of: job, updates))
            case .aggregate(let round, let job):
                commands.append(.aggregate(round, of: job))
            }
        }
    }

    private mutating func submit(
        _ action: any LabAction, of job: JobID, at now: Timestamp, _ commands: inout [Command]
    ) {
        // Jobs go on where they stand once the next coordinator may write.
        guard sequencer.pause == nil else { return }
        let time = max(now, sequencer.replica.time)
        let transaction = Transaction(
            lab: state.id, sender: .coordinator,
            // The place that it will have on the ledger: no two transactions share one.
            nonce: "at-entry-\(sequencer.replica.size)",
            validUntil: time.advanced(byMilliseconds: Self.transactionLifetimeMilliseconds),
            action: action)
        let result: Result<Receipt, Refusal>
        do {
            let signed = try SignedTransaction(transaction.signed(with: serviceKey)) { _ in
                serviceKey.publicKey
            }
            result = try sequencer.submit(signed, at: now)
        } catch {
            // A seal over more contributions than an entry can hold.
            result = .failure(
                Refusal(.limit, rule: "the transaction fits an entry", saw: ["problem": error]))
        }
        if case .failure(let refusal) = result {
            commands.append(.refused(action: type(of: action).name, refusal))
            let instead = jobs[job]?.refused(action, by: refusal) ?? []
            perform(instead, of: job, at: now, &commands)
        }
    }
}
