import Contracts
import Ledger

/// What came of a run.
package struct Summary: Sendable, CustomStringConvertible {
    package let seed: UInt64
    package let violation: String?
    /// The same for two runs that took the same steps to the same ends.
    package let traceDigest: String
    package let steps: Int
    package let entries: Int
    package let finalEntries: UInt64
    package let roundsClosed: Int
    package let roundsAbandoned: Int
    package let hasHonestCoordinator: Bool
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
        finalEntries = lab.agreement.final?.size ?? 0
        let jobs = lab.histories[lab.coordinator.disk.head]?.replica.state.jobs
        let rounds = jobs.map { jobs in jobs.all.flatMap { jobs.rounds(of: $0) } } ?? []
        roundsClosed = rounds.count { $0.status == .closed }
        roundsAbandoned = rounds.count { $0.status == .abandoned }
        hasHonestCoordinator = !lab.scenario.coordinatorLies
        liars = lab.scenario.liars
        applied = lab.histories.applied
        tally = lab.tally.merging([
            "data touched": lab.training.touches, "sums": lab.training.sums,
            "receipts": lab.promises.receipts,
        ]) { $1 }
    }

    package var description: String {
        let lines = (Array(applied.map { ("applied \($0.key)", $0.value) }) + Array(tally))
            .sorted { $0.0 < $1.0 }
            .map { "  \($0.0): \($0.1)" }
        return """
            seed \(seed): \(violation ?? "every invariant held")
            \(hasHonestCoordinator ? "an honest" : "a lying") coordinator, \(liars) lying members
            \(entries) entries, \(finalEntries) final; \(roundsClosed) rounds closed, \
            \(roundsAbandoned) abandoned; \(steps) steps, digest \(traceDigest.prefix(16))
            \(lines.joined(separator: "\n"))
            """
    }
}
