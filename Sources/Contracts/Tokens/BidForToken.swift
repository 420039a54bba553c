import ContractLanguage
package import Encodings

/// The action `market.bid`: a member bids for the place in a contract, whoever holds it, and its money is
/// put aside.
package struct BidForToken: LabAction {
    package static let name = "market.bid"

    package let trade: TradeID
    package let contract: ContractID
    package let price: Money
    /// How much of each quota must be left; all that is left now where it is `nil`.
    package let least: [String: Int64]?
    package let expires: Timestamp

    package init(
        trade: TradeID, contract: ContractID, price: Money, least: [String: Int64]? = nil,
        expires: Timestamp
    ) {
        self.trade = trade
        self.contract = contract
        self.price = price
        self.least = least
        self.expires = expires
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        trade = try input.identifier("trade")
        contract = try input.identifier("contract")
        price = try input.money("price")
        least = try input.quotas("least")
        expires = try input.timestamp("expires")
    }

    package var input: JSONValue {
        [
            "trade": trade.json, "contract": contract.json, "price": price.json,
            "least": least?.quotasJSON, "expires": expires.json,
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let row = try state.tradable(contract)
        _ = try state.consenter(toHandoverOf: row, at: context.now)
        try state.requireNoParty(sender.id, of: row)
        let bid = Trade(
            id: trade, kind: .bid, contract: contract, seller: nil, buyer: sender.id,
            price: price, least: least ?? row.compiled.quotasLeft(in: row.instance),
            expires: expires, status: .open, awaits: nil, handovers: nil)
        try state.open(bid, in: &context)
        try state.putAside(bid, by: sender.id, in: &context)
    }
}
