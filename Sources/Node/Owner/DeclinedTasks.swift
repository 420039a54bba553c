package import Contracts
package import Encodings

/// How often, and when last, this node has declined tasks for one reason.
package struct DeclinedTasks: Hashable, Sendable {
    package let code: String
    package var count = 0
    package var last: Timestamp

    package var json: JSONValue {
        ["code": .string(code), "count": .integer(Int64(count)), "last": last.json]
    }
}

/// What this node has declined since it was started, by code.
struct DeclineBoard {
    private var declines: [String: DeclinedTasks] = [:]

    mutating func note(_ code: String, at now: Timestamp) {
        declines[code, default: DeclinedTasks(code: code, last: now)].count += 1
        declines[code]?.last = now
    }

    var declined: [DeclinedTasks] { declines.values.sorted { $0.code < $1.code } }
}
