package import Encodings

/// The action `account.capture`: the payee takes what is held for it, or a part. What it leaves goes
/// back to the payer.
package struct CaptureHold: LabAction {
    package static let name = "account.capture"

    package let hold: HoldID
    /// `nil` for all of it.
    package let amount: Money?

    package init(hold: HoldID, amount: Money? = nil) {
        self.hold = hold
        self.amount = amount
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        hold = try input.identifier("hold")
        amount = input.optional("amount") == nil ? nil : try input.money("amount")
    }

    package var input: JSONValue { ["hold": hold.json, "amount": amount?.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        var row = try state.accounts.held(hold)
        try context.require(
            sender.id == row.payee, .wrongSender, rule: "the sender is hold.payee",
            saw: ["sender": sender.id, "hold.payee": row.payee])
        try context.require(
            context.now < row.expires, .holdExpired, rule: "now < hold.expires",
            saw: ["now": context.now, "hold.expires": row.expires])
        let taken = amount ?? row.amount
        try context.require(
            taken.currency == row.amount.currency && taken.minorUnits > 0
                && taken.minorUnits <= row.amount.minorUnits, .wrongValue,
            rule: "0 < amount <= hold.amount", saw: ["amount": taken, "hold.amount": row.amount])
        try state.accounts.move(taken, from: .hold(hold), to: .member(row.payee), as: .capture)
        // The fee of a part is no more than that of the whole, which lies here with it.
        if let fee = row.fee, let minorUnits = fee.minorUnits(on: taken.minorUnits) {
            try state.accounts.move(
                Money(minorUnits, taken.currency), from: .hold(hold), to: .member(fee.to),
                as: .fee)
        }
        try state.accounts.giveBack(row)
        row.status = .captured
        row.captured = taken.minorUnits
        state.accounts.set(row)
    }
}
