package import Contracts
package import Encodings

/// Of the jobs that ask for an owner's data, those that are brought before it. Proposing costs nothing:
/// of one member's proposals that the owner has not decided on, only so many are shown. The others wait
/// for it as well.
package struct OpenProposals: Hashable, Sendable {
    /// The proposals of one member that wait until the owner has decided on others of it.
    package struct LeftOut: Hashable, Sendable {
        package let proposer: MemberID
        package let proposals: Int

        package var json: JSONValue {
            ["proposer": proposer.json, "proposals": .integer(Int64(proposals))]
        }
    }

    package static let undecidedMax = 20

    /// In the order of their names.
    package let jobs: [Job]
    package var ids: Set<JobID> { Set(jobs.map(\.id)) }
    /// In the order of the proposers' names.
    package let leftOut: [LeftOut]

    package init() {
        jobs = []
        leftOut = []
    }

    /// - Parameters:
    ///   - asking: In the order of their names.
    ///   - decided: The jobs that the owner has said something of.
    package init(_ asking: [Job], decided: Set<JobID>) {
        var undecided: [MemberID: Int] = [:]
        var jobs: [Job] = []
        for job in asking {
            if job.status == .proposed, !decided.contains(job.id) {
                undecided[job.owner, default: 0] += 1
                guard undecided[job.owner, default: 0] <= Self.undecidedMax else { continue }
            }
            jobs.append(job)
        }
        self.jobs = jobs
        leftOut = undecided.filter { $0.value > Self.undecidedMax }
            .map { LeftOut(proposer: $0.key, proposals: $0.value - Self.undecidedMax) }
            .sorted { $0.proposer < $1.proposer }
    }
}
