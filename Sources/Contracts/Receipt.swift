package import Encodings

/// What became of a transaction on the ledger, derived by everybody who executes it.
package struct Receipt: Sendable {
    package enum Outcome: Sendable {
        /// The rules that held, the state's keys that were written, and what contracts told.
        case applied(decisions: [Decision], changed: [String], events: [ContractEvent] = [])
        case refused(Refusal)
    }

    package let index: UInt64
    package let time: Timestamp
    package let transaction: TransactionID
    package let action: String
    package let sender: Sender
    package let outcome: Outcome
    /// The money that moved, in the order in which it did; none where the transaction is refused.
    package let moved: [Movement]

    package init(
        index: UInt64, time: Timestamp, transaction: TransactionID, action: String, sender: Sender,
        outcome: Outcome, moved: [Movement] = []
    ) {
        self.index = index
        self.time = time
        self.transaction = transaction
        self.action = action
        self.sender = sender
        self.outcome = outcome
        self.moved = moved
    }

    package var refusal: Refusal? {
        guard case .refused(let refusal) = outcome else { return nil }
        return refusal
    }

    package var json: JSONValue {
        let outcome: JSONValue =
            switch self.outcome {
            case .applied(let decisions, let changed, let events):
                [
                    "applied": true, "decisions": .array(decisions.map(\.json)),
                    "changed": .array(changed.map { .string($0) }),
                    "events": events.isEmpty ? nil : .array(events.map(\.json)),
                ]
            case .refused(let refusal): ["applied": false, "refusal": refusal.json]
            }
        return [
            "index": .integer(Int64(clamping: index)), "time": time.json,
            "transaction": transaction.json, "action": .string(action), "by": sender.json,
            "outcome": outcome, "moved": moved.isEmpty ? nil : .array(moved.map(\.json)),
        ]
    }
}
