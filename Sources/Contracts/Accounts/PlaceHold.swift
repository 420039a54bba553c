package import Encodings

/// The action `account.hold`: a member sets money aside for another, who may take it until a time.
package struct PlaceHold: LabAction {
    package static let name = "account.hold"

    package let hold: HoldID
    package let amount: Money
    package let to: MemberID
    package let expires: Timestamp

    package init(hold: HoldID, amount: Money, to: MemberID, expires: Timestamp) {
        self.hold = hold
        self.amount = amount
        self.to = to
        self.expires = expires
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        hold = try input.identifier("hold")
        amount = try input.money("amount")
        to = try input.identifier("to")
        expires = try input.timestamp("expires")
    }

    package var input: JSONValue {
        [
            "hold": hold.json, "amount": amount.json, "to": to.json, "expires": expires.json,
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        _ = try state.members.active(to)
        try context.require(
            amount.minorUnits > 0 && to != sender.id, .wrongValue,
            rule: "amount > 0, for another member",
            saw: ["amount": amount, "sender": sender.id, "to": to])
        try context.require(
            context.now < expires, .wrongValue, rule: "now < expires",
            saw: ["now": context.now, "expires": expires])
        try context.require(
            state.accounts.holds[hold] == nil, .alreadyExists, rule: "the hold's name is new",
            saw: ["hold": hold])
        try state.accounts.requireWithinLimit(amount, of: sender.id, in: &context)
        let fee = try state.accounts.fee(on: amount, by: sender.id, in: &context)
        try state.accounts.move(
            amount, from: .member(sender.id), to: .hold(hold), as: .hold)
        if let fee {
            try state.accounts.move(
                fee.amount, from: .member(sender.id), to: .hold(hold), as: .hold)
        }
        state.accounts.set(
            Hold(
                id: hold, payer: sender.id, payee: to, amount: amount, fee: fee?.fee,
                expires: expires, status: .held, captured: 0))
    }
}
