import ContractLanguage
package import Encodings

/// The action `token.transfer`: the holder gives its place in a contract to another member, which takes
/// it by `market.accept`: a place brings duties with it, and nobody is given those unasked.
package struct TransferToken: LabAction {
    package static let name = "token.transfer"

    package let trade: TradeID
    package let contract: ContractID
    package let to: MemberID
    package let expires: Timestamp

    package init(trade: TradeID, contract: ContractID, to: MemberID, expires: Timestamp) {
        self.trade = trade
        self.contract = contract
        self.to = to
        self.expires = expires
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        trade = try input.identifier("trade")
        contract = try input.identifier("contract")
        to = try input.identifier("to")
        expires = try input.timestamp("expires")
    }

    package var input: JSONValue {
        [
            "trade": trade.json, "contract": contract.json, "to": to.json,
            "expires": expires.json,
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let row = try state.held(contract, by: sender.id, in: &context)
        _ = try state.consenter(toHandoverOf: row, at: context.now)
        _ = try state.members.active(to)
        try state.requireNoParty(to, of: row)
        try state.open(
            Trade(
                id: trade, kind: .transfer, contract: contract, seller: sender.id, buyer: to,
                price: nil, least: [:], expires: expires, status: .open, awaits: nil,
                handovers: row.handovers), in: &context)
    }
}
