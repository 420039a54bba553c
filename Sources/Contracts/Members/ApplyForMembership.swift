package import Encodings

/// The action `member.apply`: an institution asks to become a member, invited or not. It signs with
/// the key it would have, which shows that it holds it, and a proposal to admit it is opened.
package struct ApplyForMembership: LabAction {
    package static let name = "member.apply"

    package let card: MemberCard
    var keys: MemberKeys { card.keys }

    package init(card: MemberCard) {
        self.card = card
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        card = try MemberCard(&input)
    }

    package var input: JSONValue { card.json }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        try context.require(
            context.sender == .member(card.member), .wrongSender,
            rule: "an institution applies for itself",
            saw: ["sender": context.sender, "member": card.member])
        try state.members.requireFree(card.member, keys)
        if let earlier = state.members.applications[card.member] {
            try context.require(
                !state.members.isOpen(earlier, at: context.now), .alreadyExists,
                rule: "the member has no open application",
                saw: ["member": card.member, "proposal": earlier.proposal])
        }

        let invitation = state.members.invitations[card.member]
        let sponsor = invitation.flatMap { context.now < $0.expires ? $0.by : nil }
        if sponsor == nil {
            let uninvited = state.members.uninvited(at: context.now)
            try context.require(
                uninvited < Members.uninvitedMax, .limit,
                rule: "open applications without an invitation < \(Members.uninvitedMax)",
                saw: ["open applications": uninvited])
        }
        let proposal = state.openProposal(.admit(card.member), by: card.member, at: context.now)
        state.members.setApplication(
            Application(card: card, proposal: proposal, sponsor: sponsor, status: .open))
        if let sponsor, state.members[sponsor]?.votes == true {
            try state.castVote(true, by: sponsor, on: proposal, in: &context)
        }
    }
}

/// An institution's wish to become a member.
package struct Application: StateRow, Hashable {
    package enum Status: String, Sendable {
        case open
        case admitted
        case declined
    }

    package let card: MemberCard
    package let proposal: ProposalID
    /// Who had invited it.
    package let sponsor: MemberID?
    package var status: Status

    package var json: JSONValue {
        [
            "card": card.json, "proposal": proposal.json, "sponsor": sponsor?.json,
            "status": .string(status.rawValue),
        ]
    }
}
