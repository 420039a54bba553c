package import Encodings

/// The action `account.limit`: a currency's issuer grants a member credit, takes it back, or bounds
/// what the member may pay at once.
package struct SetAccountLimit: LabAction {
    package static let name = "account.limit"

    package let holder: MemberID
    package let currency: CurrencyCode
    package let limit: AccountLimit

    package init(holder: MemberID, currency: CurrencyCode, limit: AccountLimit) {
        self.holder = holder
        self.currency = currency
        self.limit = limit
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        holder = try input.identifier("holder")
        currency = try input.currency("currency")
        limit = AccountLimit(
            credit: try input.integer("credit", in: 0 ... .max),
            paymentMax: try input.optionalInteger("paymentMax", in: 0 ... .max))
    }

    package var input: JSONValue {
        [
            "holder": holder.json, "currency": currency.json, "credit": .integer(limit.credit),
            "paymentMax": limit.paymentMax.map { .integer($0) },
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        _ = try state.currency(currency, issuedBySenderOf: &context)
        let account = AccountID(holder: .member(holder), currency: currency)
        // Whoever has left owes still, so that its credit can be cut to what it owes.
        if limit.credit > state.accounts.limit(of: account).credit {
            _ = try state.members.active(holder)
        } else if state.members[holder] == nil {
            throw Refusal(.unknown, rule: "the member exists", saw: ["member": holder])
        }
        let balance = state.accounts.balance(of: account)
        try context.require(
            balance >= -limit.credit, .overdrawn, rule: "account.balance >= -credit",
            saw: ["account": account, "account.balance": balance, "credit": limit.credit])
        try state.accounts.setLimit(limit, of: account)
    }
}
