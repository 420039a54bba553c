package import Contracts
import Encodings
package import Federation
package import Ledger
package import MerkleLog
package import Transport

/// What a coordinator tells the nodes that follow it.
package enum StreamEvent: Sendable {
    case batch(LedgerBatch)
    case certificate(UnverifiedCheckpoint)
    case heartbeat(size: UInt64, time: Timestamp)
    case task(TrainingTask)

    /// Reads an event.
    ///
    /// - Returns: `nil` for one of a kind that this version does not know.
    /// - Throws: `JSONSyntaxError` or `JSONShapeError`.
    package init?(_ event: ServerSentEvent) throws {
        let json = try JSONValue(parsing: event.data)
        switch event.name {
        case "batch": self = .batch(try LedgerBatch(json))
        case "certificate":
            var fields = try JSONFields(json)
            self = .certificate(try fields.checkpoint("checkpoint"))
        case "heartbeat":
            var fields = try JSONFields(json)
            self = .heartbeat(
                size: UInt64(try fields.integer("size", in: 0 ... .max)),
                time: try fields.timestamp("time"))
        case "task": self = .task(try TrainingTask(json))
        default: return nil
        }
    }
}

extension ServerSentEvent {
    package static func batch(_ batch: LedgerBatch) -> Self {
        Self(name: "batch", json: batch.json)
    }

    package static func certificate(_ checkpoint: UnverifiedCheckpoint) -> Self {
        Self(name: "certificate", json: ["checkpoint": .string(checkpoint.description)])
    }

    package static func heartbeat(size: UInt64, time: Timestamp) -> Self {
        Self(
            name: "heartbeat",
            json: ["size": .integer(Int64(clamping: size)), "time": time.json])
    }

    package static func task(_ task: TrainingTask) -> Self {
        Self(name: "task", json: task.json)
    }
}
