package import Encodings

package typealias TradeID = Identifier<Trade>

/// The place in a contract on its way to another member: given, offered at a price, or bid for.
package struct Trade: StateRow, Hashable {
    package enum Kind: String, Sendable {
        /// The holder gives it, to a member that it names.
        case transfer
        /// The holder asks a price.
        case offer
        /// A buyer bids a price, which is put aside.
        case bid
    }

    package enum Status: String, Sendable {
        /// One side has agreed.
        case open
        /// Both sides have agreed, and the price is put aside; the terms ask for one more consent.
        case agreed
        case delivered
        /// Taken back, declined or expired.
        case withdrawn
        /// The one whose consent the terms ask for did not give it.
        case refused
    }

    package let id: TradeID
    package let kind: Kind
    package let contract: ContractID
    /// `nil` in a bid until a holder takes it.
    package internal(set) var seller: MemberID?
    /// `nil` in an offer to everybody until somebody takes it.
    package internal(set) var buyer: MemberID?
    /// `nil` for what is given.
    package let price: Money?
    /// How much of each quota must be left when it is delivered.
    package let least: [String: Int64]
    package let expires: Timestamp
    package internal(set) var status: Status
    /// Whose consent it waits for.
    package internal(set) var awaits: MemberID?
    /// How often the place had changed hands when the seller agreed: what somebody agreed to who held
    /// it before is not for one who holds it again.
    package internal(set) var handovers: Int64?

    package var json: JSONValue {
        let least = self.least.reduce(into: JSONObject()) { $0[$1.key] = .integer($1.value) }
        return [
            "trade": id.json, "kind": .string(kind.rawValue), "contract": contract.json,
            "seller": seller?.json, "buyer": buyer?.json, "price": price?.json,
            "least": .object(least), "expires": expires.json,
            "status": .string(status.rawValue), "awaits": awaits?.json,
            "handovers": handovers.map { .integer($0) },
        ]
    }

    /// Whether something can still become of it.
    package var isPending: Bool { status == .open || status == .agreed }
}

/// All trades, past and present.
package struct Market: Sendable {
    /// A trade may name so many quotas.
    package static let quotasMax = 16

    private var trades = Table<TradeID, Trade>("trade")

    init() {}

    package subscript(id: TradeID) -> Trade? { trades[id] }
    package var all: [Trade] { trades.sorted.map(\.row) }

    /// - Throws: ``Refusal``: `unknown` or `wrong_stage`.
    func pending(_ id: TradeID) throws(Refusal) -> Trade {
        guard let trade = trades[id] else {
            throw Refusal(.unknown, rule: "the trade exists", saw: ["trade": id])
        }
        guard trade.isPending else {
            throw Refusal(
                .wrongStage, rule: "trade.status is open or agreed",
                saw: ["trade": id, "trade.status": trade.status.rawValue])
        }
        return trade
    }

    mutating func set(_ trade: Trade) {
        trades.set(trade.id, trade)
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        trades.drainWrites(into: &writes)
    }

    func row(_ table: String, _ text: String) -> JSONValue? {
        table == trades.name ? trades.row(atKeyText: text) : nil
    }
}

extension JSONFields {
    /// How much of each quota must be left; `nil` where it is for the lab to note what is.
    mutating func quotas(_ key: String) throws(JSONShapeError) -> [String: Int64]? {
        guard let value = optional(key) else { return nil }
        guard let object = value.object, object.members.count <= Market.quotasMax else {
            throw wrong(key, "should be an object of at most \(Market.quotasMax) quotas")
        }
        var quotas: [String: Int64] = [:]
        for member in object.members {
            guard let amount = member.value.integer, amount >= 0 else {
                throw wrong("\(key).\(member.key)", "should be an integer from 0")
            }
            quotas[member.key] = amount
        }
        return quotas
    }
}

extension [String: Int64] {
    /// Quotas as an action's input writes them.
    var quotasJSON: JSONValue {
        .object(reduce(into: JSONObject()) { $0[$1.key] = .integer($1.value) })
    }
}
