package import Contracts

/// Which of the owner's rules says no to a task, and why.
package enum RuleRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rules cannot be read; with the mistake and its place.
    case rulesUnreadable(problem: String)
    /// The owner has said no to this job.
    case refused(reason: String)
    case member(MemberID)
    case purpose(String)
    case trainer(String)
    case rowsMin(Int)
    case jobRounds(max: Int)
    case jobBytes(max: Int)
    case updateBytes(Int, max: Int)
    /// The owner has not approved the bundle, or has withdrawn the approval.
    case trainerNotApproved(BlobDigest, name: String)
    /// The owner approves each job, and has not decided on this one.
    case approvalAwaited
    case hours(opens: Timestamp?)
    case dayRounds(max: Int)

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .rulesUnreadable: "owner.rules_unreadable"
        case .refused: "owner.refused"
        case .member: "owner.member"
        case .purpose: "owner.purpose"
        case .trainer: "owner.trainer"
        case .rowsMin: "owner.rows_min"
        case .jobRounds: "owner.job_rounds"
        case .jobBytes: "owner.job_bytes"
        case .updateBytes: "owner.update_bytes"
        case .trainerNotApproved: "owner.trainer_not_approved"
        case .approvalAwaited: "owner.approval_awaited"
        case .hours: "owner.hours"
        case .dayRounds: "owner.day_rounds"
        }
    }

    /// For the data's owner.
    package var description: String {
        switch self {
        case .rulesUnreadable(let problem): "your rules cannot be read: \(problem)"
        case .refused(let reason): "you refused the job: \(reason)"
        case .member(let member): "your rules do not name \(member) among `members`"
        case .purpose(let purpose): "your rules do not name “\(purpose)” among `purposes`"
        case .trainer(let trainer): "your rules do not name \(trainer) among `trainers`"
        case .trainerNotApproved(let digest, let name):
            "the bundle \(name) (\(digest)) is not approved here; look at it with `jointlab trainer "
                + "show \(digest)`, then `jointlab trainer approve \(digest)`"
        case .approvalAwaited:
            "the job awaits your approval: `jointlab node pending`, then `jointlab node approve` or "
                + "`jointlab node refuse`"
        default: plain
        }
    }

    /// For the job's owner: what it may know of the rules, and nothing of the data.
    package var plain: String {
        switch self {
        case .rulesUnreadable: "the data's owner has to mend its rules first"
        case .refused: "the data's owner has refused the job"
        case .member: "the data's owner takes no jobs of this member"
        case .purpose: "the data's owner takes no jobs for this purpose"
        case .trainer: "the data's owner lets this trainer not run"
        case .rowsMin(let needed):
            "the owner allows no training on fewer than \(needed) rows"
        case .jobRounds(let max): "the owner allows a job \(max) rounds"
        case .jobBytes(let max): "the owner lets \(max) bytes leave for a job, and they are used up"
        case .updateBytes(let bytes, let max):
            "the update has \(bytes) bytes, and the owner lets \(max) leave"
        case .trainerNotApproved(let digest, _):
            "the data's owner has not approved the bundle \(digest)"
        case .approvalAwaited: "the data's owner has not decided on the job yet"
        case .hours(let opens?): "the owner's hours are over; they begin again at \(opens)"
        case .hours(nil): "the owner has no hours in which tasks run"
        case .dayRounds(let max): "the owner allows \(max) rounds a day, and they are used up"
        }
    }

    /// Whether a person on the owner's side is to decide or to mend something: worth waiting for.
    package var isAwaited: Bool {
        switch self {
        case .rulesUnreadable, .trainerNotApproved, .approvalAwaited: true
        default: false
        }
    }

    /// Whether work that is under way ends, too. What only forbids to begin lets it come to its end;
    /// so do rules that somebody is just writing.
    package var endsWork: Bool {
        switch self {
        case .hours, .dayRounds, .jobRounds, .jobBytes, .rulesUnreadable: false
        default: true
        }
    }

    /// When it may be otherwise by itself.
    package var until: Timestamp? {
        if case .hours(let opens) = self { opens } else { nil }
    }

    /// What lasts is told before what passes.
    var rank: Int {
        switch self {
        case .rulesUnreadable: 0
        case .refused: 1
        case .member: 2
        case .purpose: 3
        case .trainer: 4
        case .rowsMin: 5
        case .jobRounds: 6
        case .jobBytes: 7
        case .updateBytes: 8
        case .trainerNotApproved: 9
        case .approvalAwaited: 10
        case .hours: 11
        case .dayRounds: 12
        }
    }
}
