import Contracts
import Federation
import Ledger

extension NodeService {
    nonisolated func carryOutOrders() async throws {
        try await withThrowingDiscardingTaskGroup { relayed in
            for await order in orders {
                if let relay, order.participant.dataset == relay.relay.dataset.id {
                    // It waits for others, and nothing else should wait for it.
                    relayed.addTask { try await self.askDevices(for: order, through: relay) }
                    continue
                }
                let outcome = await runner.run(order, client: client) {
                    await self.refusal(of: order)
                } isCounted: {
                    await self.isCounted($0)
                } report: {
                    await self.report($0, $1, on: order.round.id)
                }
                let failure = await runner.bundles.failures.last { $0.round == order.round.id }
                try await finished(order, outcome, said: failure?.failure.trainersWords)
            }
            relayed.cancelAll()
        }
    }

    private nonisolated func askDevices(
        for order: TrainingOrder, through relay: RelayRunner
    ) async throws {
        let rows = await replica.state.datasets[order.participant.dataset]?.rows ?? 0
        let outcome = await relay.run(order, rows: rows, client: client) {
            try await self.deviceTask(
                for: order.round.id,
                within: .milliseconds(order.job.roundTimeoutMilliseconds / 2))
        } refusal: {
            await self.refusal(of: order)
        } isCounted: {
            await self.isCounted($0)
        } report: {
            await self.report($0, on: order.round.id)
        }
        // A node that stops has declined nothing.
        try Task.checkCancellation()
        try await finished(order, outcome)
    }

    /// Whether this node's update of a round counts, in that round or late in another.
    private func isCounted(_ id: RoundID) -> Bool {
        let jobs = replica.state.jobs
        guard let job = jobs[id.job] else { return false }
        return (id.number..<min(job.opened, id.number + 1 + job.lateRoundsMax)).contains { number in
            jobs[RoundID(job: job.id, number: number)]?.contributions.contains {
                $0.member == member && ($0.startedIn ?? number) == id.number
            } == true
        }
    }

    /// Tells the coordinator how far a round is, as far as the licence allows.
    ///
    /// - Parameter progress: What a trainer says of itself.
    func report(
        _ stage: SiteReport.Stage, _ progress: WorkProgress? = nil, code: String? = nil,
        said: String? = nil, on round: RoundID
    ) {
        guard
            let report = reports.report(stage, progress, code: code, said: said, on: round)
        else { return }
        let state = replica.state
        let own = state.jobs[round]?.participants.first { $0.member == member }
        guard let licence = own.flatMap({ state.licence($0.licence) }),
            let disclosed = SiteDisclosure(licence).disclosed(report)
        else { return }
        outbox.put(.report(disclosed))
    }

    /// - Parameter said: What went wrong in the trainer's own words, which may speak of the data.
    private nonisolated func finished(
        _ order: TrainingOrder, _ outcome: NodeMachine.Outcome, said: String? = nil
    ) async throws {
        if case .failure(let code, let detail) = outcome {
            await report(.failed, code: code, said: said ?? detail, on: order.round.id)
            // The coordinator is to know before it opens the next round.
            await tellHolds()
        } else {
            await report(.uploading, on: order.round.id)
        }
        try await ended(order.round.id, outcome)
    }
}

extension LabState {
    /// The running jobs that a member still has a licence for.
    func licensedJobs(of member: MemberID) -> Set<JobID> {
        Set(
            jobs.running.filter { id in
                let own = jobs[id]?.participants.first { $0.member == member }
                return own.flatMap { licence($0.licence) }?.contract.hasEnded == false
            })
    }
}
