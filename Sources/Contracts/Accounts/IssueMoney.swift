package import Encodings

/// The action `account.issue`: a currency's issuer puts money into a member's account.
package struct IssueMoney: LabAction {
    package static let name = "account.issue"

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
        _ = try state.currency(amount.currency, issuedBySenderOf: &context)
        _ = try state.members.active(to)
        try context.require(
            amount.minorUnits > 0, .wrongValue, rule: "amount > 0", saw: ["amount": amount])
        try state.accounts.issue(amount, to: .member(to))
    }
}
