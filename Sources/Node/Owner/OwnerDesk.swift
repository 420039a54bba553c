import Contracts
import Federation
import HouseRules
import Ledger

/// Where a running node brings jobs before its owner: which of them ask, what the coordinator has been
/// told of the answers, and what has been declined.
struct OwnerDesk {
    private let owner: OwnerControl
    private let member: MemberID
    /// The jobs that ask, as of a size of the ledger.
    private var asking: (size: UInt64, jobs: [Job]) = (0, [])
    /// What the coordinator has been told; `nil` where it may not have heard it, or knows what this
    /// node told before it was started anew.
    private var told: [SiteHold]?
    private var hasHeldBack = false
    private var declines: [String: DeclinedTasks] = [:]

    init(_ owner: OwnerControl, member: MemberID) {
        self.owner = owner
        self.member = member
    }

    /// The jobs that are not over and ask for this member's data.
    ///
    /// - Parameter job: Asks for this one alone.
    mutating func requests(in replica: Replica, of job: JobID? = nil) -> [JobRequest] {
        if asking.size != replica.size {
            let jobs = replica.state.jobs.all.filter { job in
                job.mayRun && job.participants.contains { $0.member == member }
            }
            asking = (replica.size, jobs)
        }
        let jobs = job.map { job in asking.jobs.filter { $0.id == job } } ?? asking.jobs
        return owner.requests(of: jobs, by: member, in: replica.state)
    }

    /// What this node holds back, to be told to the coordinator.
    ///
    /// - Parameter isNewConnection: What was told last may be lost, and the coordinator another.
    /// - Returns: `nil` where the coordinator knows.
    mutating func changedHolds(in replica: Replica, isNewConnection: Bool) -> [SiteHold]? {
        let holds = Array(requests(in: replica).compactMap(\.hold).prefix(SiteHold.holdsMax))
        guard holds != told || isNewConnection && hasHeldBack else { return nil }
        told = holds
        hasHeldBack = hasHeldBack || !holds.isEmpty
        return holds
    }

    mutating func holdsWereLost() { told = nil }

    /// What the coordinator is to know by now.
    mutating func newestHolds(in replica: Replica) -> [SiteHold] {
        if let told { return told }
        return changedHolds(in: replica, isNewConnection: true) ?? []
    }

    /// The jobs of which nothing goes on here, and nothing leaves any more.
    mutating func forbidden(
        in replica: Replica, of job: JobID? = nil
    ) -> [JobID: RuleRefusal] {
        requests(in: replica, of: job).reduce(into: [:]) { forbidden, request in
            if let refusal = request.refusal, refusal.endsWork {
                forbidden[request.job.id] = refusal
            }
        }
    }

    mutating func noteDecline(_ code: String, at now: Timestamp) {
        declines[code, default: DeclinedTasks(code: code, last: now)].count += 1
        declines[code]?.last = now
    }

    /// Since the node was started, by code.
    var declined: [DeclinedTasks] { declines.values.sorted { $0.code < $1.code } }
}
