package import Contracts
package import Encodings

/// A movement of money as it stands on the ledger: with the entry that caused it.
package struct PostedMovement: Hashable, Sendable {
    package let index: UInt64
    /// Which of the entry's movements it is, counted from 0.
    package let position: Int
    package let time: Timestamp
    package let transaction: String
    package let action: String
    package let from: String
    package let to: String
    package let kind: String
    package let amount: Money

    package init(
        index: UInt64, position: Int, time: Timestamp, transaction: String, action: String,
        _ movement: Movement
    ) {
        self.index = index
        self.position = position
        self.time = time
        self.transaction = transaction
        self.action = action
        from = movement.from.description
        to = movement.to.description
        kind = movement.kind.rawValue
        amount = movement.amount
    }

    private init(
        _ json: JSONValue, index: UInt64, position: Int, time: Timestamp, transaction: String,
        action: String
    ) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: "moved[\(position)]")
        self.index = index
        self.position = position
        self.time = time
        self.transaction = transaction
        self.action = action
        from = try fields.string("from")
        to = try fields.string("to")
        kind = try fields.string("kind")
        amount = try fields.money("amount")
    }

    /// The movements that a receipt tells of, in their order.
    package static func all(in receipt: Receipt) -> [PostedMovement] {
        receipt.moved.enumerated().map { position, movement in
            PostedMovement(
                index: receipt.index, position: position, time: receipt.time,
                transaction: receipt.transaction.text, action: receipt.action, movement)
        }
    }

    /// The movements that a receipt tells of, as the lab's interface gives it.
    package static func all(in receipt: JSONValue) throws(JSONShapeError) -> [PostedMovement] {
        var fields = try JSONFields(receipt)
        let index = UInt64(try fields.integer("index", in: 0 ... .max))
        let time = try fields.timestamp("time")
        let transaction = try fields.string("transaction")
        let action = try fields.string("action")
        guard fields.optional("moved") != nil else { return [] }
        var movements: [PostedMovement] = []
        for (position, value) in try fields.array("moved").enumerated() {
            movements.append(
                try PostedMovement(
                    value, index: index, position: position, time: time, transaction: transaction,
                    action: action))
        }
        return movements
    }
}
