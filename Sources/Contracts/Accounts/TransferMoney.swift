package import Encodings

/// The action `account.transfer`: a member pays another.
package struct TransferMoney: LabAction {
    package static let name = "account.transfer"

    package let amount: Money
    package let to: MemberID

    package init(amount: Money, to: MemberID) {
        self.amount = amount
        self.to = to
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        amount = try input.money("amount")
        to = try input.identifier("to")
    }

    package var input: JSONValue { ["amount": amount.json, "to": to.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        _ = try state.members.active(to)
        try context.require(
            amount.minorUnits > 0 && to != sender.id, .wrongValue,
            rule: "amount > 0, to another member",
            saw: ["amount": amount, "sender": sender.id, "to": to])
        try state.accounts.requireWithinLimit(amount, of: sender.id, in: &context)
        try state.accounts.move(amount, from: .member(sender.id), to: .member(to), as: .transfer)
        try state.accounts.chargeFee(on: amount, to: sender.id, in: &context)
        state.accounts.set(
            Transfer(index: context.index, from: sender.id, to: to, amount: amount))
    }
}
