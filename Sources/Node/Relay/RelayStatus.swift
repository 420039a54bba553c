package import Contracts
package import Encodings
import LabAPI
package import Relay

/// How a relay's devices are doing, for the people who run it.
package struct RelayStatus: Sendable {
    /// What has been seen of a device since the relay started.
    package struct Sight: Sendable {
        package var last: Timestamp?
        package var contributed = 0
        package var refused = 0
    }

    package struct UnderWay: Sendable {
        package let round: RoundID
        package let task: RoundTask
        /// How many devices have got the task.
        package let known: Int
        package let contributed: Int
        package let limits: DeviceRound.Limits

        var json: JSONValue {
            [
                "job": round.job.json, "round": .integer(Int64(round.number)),
                "task": .string(task.rawValue), "asked": .integer(Int64(known)),
                "contributed": .integer(Int64(contributed)),
                "devicesMin": .integer(Int64(limits.devicesMin)),
                "devicesEnough": .integer(Int64(limits.devicesEnough)),
            ]
        }
    }

    /// The last round that ended.
    package struct Ended: Sendable {
        package let round: RoundID
        package let devices: Int
        package let rows: Int64
        /// A code, where nothing was contributed.
        package let problem: String?

        var json: JSONValue {
            [
                "job": round.job.json, "round": .integer(Int64(round.number)),
                "devices": .integer(Int64(devices)), "rows": .integer(rows),
                "problem": problem.map { .string($0) },
            ]
        }
    }

    package let dataset: DatasetID
    package let rounds: [UnderWay]
    package let devices: [(card: DeviceCard, sight: Sight)]
    /// How many answers were taken since the start.
    package let contributed: Int
    /// How many answers and tasks were refused, by code.
    package let refused: [String: Int]
    package let last: Ended?

    /// Without the devices, of which there may be many.
    package var json: JSONValue {
        var counts = JSONObject()
        for (code, count) in refused { counts[code] = .integer(Int64(count)) }
        return [
            "dataset": dataset.json, "enrolled": .integer(Int64(devices.count)),
            "enrolledRows": .integer(devices.reduce(0) { $0 + $1.card.rows }),
            "seen": .integer(Int64(devices.count { $0.sight.last != nil })),
            "contributed": .integer(Int64(contributed)),
            "rounds": .array(rounds.map(\.json)), "refused": .object(counts), "last": last?.json,
        ]
    }

    package var devicesJSON: JSONValue {
        [
            "items": .array(
                devices.map { card, sight in
                    card.json.adding("lastSeen", sight.last?.json ?? .null)
                        .adding("contributed", .integer(Int64(sight.contributed)))
                        .adding("refused", .integer(Int64(sight.refused)))
                })
        ]
    }
}
