import Encodings
import Identity

/// Who belongs to the lab, who has asked to, and what is being voted on.
package struct Members: Sendable {
    /// A certificate that two sets of cosigners must sign holds two lines of each member and the
    /// log's; a note holds 128.
    package static let activeMax = 63
    /// Anybody can apply, so what nobody asked for is bounded.
    package static let uninvitedMax = 32
    /// So many proposals of a member may be open at a time.
    package static let proposalsMax = 16

    private(set) var members = Table<MemberID, Member>("member")
    package private(set) var invitations = Table<MemberID, Invitation>("invitation")
    package private(set) var applications = Table<MemberID, Application>("application")
    package internal(set) var proposals = Table<ProposalID, Proposal>("proposal") { $0.text }
    /// Counts up with each change of who is a member, and may vote.
    private(set) var electorate = 0

    init() {}

    package subscript(member: MemberID) -> Member? { members[member] }

    /// All members there have ever been, in the order of their names.
    package var all: [Member] { members.sorted.map(\.row) }

    /// All proposals there have ever been, the oldest first.
    package var allProposals: [Proposal] {
        // They are numbered; of two numbers the longer is the larger.
        proposals.sorted.map(\.row).sorted {
            ($0.id.text.utf8.count, $0.id) < ($1.id.text.utf8.count, $1.id)
        }
    }

    /// Those that can still be voted on, the oldest first.
    func openProposals(at now: Timestamp) -> [Proposal] {
        allProposals.filter { $0.isOpen(at: now) }
    }

    package var voters: [MemberID] { all.filter(\.votes).map(\.id) }

    /// The active member of this name.
    ///
    /// - Throws: ``Refusal``: `unknown` or `member.suspended`.
    package func active(_ id: MemberID) throws(Refusal) -> Member {
        guard let member = members[id] else {
            throw Refusal(.unknown, rule: "the member exists", saw: ["member": id])
        }
        guard member.status == .active else {
            throw Refusal(
                .memberSuspended, rule: "member.status == active",
                saw: ["member": id, "member.status": member.status.rawValue])
        }
        return member
    }

    /// The active member that sent a transaction, if it has a role.
    ///
    /// - Throws: ``Refusal``: `wrong_sender`, `member.suspended` or `member.role`.
    func sender(
        of context: ActionContext, as role: Role? = nil
    ) throws(Refusal) -> Member {
        guard case .member(let id) = context.sender else {
            throw Refusal(
                .wrongSender, rule: "the sender is a member", saw: ["sender": context.sender])
        }
        let member = try active(id)
        if let role, !member.roles.contains(role) {
            throw Refusal(
                .memberRole, rule: "sender.roles contains \(role.rawValue)",
                saw: [
                    "sender": id,
                    "sender.roles": member.roles.map(\.rawValue).joined(separator: " "),
                ])
        }
        return member
    }

    func cosigners(faults: FaultTolerance) -> CosignerSet {
        let active = members.sorted.filter { $0.row.status == .active }
        return CosignerSet(
            keys: Dictionary(uniqueKeysWithValues: active.map { ($0.key, $0.row.keys.cosigner) }),
            faults: faults)
    }

    mutating func found(_ card: MemberCard, at time: Timestamp) throws(Refusal) {
        try requireFree(card.member, card.keys)
        admit(card, at: time)
    }

    mutating func admit(_ card: MemberCard, at time: Timestamp) {
        electorate += 1
        members.set(
            card.member,
            Member(
                card: card, roles: card.roles, keys: card.keys, status: .active, since: time))
    }

    mutating func setStatus(_ status: Member.Status, of id: MemberID, at time: Timestamp) {
        guard var member = members[id] else { return }
        electorate += 1
        member.status = status
        member.since = time
        members.set(id, member)
    }

    mutating func setKeys(_ keys: MemberKeys, of id: MemberID) {
        guard var member = members[id] else { return }
        member.keys = keys
        members.set(id, member)
    }

    mutating func setIssuer(_ isIssuer: Bool, _ id: MemberID) throws(Refusal) {
        var member = try active(id)
        let others = member.roles.filter { $0 != .issuer }
        member.roles = isIssuer ? (others + [.issuer]).sorted() : others
        members.set(id, member)
    }

    mutating func setInvitation(_ invitation: Invitation, for id: MemberID) {
        invitations.set(id, invitation)
    }

    mutating func setApplication(_ application: Application) {
        applications.set(application.card.member, application)
    }

    /// - Throws: ``Refusal/Code/alreadyExists`` where a member has the name or one of the keys.
    func requireFree(
        _ id: MemberID, _ keys: MemberKeys, except own: MemberID? = nil
    ) throws(Refusal) {
        if own == nil, members[id] != nil {
            throw Refusal(.alreadyExists, rule: "the name is free", saw: ["member": id])
        }
        for (other, member) in members.sorted where other != own {
            let taken = [member.keys.signing, member.keys.cosigner]
            if taken.contains(keys.signing) || taken.contains(keys.cosigner) {
                throw Refusal(
                    .alreadyExists, rule: "no two members share a key", saw: ["member": other])
            }
        }
    }

    /// - Throws: ``Refusal/Code/limit``.
    func requireRoom() throws(Refusal) {
        let active = members.sorted.count { $0.row.status == .active }
        guard active < Self.activeMax else {
            throw Refusal(
                .limit, rule: "active members < \(Self.activeMax)",
                saw: ["active members": active])
        }
    }

    /// The applications without an invitation that can still be voted on.
    func uninvited(at now: Timestamp) -> Int {
        applications.sorted.count { _, application in
            application.sponsor == nil && isOpen(application, at: now)
        }
    }

    func isOpen(_ application: Application, at now: Timestamp) -> Bool {
        application.status == .open && proposals[application.proposal]?.isOpen(at: now) == true
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        members.drainWrites(into: &writes)
        invitations.drainWrites(into: &writes)
        applications.drainWrites(into: &writes)
        proposals.drainWrites(into: &writes)
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        switch table {
        case members.name: members.row(atKeyText: text)
        case invitations.name: invitations.row(atKeyText: text)
        case applications.name: applications.row(atKeyText: text)
        case proposals.name: proposals.row(atKeyText: text)
        default: nil
        }
    }
}
