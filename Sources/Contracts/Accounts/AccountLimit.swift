package import Encodings

/// What an issuer has agreed with a member about its account. Without such an agreement an account
/// goes down to zero, and a payment may be of any size.
package struct AccountLimit: StateRow, Hashable {
    static let none = AccountLimit(credit: 0, paymentMax: nil)

    /// How far below zero the balance may go, in minor units.
    package let credit: Int64
    /// The most that the member may pay at once, in minor units.
    package let paymentMax: Int64?

    package init(credit: Int64, paymentMax: Int64?) {
        self.credit = credit
        self.paymentMax = paymentMax
    }

    package var json: JSONValue {
        ["credit": .integer(credit), "paymentMax": paymentMax.map { .integer($0) }]
    }
}

extension Accounts {
    /// - Throws: ``Refusal/Code/paymentTooLarge``.
    func requireWithinLimit(
        _ payment: Money, of payer: MemberID, in context: inout ActionContext
    ) throws(Refusal) {
        let account = AccountID(holder: .member(payer), currency: payment.currency)
        guard let most = limit(of: account).paymentMax else { return }
        try context.require(
            payment.minorUnits <= most, .paymentTooLarge, rule: "amount <= account.paymentMax",
            saw: ["account": account, "amount": payment, "account.paymentMax": most])
    }
}
