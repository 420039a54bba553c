package import Encodings

/// The action `currency.fee`: a currency's issuer says what a payment in it costs from now on. What
/// is held already keeps the fee under which it was put aside.
package struct SetTransferFee: LabAction {
    package static let name = "currency.fee"

    package let currency: CurrencyCode
    /// `nil` where payments cost nothing.
    package let fee: TransferFee?

    package init(currency: CurrencyCode, fee: TransferFee?) {
        self.currency = currency
        self.fee = fee
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        currency = try input.currency("currency")
        if input.optional("fee") != nil {
            var inner = try input.fields("fee")
            fee = try TransferFee(&inner)
            try inner.finish()
        } else {
            fee = nil
        }
    }

    package var input: JSONValue { ["currency": currency.json, "fee": fee?.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        var row = try state.currency(currency, issuedBySenderOf: &context)
        if let fee { _ = try state.members.active(fee.to) }
        row.transferFee = fee
        state.accounts.register(row)
    }
}

extension LabState {
    /// A currency, for an action that only its issuer may take.
    ///
    /// - Throws: ``Refusal``: `wrong_sender`, `member.suspended` or `member.role`.
    func currency(
        _ code: CurrencyCode, issuedBySenderOf context: inout ActionContext
    ) throws(Refusal) -> Currency {
        let sender = try members.sender(of: context, as: .issuer)
        guard let currency = accounts.currencies[code], currency.issuer == sender.id else {
            throw Refusal(
                .wrongSender, rule: "the sender issues the currency",
                saw: [
                    "sender": sender.id, "currency": code,
                    "issuer": accounts.currencies[code]?.issuer.text ?? "(not registered)",
                ])
        }
        return currency
    }
}
