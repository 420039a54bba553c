import ContractLanguage
package import Encodings

/// The action `market.offer`: the holder asks a price for its place in a contract.
package struct OfferToken: LabAction {
    package static let name = "market.offer"

    package let trade: TradeID
    package let contract: ContractID
    package let price: Money
    /// `nil` for whoever comes first.
    package let to: MemberID?
    /// How much of each quota will be left; all that is left now where it is `nil`.
    package let least: [String: Int64]?
    package let expires: Timestamp

    package init(
        trade: TradeID, contract: ContractID, price: Money, to: MemberID? = nil,
        least: [String: Int64]? = nil, expires: Timestamp
    ) {
        self.trade = trade
        self.contract = contract
        self.price = price
        self.to = to
        self.least = least
        self.expires = expires
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        trade = try input.identifier("trade")
        contract = try input.identifier("contract")
        price = try input.money("price")
        to = try input.optionalIdentifier("to")
        least = try input.quotas("least")
        expires = try input.timestamp("expires")
    }

    package var input: JSONValue {
        [
            "trade": trade.json, "contract": contract.json, "price": price.json,
            "to": to?.json, "least": least?.quotasJSON, "expires": expires.json,
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let row = try state.held(contract, by: sender.id, in: &context)
        _ = try state.consenter(toHandoverOf: row, at: context.now)
        if let to {
            _ = try state.members.active(to)
            try state.requireNoParty(to, of: row)
        }
        try state.open(
            Trade(
                id: trade, kind: .offer, contract: contract, seller: sender.id, buyer: to,
                price: price, least: least ?? row.compiled.quotasLeft(in: row.instance),
                expires: expires, status: .open, awaits: nil, handovers: row.handovers),
            in: &context)
    }
}
