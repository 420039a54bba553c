package import Encodings

/// The action `member.invite`: a member asks an institution in. The invitation counts as the
/// inviter's vote once the institution applies.
package struct InviteMember: LabAction {
    package static let name = "member.invite"

    package let member: MemberID
    package let title: String
    package let expires: Timestamp

    package init(member: MemberID, title: String, expires: Timestamp) {
        self.member = member
        self.title = title
        self.expires = expires
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        member = try input.identifier("member")
        title = try input.title("title")
        expires = try input.timestamp("expires")
    }

    package var input: JSONValue {
        ["member": member.json, "title": .string(title), "expires": expires.json]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        try context.require(
            sender.votes, .memberRole, rule: "the sender has a vote", saw: ["sender": sender.id])
        try context.require(
            state.members[member] == nil, .alreadyExists, rule: "no member has the name",
            saw: ["member": member])
        try context.require(
            context.now < expires, .wrongValue, rule: "now < expires",
            saw: ["now": context.now, "expires": expires])
        state.members.setInvitation(
            Invitation(by: sender.id, title: title, expires: expires), for: member)
    }
}

/// A standing invitation to an institution.
package struct Invitation: StateRow, Hashable {
    package let by: MemberID
    package let title: String
    package let expires: Timestamp

    package var json: JSONValue {
        ["by": by.json, "title": .string(title), "expires": expires.json]
    }
}
