package import Encodings

/// The action `token.consent`: the one whose consent the terms ask for agrees to a trade, which is
/// delivered at once, or refuses it.
package struct ConsentToTrade: LabAction {
    package static let name = "token.consent"

    package let trade: TradeID
    package let agrees: Bool

    package init(trade: TradeID, agrees: Bool) {
        self.trade = trade
        self.agrees = agrees
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        trade = try input.identifier("trade")
        agrees = try input.bool("agrees")
    }

    package var input: JSONValue { ["trade": trade.json, "agrees": .bool(agrees)] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let row = try state.market.pending(trade)
        try context.require(
            row.status == .agreed, .wrongStage, rule: "trade.status == agreed",
            saw: ["trade": trade, "trade.status": row.status.rawValue])
        try context.require(
            sender.id == row.awaits, .wrongSender, rule: "the trade waits for the sender's consent",
            saw: ["sender": sender.id, "trade.awaits": row.awaits?.text ?? "none"])
        guard agrees else {
            try state.close(row, as: .refused)
            return
        }
        try context.require(
            context.now < row.expires, .tradeExpired, rule: "now < trade.expires",
            saw: ["now": context.now, "trade.expires": row.expires])
        try state.deliver(row, in: &context)
    }
}
