package import Contracts
package import Encodings

/// What the coordinator sends a participant of a round: a pointer to an entry of the ledger, and
/// nothing that the ledger does not say.
package struct TrainingTask: Hashable, Sendable {
    package let round: RoundID
    /// The place of the `round.open` that allows it.
    package let index: UInt64

    package init(round: RoundID, index: UInt64) {
        self.round = round
        self.index = index
    }

    package var json: JSONValue {
        [
            "job": round.job.json, "round": .integer(Int64(round.number)),
            "index": .integer(Int64(clamping: index)),
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        round = try fields.round()
        index = UInt64(try fields.integer("index", in: 0 ... .max))
        try fields.finish()
    }
}

/// What a node may do with its data, decided by its own copy of the ledger.
package struct TrainingOrder: Hashable, Sendable {
    package let job: Job
    package let round: Round
    package let participant: Participant
}
