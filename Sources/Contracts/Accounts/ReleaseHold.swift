package import Encodings

/// The action `account.release`: money that was held goes back to the payer. The payee may let it go
/// at any time, and the payer may have it back once the hold has expired.
package struct ReleaseHold: LabAction {
    package static let name = "account.release"

    package let hold: HoldID

    package init(hold: HoldID) {
        self.hold = hold
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        hold = try input.identifier("hold")
    }

    package var input: JSONValue { ["hold": hold.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        var row = try state.accounts.held(hold)
        try context.require(
            sender.id == row.payee || sender.id == row.payer, .wrongSender,
            rule: "the sender is hold.payee, or hold.payer",
            saw: [
                "sender": sender.id, "hold.payee": row.payee, "hold.payer": row.payer,
            ])
        try context.require(
            sender.id == row.payee || context.now >= row.expires, .wrongStage,
            rule: "the sender is hold.payee, or now >= hold.expires",
            saw: [
                "sender": sender.id, "hold.payee": row.payee, "now": context.now,
                "hold.expires": row.expires,
            ])
        try state.accounts.giveBack(row)
        row.status = .released
        state.accounts.set(row)
    }
}
