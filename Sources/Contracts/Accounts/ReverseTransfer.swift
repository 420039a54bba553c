package import Encodings

/// The action `account.reverse`: a transfer is undone by a second one the other way, never by a
/// change of the first. The payee may do so, or the currency's issuer, once. The fee stays paid.
package struct ReverseTransfer: LabAction {
    package static let name = "account.reverse"

    /// The entry of the transfer.
    package let transfer: UInt64
    package let reason: String

    package init(transfer: UInt64, reason: String) {
        self.transfer = transfer
        self.reason = reason
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        transfer = UInt64(try input.integer("transfer", in: 0 ... .max))
        reason = try input.title("reason", bytesMax: 1_000)
    }

    package var input: JSONValue {
        ["transfer": .integer(Int64(clamping: transfer)), "reason": .string(reason)]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        guard var row = state.accounts.transfers[transfer] else {
            throw Refusal(
                .unknown,
                rule:
                    "the entry is an account.transfer that was made; a split, a hold or a contract's "
                    + "payment is paid back by a transfer",
                saw: ["transfer": transfer])
        }
        let issuer = state.accounts.currencies[row.amount.currency]?.issuer
        try context.require(
            sender.id == row.to || sender.id == issuer, .wrongSender,
            rule: "the sender is transfer.to, or issues the currency",
            saw: [
                "sender": sender.id, "transfer.to": row.to,
                "issuer": issuer?.text ?? "(not registered)",
            ])
        try context.require(
            row.reversedBy == nil, .wrongStage, rule: "the transfer has not been reversed",
            saw: [
                "transfer": transfer,
                "transfer.reversedBy": row.reversedBy.map { "\($0)" } ?? "nothing",
            ])
        try state.accounts.move(
            row.amount, from: .member(row.to), to: .member(row.from), as: .reversal)
        row.reversedBy = context.index
        state.accounts.set(row)
    }
}
