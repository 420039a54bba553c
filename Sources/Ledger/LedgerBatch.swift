package import Contracts
package import Encodings
package import MerkleLog

/// Entries with the signed checkpoint that they lead to, as the coordinator sends them to nodes.
package struct LedgerBatch: Hashable, Sendable {
    /// The index of the first entry.
    package let start: UInt64
    package let entries: [[UInt8]]
    package let checkpoint: UnverifiedCheckpoint

    package init(start: UInt64, entries: [[UInt8]], checkpoint: UnverifiedCheckpoint) {
        self.start = start
        self.entries = entries
        self.checkpoint = checkpoint
    }

    package var json: JSONValue {
        [
            "start": .integer(Int64(clamping: start)),
            "entries": .array(entries.map { .string(Base64.encode($0)) }),
            "checkpoint": .string(checkpoint.description),
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        start = UInt64(try fields.integer("start", in: 0 ... .max))
        var entries: [[UInt8]] = []
        for (position, text) in try fields.strings("entries").enumerated() {
            guard let bytes = Base64.decode(text) else {
                throw fields.wrong("entries[\(position)]", "should be base64 with padding")
            }
            entries.append(bytes)
        }
        self.entries = entries
        checkpoint = try fields.checkpoint("checkpoint")
        try fields.finish()
    }
}

extension JSONFields {
    /// A signed checkpoint, none of whose signatures has been checked.
    package mutating func checkpoint(
        _ key: String
    ) throws(JSONShapeError) -> UnverifiedCheckpoint {
        let text = try string(key)
        do {
            return try UnverifiedCheckpoint(parsing: Array(text.utf8))
        } catch {
            throw wrong(key, "is no signed checkpoint: \(error)")
        }
    }
}

/// A batch as its author or a node that has verified it keeps it.
package struct ExecutedBatch: Sendable {
    package let batch: LedgerBatch
    /// The tiles that the batch made or made longer.
    package let tiles: [Tile]
    /// The receipts of its transactions, in order.
    package let receipts: [Receipt]

    package init(batch: LedgerBatch, tiles: [Tile], receipts: [Receipt]) {
        self.batch = batch
        self.tiles = tiles
        self.receipts = receipts
    }

    package var size: UInt64 { batch.start + UInt64(batch.entries.count) }
}
