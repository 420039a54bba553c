package import Encodings

/// Money on its way from one account to another: one debit and one credit, which are the same.
package struct Movement: Hashable, Sendable {
    /// Why money moved. The raw values are in receipts and statements: add kinds, but never rename
    /// or reuse one.
    package enum Kind: String, CaseIterable, Sendable {
        case issue
        case redemption
        case transfer
        case split
        case fee
        case hold
        case capture
        case release
        case reversal
        /// Paid by an action of a contract, from member to member.
        case contract
        /// Put aside for something that the lab itself carries out.
        case escrow
        /// Paid, or given back, out of what was put aside.
        case payout
    }

    package let from: AccountHolder
    package let to: AccountHolder
    package let amount: Money
    package let kind: Kind

    package var json: JSONValue {
        [
            "from": .string(from.description), "to": .string(to.description),
            "amount": amount.json, "kind": .string(kind.rawValue),
        ]
    }

    /// The kind of a movement whose mover says nothing more of it.
    static func kind(from payer: AccountHolder, to payee: AccountHolder) -> Kind {
        switch (payer, payee) {
        case (.member, .member): .transfer
        case (.member, _): .escrow
        default: .payout
        }
    }
}
