package import Contracts
package import Identity
package import Ledger
package import MerkleLog

/// The whole of a node but for its effects: its side of the ledger, and what it does with its data.
package struct NodeMachine: Sendable {
    package enum Command: Sendable {
        case ledger(Follower.Command)
        /// Open the dataset, carry the task out, keep the update, and call ``trained(_:_:)``.
        case train(TrainingOrder)
        /// Upload the update, then hand in the contribution.
        case contribute(Envelope, Contribution)
        case decline(RoundID, code: String, detail: String)
    }

    /// What came of a training order.
    package enum Outcome: Hashable, Sendable {
        case update(BlobDigest, weight: Int64, metricsMicro: [String: Int64])
        case failure(code: String, detail: String)
    }

    private enum Work: Sendable {
        case underWay
        case done(Envelope, Contribution)

        /// The round whose model it started from, where that is not the one that it is for.
        var startedIn: Int? {
            guard case .done(_, let contribution) = self else { return nil }
            return contribution.startedIn
        }
    }

    package private(set) var follower: Follower
    private let signingKey: SigningKey
    private var work: [RoundID: Work] = [:]
    private var copies: RoundCopies
    /// The newest openings that stand on the ledger as refused, by their place. An honest
    /// coordinator puts none there, and who gets a task for one should hear the reason.
    private var refusedOpenings: [UInt64: Refusal] = [:]
    private static let refusedOpeningsMax = 64

    package init(_ follower: Follower, signingKey: SigningKey) {
        self.follower = follower
        self.signingKey = signingKey
        copies = RoundCopies(of: follower.member, in: follower.replica.state)
    }

    package var member: MemberID { follower.member }
    package var replica: Replica { follower.replica }

    // MARK: - The ledger

    package mutating func connected(at now: Timestamp) -> [Command] {
        ledger { $0.connected(at: now) }
    }

    package mutating func receive(
        _ batch: LedgerBatch, at now: Timestamp, headAt: (UInt64) -> TreeHead?
    ) -> [Command] {
        ledger { $0.receive(batch, at: now, headAt: headAt) }
    }

    package mutating func stored(size: UInt64, at now: Timestamp) -> [Command] {
        ledger { $0.stored(size: size, at: now) }
    }

    package mutating func receive(
        certificate: UnverifiedCheckpoint, at now: Timestamp
    ) -> [Command] {
        ledger { $0.receive(certificate: certificate, at: now) }
    }

    package mutating func receiveHeartbeat(
        size: UInt64, time: Timestamp, at now: Timestamp
    ) -> [Command] {
        ledger { $0.receiveHeartbeat(size: size, time: time, at: now) }
    }

    private mutating func ledger(_ step: (inout Follower) -> [Follower.Command]) -> [Command] {
        let commands = step(&follower)
        for case .store(let batch) in commands {
            note(batch.receipts)
        }
        let (jobs, member) = (replica.state.jobs, member)
        work = work.filter { jobs.counts($0.key, startedIn: $0.value.startedIn, of: member) }
        return commands.map { .ledger($0) }
    }

    private mutating func note(_ receipts: [Receipt]) {
        for receipt in receipts where receipt.action == OpenRound.name {
            refusedOpenings[receipt.index] = receipt.refusal
        }
        for index in refusedOpenings.keys.sorted().dropLast(Self.refusedOpeningsMax) {
            refusedOpenings[index] = nil
        }
    }

    // MARK: - Training

    /// Takes a task from the coordinator, or from somebody who pretends to be it.
    ///
    /// - Parameter datasets: What the node can open at this moment.
    package mutating func receive(_ task: TrainingTask, datasets: DatasetsAtHand) -> [Command] {
        if let halted = follower.halted {
            let refusal = TaskRefusal.nodeHalted(code: halted.code)
            return [.decline(task.round, code: refusal.code, detail: refusal.description)]
        }
        switch work[task.round] {
        case .underWay: return []
        case .done(let envelope, let contribution): return [.contribute(envelope, contribution)]
        case nil: break
        }
        do {
            let order = try TrainingGate.order(
                for: task, member: member, datasets: datasets, replica: replica,
                refusedOpenings: refusedOpenings, at: replica.time)
            // Who is late begins nothing new: it hands in what it has, and starts from a newer model
            // the next time.
            if order.round.task == .train, let late = lateWork(before: task.round) {
                guard case .done(_, let contribution) = work[late] else { return [] }
                work[late] = nil
                return handIn(contribution.late(to: task.round))
            }
            work[task.round] = .underWay
            copies.add(order.round)
            return [.train(order)]
        } catch {
            let decline = Command.decline(
                task.round, code: error.code, detail: ReasonText.of(error.description))
            guard error.isSuspicious else { return [decline] }
            return [
                .ledger(.raise(.taskRefused(code: error.code, detail: error.description))), decline,
            ]
        }
    }

    /// The newest earlier round of the same job whose update is not handed in yet.
    private func lateWork(before round: RoundID) -> RoundID? {
        work.keys.filter { $0.job == round.job && $0 < round }.max()
    }

    private mutating func handIn(_ contribution: Contribution) -> [Command] {
        let envelope = contribution.signed(with: signingKey)
        work[contribution.round] = .done(envelope, contribution)
        return [.contribute(envelope, contribution)]
    }

    /// The round of the same job that a late update can be handed in to now.
    private func roundForLate(_ id: RoundID) -> RoundID? {
        guard let job = replica.state.jobs[id.job], let round = replica.state.jobs.current(of: job),
            round.status == .open, round.task == .train, round.id > id, work[round.id] == nil,
            let participant = round.participants.first(where: { $0.member == member }),
            (try? TrainingGate.order(
                for: TrainingTask(round: round.id, index: round.index), member: member,
                datasets: DatasetsAtHand(usable: [participant.dataset]), replica: replica,
                refusedOpenings: refusedOpenings, at: replica.time)) != nil
        else { return nil }
        return round.id
    }

    /// Asks once more at the moment when the data would be opened: an order may have waited, for
    /// others or for its base model, and the ledger has gone on.
    ///
    /// - Parameter now: The node's clock; a ledger that stands still lets no licence run on.
    /// - Returns: `nil` where the data may be opened.
    package func refusal(of order: TrainingOrder, at now: Timestamp) -> TaskRefusal? {
        if let halted = follower.halted { return .nodeHalted(code: halted.code) }
        do {
            _ = try TrainingGate.order(
                for: TrainingTask(round: order.round.id, index: order.round.index),
                member: member, datasets: DatasetsAtHand(usable: [order.participant.dataset]),
                replica: replica, refusedOpenings: refusedOpenings, at: now)
        } catch {
            return error
        }
        return nil
    }

    /// A training order has been carried out, or could not be.
    package mutating func trained(_ round: RoundID, _ outcome: Outcome) -> [Command] {
        if case .update(let update, _, _) = outcome { copies.add(update) }
        guard case .underWay = work[round] else { return [] }
        switch outcome {
        case .update(let update, let weight, let metrics):
            let contribution = Contribution(
                lab: replica.lab, round: round, member: member, update: update, weight: weight,
                metricsMicro: metrics)
            guard replica.state.jobs[round]?.status != .open else { return handIn(contribution) }
            if let later = roundForLate(round) {
                work[round] = nil
                return handIn(contribution.late(to: later))
            }
            work[round] = .done(contribution.signed(with: signingKey), contribution)
            return []
        case .failure(let code, let detail):
            work[round] = nil
            return [.decline(round, code: code, detail: ReasonText.of(detail))]
        }
    }
}

extension NodeMachine {
    /// The blobs that the node's rounds have brought and that none of them needs any more, each once.
    package mutating func spentBlobs() -> Set<BlobDigest> {
        var inWork: Set<BlobDigest> = []
        for (round, work) in work {
            switch work {
            case .underWay:
                let round = replica.state.jobs[round]
                inWork.formUnion([round?.base, round?.strategyState].compactMap(\.self))
            case .done(_, let contribution): inWork.insert(contribution.update)
            }
        }
        return copies.takeSpent(in: replica.state, but: inWork)
    }
}

extension Jobs {
    /// Whether what a member does for a round can still be of use.
    fileprivate func counts(_ id: RoundID, startedIn: Int?, of member: MemberID) -> Bool {
        guard let round = self[id], let job = self[id.job] else { return false }
        if round.status == .open { return true }
        // The first that could still take it.
        let next = current(of: job)?.status == .open ? job.opened - 1 : job.opened
        let isCounted = round.contributions.contains { $0.member == member }
        return round.task == .train && round.status != .abandoned && !isCounted
            && (job.status == .running || job.status == .paused)
            && next - (startedIn ?? id.number) <= job.lateRoundsMax
    }
}
