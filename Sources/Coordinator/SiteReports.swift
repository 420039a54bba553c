import Contracts
import Federation

/// The newest report of every site of every running job.
///
/// It is kept in memory only, and a report counts only where the ledger names its sender in the
/// round, so that nobody can fill it or speak for another.
struct SiteReports {
    private(set) var newest: [JobID: [MemberID: (report: SiteReport, at: Timestamp)]] = [:]

    /// - Returns: Whether anybody may want to see it.
    mutating func receive(
        _ report: SiteReport, from member: MemberID, state: LabState, at now: Timestamp
    ) -> Bool {
        let running = Set(state.jobs.running)
        newest = newest.filter { running.contains($0.key) }
        guard running.contains(report.round.job), let round = state.jobs[report.round],
            round.participants.contains(where: { $0.member == member })
        else { return false }
        newest[report.round.job, default: [:]][member] = (report, now)
        return true
    }
}
