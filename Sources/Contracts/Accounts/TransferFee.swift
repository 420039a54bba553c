package import Encodings

/// What a currency's issuer asks for a payment in it, on top of the payment.
package struct TransferFee: Hashable, Sendable {
    package static let basisPointsMax: Int64 = 10_000

    /// In minor units, whatever the payment.
    package let flat: Int64
    /// In ten-thousandths of the payment.
    package let basisPoints: Int64
    package let to: MemberID

    package init(flat: Int64, basisPoints: Int64, to: MemberID) {
        self.flat = flat
        self.basisPoints = basisPoints
        self.to = to
    }

    package init(_ fields: inout JSONFields) throws(JSONShapeError) {
        flat = try fields.integer("flat", in: 0 ... .max)
        basisPoints = try fields.integer("basisPoints", in: 0...Self.basisPointsMax)
        to = try fields.identifier("to")
    }

    package var json: JSONValue {
        ["flat": .integer(flat), "basisPoints": .integer(basisPoints), "to": to.json]
    }

    /// The flat part and the basis points of the payment, the latter rounded down to a minor unit.
    ///
    /// - Returns: `nil` for more than can be counted.
    package func minorUnits(on payment: Int64) -> Int64? {
        let product = payment.multipliedFullWidth(by: basisPoints)
        let proportional = Self.basisPointsMax.dividingFullWidth(product).quotient
        let (sum, overflow) = flat.addingReportingOverflow(proportional)
        return overflow ? nil : sum
    }
}

extension Accounts {
    /// What a member has to pay beside a payment, and to whom; nobody pays a fee to itself.
    ///
    /// - Throws: ``Refusal/Code/overflow``.
    func fee(
        on payment: Money, by payer: MemberID, in context: inout ActionContext
    ) throws(Refusal) -> (fee: TransferFee, amount: Money)? {
        guard let fee = currencies[payment.currency]?.transferFee, fee.to != payer else {
            return nil
        }
        guard let minorUnits = fee.minorUnits(on: payment.minorUnits) else {
            throw Refusal(
                .overflow, rule: "currency.transferFee <= 2^63 - 1",
                saw: ["amount": payment, "transferFee.flat": fee.flat])
        }
        let amount = Money(minorUnits, payment.currency)
        context.decided(
            rule: "the payer bears currency.transferFee",
            saw: [
                "transferFee.flat": fee.flat, "transferFee.basisPoints": fee.basisPoints,
                "amount": payment, "fee": amount,
            ])
        return (fee, amount)
    }

    /// Takes the fee of a payment that has been made.
    ///
    /// - Throws: ``Refusal``: `account.overdrawn` or `account.overflow`.
    mutating func chargeFee(
        on payment: Money, to payer: MemberID, in context: inout ActionContext
    ) throws(Refusal) {
        guard let (fee, amount) = try fee(on: payment, by: payer, in: &context) else { return }
        try move(amount, from: .member(payer), to: .member(fee.to), as: .fee)
    }
}
