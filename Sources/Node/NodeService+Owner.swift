import Contracts
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
        if let refusal = await desk.refusalToLeave(job, in: replica) {
            return (refusal.code, refusal.plain)
        }
        guard replica.state.licensedJobs(of: desk.member).contains(job) else {
            return ("task.licence_not_active", "the licence has ended")
        }
        return nil
    }

    /// The jobs that are not over and ask for this member's data, and how many are not shown.
    package nonisolated func requests() async -> ([JobRequest], leftOut: [OpenProposals.LeftOut]) {
        let replica = await replica
        return (await desk.requests(in: replica), await desk.leftOut(in: replica))
    }
}
