package import Contracts
import Federation
import HouseRules
import Ledger
import Logging

extension NodeService {
    private static let ownerIsAskedEvery: Duration = .milliseconds(500)

    /// Looks again and again at what the owner has decided: rules, approvals and hours change while
    /// the node runs.
    nonisolated func watchOwner() async throws {
        while true {
            try await Task.sleep(for: Self.ownerIsAskedEvery)
            await tellHolds()
            await runner.bundles.endAll(of: desk.forbidden(in: replica))
            await note(UnreadableFiles.among(desk.lastDatasets()))
        }
    }

    /// What this node can open right now; an owner may add datasets while the node runs.
    nonisolated func datasetsAtHand() async -> DatasetsAtHand {
        let datasets = await desk.datasets()
        await note(UnreadableFiles.among(datasets))
        // A relay's rows lie on devices.
        let relayed = Set(relay.map { [$0.relay.dataset.id] } ?? [])
        guard case .success(let seen) = datasets else {
            return DatasetsAtHand(usable: relayed, isComplete: false)
        }
        return DatasetsAtHand(
            usable: relayed.union(seen.rows.keys),
            unreadable: Set(seen.unreadable.compactMap(\.id)))
    }

    /// Tells the owner once of what cannot be read.
    private func note(_ found: Set<UnreadableFiles>) {
        // Who is cancelled gets no answer, which says nothing of the files.
        guard !Task.isCancelled else { return }
        // Where all of them are silent, nothing is known of the single ones.
        let isAnySilent = found.contains(where: \.areAll)
        unreadable = unreadable.filter { files, _ in
            guard found.contains(files) || isAnySilent && !files.areAll else {
                logger.notice("owner.readable_again", metadata: ["files": "\(files.name)"])
                return false
            }
            return true
        }
        for files in found where unreadable[files] == nil {
            unreadable[files] = now()
            logger.error(
                "owner.unreadable",
                metadata: ["files": "\(files.name)", "problem": "\(files.problem)"])
        }
    }

    nonisolated func tellHolds() async {
        guard await isConnected,
            let holds = await desk.changedHolds(in: replica, isNewConnection: false)
        else { return }
        outbox.put(.holds(holds))
    }

    /// Tells a coordinator that may have heard nothing, out of turn.
    nonisolated func tellHoldsFirst() async {
        guard let holds = await desk.changedHolds(in: replica, isNewConnection: true) else {
            return
        }
        do {
            try await send(.holds(holds))
        } catch {
            logger.debug("message.not_sent", metadata: ["error": "\(error)"])
            await desk.holdsWereLost()
        }
    }

    /// What the owner, or the licence, says by now.
    nonisolated func whyNotToLeave(
        _ contribution: Contribution
    ) async -> (code: String, detail: String)? {
        let (job, replica) = (contribution.round.job, await replica)
        guard let answer = await desk.refusalToLeave(job, in: replica) else {
            return (TaskRefusal.ownerUnreadableCode, "the node is being stopped")
        }
        if let refusal = answer { return (refusal.code, refusal.plain) }
        guard replica.state.licensedJobs(of: desk.member).contains(job) else {
            return ("task.licence_not_active", "the licence has ended")
        }
        return nil
    }

    /// The jobs that are not over and ask for this member's data, and how many are not shown.
    ///
    /// - Parameter job: Also this one, though it be among those.
    /// - Returns: `nil` where the owner's files do not answer.
    package nonisolated func requests(
        naming job: JobID? = nil
    ) async -> ([JobRequest], leftOut: [OpenProposals.LeftOut])? {
        await desk.requests(in: await replica, naming: job)
    }
}
