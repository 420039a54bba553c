package import Encodings

/// The action `member.leave`: a member goes. What it granted is not used from then on, and its
/// entries stay.
package struct LeaveLab: LabAction {
    package static let name = "member.leave"

    package init() {}
    package init(_ input: inout JSONFields) throws(JSONShapeError) {}

    package var input: JSONValue { [:] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let others = state.members.voters.count { $0 != sender.id }
        try context.require(
            others > 0, .limit, rule: "a lab keeps at least one member with a vote",
            saw: ["other members with a vote": others])
        state.members.setStatus(.left, of: sender.id, at: context.now)
    }
}
