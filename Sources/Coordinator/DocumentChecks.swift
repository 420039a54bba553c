package import Contracts
package import Transport

/// How often members have sent documents that do not pass their check.
///
/// A check is the longest thing that a transaction can ask for, and a refused one leaves nothing on the
/// ledger to count. So the coordinator counts: an honest member has checked its documents before.
package struct DocumentChecks: Sendable {
    /// So many refused documents of a member are checked in an hour.
    package static let refusedMax = 16
    private static let windowMilliseconds: Int64 = 3_600_000

    private var refused: [MemberID: (since: Timestamp, count: Int)] = [:]

    package init() {}

    /// - Throws: `Problem` where the member has to wait.
    package func requireRoom(for transaction: Transaction, at now: Timestamp) throws(Problem) {
        guard let member = Self.member(of: transaction), let known = refused[member],
            known.count >= Self.refusedMax, now - known.since < Self.windowMilliseconds
        else { return }
        throw Problem(
            status: 429, code: "contract.checks",
            detail:
                "\(known.count) documents of \(member) were refused within an hour; check them with "
                + "`jointlab contract check`, and try again later")
    }

    package mutating func note(
        _ refusal: Refusal, of transaction: Transaction, at now: Timestamp
    ) {
        guard refusal.code == .contractInvalid, let member = Self.member(of: transaction) else {
            return
        }
        var known = refused[member] ?? (now, 0)
        if now - known.since >= Self.windowMilliseconds { known = (now, 0) }
        known.count += 1
        refused[member] = known
    }

    /// Who asks for a document to be checked, if anybody does.
    private static func member(of transaction: Transaction) -> MemberID? {
        guard case .member(let member) = transaction.sender else { return nil }
        if transaction.action is PublishDocument { return member }
        if let proposal = transaction.action as? OpenProposal,
            case .replaceConstitution = proposal.change
        {
            return member
        }
        return nil
    }
}
