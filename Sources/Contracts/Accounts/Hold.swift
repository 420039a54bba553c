package import Encodings

package typealias HoldID = Identifier<Hold>

/// Money that a payer has set aside for a payee until a time, with the fee of the payment.
package struct Hold: StateRow, Hashable {
    package enum Status: String, Sendable {
        case held
        case captured
        case released
    }

    package let id: HoldID
    package let payer: MemberID
    package let payee: MemberID
    package let amount: Money
    /// What the payment costs when it is made, as agreed when the money was set aside.
    package let fee: TransferFee?
    package let expires: Timestamp
    package var status: Status
    /// How much the payee took, in minor units.
    package var captured: Int64

    package var json: JSONValue {
        [
            "hold": id.json, "payer": payer.json, "payee": payee.json, "amount": amount.json,
            "fee": fee?.json, "expires": expires.json, "status": .string(status.rawValue),
            "captured": .integer(captured),
        ]
    }
}

extension Accounts {
    /// - Throws: ``Refusal``: `unknown` or `wrong_stage`.
    func held(_ id: HoldID) throws(Refusal) -> Hold {
        guard let hold = holds[id] else {
            throw Refusal(.unknown, rule: "the hold exists", saw: ["hold": id])
        }
        guard hold.status == .held else {
            throw Refusal(
                .wrongStage, rule: "hold.status == held",
                saw: ["hold": id, "hold.status": hold.status.rawValue])
        }
        return hold
    }

    /// Gives what is left of a hold back to its payer.
    mutating func giveBack(_ hold: Hold) throws(Refusal) {
        let account = AccountID(holder: .hold(hold.id), currency: hold.amount.currency)
        try move(
            Money(balance(of: account), hold.amount.currency), from: account.holder,
            to: .member(hold.payer), as: .release)
    }
}
