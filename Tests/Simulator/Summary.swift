import Contracts
import Ledger

/// What came of a run.
package struct Summary: Sendable {
    package let seed: UInt64
    package let violation: String?
    /// The same for two runs that took the same steps to the same ends.
    package let traceDigest: String
    package let steps: Int
    package let entries: Int
    package let roundsClosed: Int
    package let roundsAbandoned: Int
    package let finalEntries: UInt64
    package let honestCoordinator: Bool
    package let liars: Int
    /// How often each action was applied, by its name.
    package let applied: [String: Int]
    /// How often everything else happened.
    package let tally: [String: Int]

    init(_ lab: Simulation, traceDigest: String) {
        seed = lab.seed
        violation = lab.violation
        self.traceDigest = traceDigest
        steps = lab.schedule.steps
        entries = lab.coordinators.reduce(0) { $0 + $1.disk.entries.count }
        let rounds = lab.histories[lab.coordinator.disk.head].map { block in
            let jobs = block.replica.state.jobs
            return jobs.all.flatMap { jobs.rounds(of: $0) }
        }
        roundsClosed = rounds?.count { $0.status == .closed } ?? 0
        roundsAbandoned = rounds?.count { $0.status == .abandoned } ?? 0
        finalEntries = lab.agreement.final?.size ?? 0
        honestCoordinator = !lab.scenario.coordinatorLies
        liars = lab.scenario.liars
        applied = lab.histories.applied
        tally = lab.tally.merging(
            ["data touched": lab.training.touches, "sums": lab.training.sums,
                "receipts": lab.promises.receipts,
            ]) { $1 }
    }
}
