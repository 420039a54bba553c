import Contracts
import Federation

/// The newest report of every site of every running job, and how each site failed last.
///
/// It is kept in memory only, and a report counts only where the ledger names its sender in the
/// round, so that nobody can fill it or speak for another.
struct SiteReports {
    /// So many jobs' failures are kept, also when they are over and somebody asks why.
    private static let failedJobsMax = 500

    private(set) var newest: [JobID: [MemberID: (report: SiteReport, at: Timestamp)]] = [:]
    /// The last failure of each site.
    private(set) var failures: [JobID: [MemberID: (report: SiteReport, at: Timestamp)]] = [:]
    private var failedJobs: [JobID] = []

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
        if report.stage == .failed, report.code != nil { keep(report, of: member, at: now) }
        return true
    }

    private mutating func keep(_ report: SiteReport, of member: MemberID, at now: Timestamp) {
        let job = report.round.job
        if failures[job] == nil { failedJobs.append(job) }
        failures[job, default: [:]][member] = (report, now)
        guard failedJobs.count > Self.failedJobsMax else { return }
        failures[failedJobs.removeFirst()] = nil
    }
}
