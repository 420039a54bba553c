package import Encodings

/// The action `market.withdraw`: what was put aside goes back to the buyer.
///
/// While only one side has agreed it may change its mind, and the member that something is offered to may
/// decline. Once both have agreed they wait for the consent that the terms ask for, unless the trade cannot
/// be delivered any more. An expired trade anybody may clear away.
package struct WithdrawTrade: LabAction {
    package static let name = "market.withdraw"

    package let trade: TradeID

    package init(trade: TradeID) {
        self.trade = trade
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        trade = try input.identifier("trade")
    }

    package var input: JSONValue { ["trade": trade.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let row = try state.market.pending(trade)
        if context.now < row.expires {
            try context.require(
                sender.id == row.seller || sender.id == row.buyer, .wrongSender,
                rule: "the sender is trade.seller or trade.buyer, or the trade has expired",
                saw: [
                    "sender": sender.id, "trade.seller": row.seller?.text ?? "none",
                    "trade.buyer": row.buyer?.text ?? "none",
                ])
            if row.status == .agreed { try requireUndeliverable(row, state, &context) }
        }
        try state.close(row, as: .withdrawn)
    }

    private func requireUndeliverable(
        _ row: Trade, _ state: LabState, _ context: inout ActionContext
    ) throws(Refusal) {
        var trial = state
        var trialContext = context
        do {
            try trial.deliver(row, in: &trialContext)
        } catch {
            context.decided(
                rule: "the trade cannot be delivered any more", saw: ["refused": error])
            return
        }
        throw Refusal(
            .wrongStage, rule: "the trade has not been agreed on, or cannot be delivered any more",
            saw: [
                "trade": row.id, "trade.status": row.status.rawValue,
                "trade.awaits": row.awaits?.text ?? "none", "trade.expires": row.expires,
            ])
    }
}
