package import Encodings

/// The action `market.accept`: a member takes what it is given or offered, or the holder takes a bid. The
/// place and the price change hands in this one transaction, unless the terms ask for a consent first.
package struct AcceptTrade: LabAction {
    package static let name = "market.accept"

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
        var row = try state.market.pending(trade)
        try context.require(
            row.status == .open, .wrongStage, rule: "trade.status == open",
            saw: ["trade": trade, "trade.status": row.status.rawValue])
        try context.require(
            context.now < row.expires, .tradeExpired, rule: "now < trade.expires",
            saw: ["now": context.now, "trade.expires": row.expires])
        switch row.kind {
        case .bid:
            _ = try state.held(row.contract, by: sender.id, in: &context)
            row.seller = sender.id
        case .offer, .transfer:
            let contract = try state.tradable(row.contract)
            try context.require(
                row.buyer == nil || row.buyer == sender.id, .wrongSender,
                rule: "the place is offered to the sender",
                saw: ["sender": sender.id, "trade.buyer": row.buyer?.text ?? "anybody"])
            try state.requireNoParty(sender.id, of: contract)
            row.buyer = sender.id
            try state.putAside(row, by: sender.id, in: &context)
        }
        try state.agree(row, in: &context)
    }
}
