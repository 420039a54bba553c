package import Encodings

/// The action `account.redeem`: a member gives money back to the currency's issuer, and it is gone.
/// What the issuer owes for it is settled outside the lab.
package struct RedeemMoney: LabAction {
    package static let name = "account.redeem"

    package let amount: Money

    package init(amount: Money) {
        self.amount = amount
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        amount = try input.money("amount")
    }

    package var input: JSONValue { ["amount": amount.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        try context.require(
            amount.minorUnits > 0, .wrongValue, rule: "amount > 0", saw: ["amount": amount])
        try state.accounts.redeem(amount, from: .member(sender.id))
    }
}
