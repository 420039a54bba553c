import Contracts
import Federation
import Ledger

/// What the node has seen that its operator should look at, each alarm once with how often and when.
struct AlarmBoard {
    private static let alarmsMax = 200

    private(set) var raised: [NodeStatus.RaisedAlarm] = []

    mutating func raise(_ alarm: Alarm, at now: Timestamp) {
        if let known = raised.firstIndex(where: { $0.alarm == alarm }) {
            raised[known].last = now
            raised[known].count += 1
        } else {
            raised.append(.init(alarm: alarm, first: now, last: now, count: 1))
            if raised.count > Self.alarmsMax { dropOne() }
        }
    }

    /// The oldest of the kind that there are most of: many of one kind must not push another out.
    private mutating func dropOne() {
        let counts = Dictionary(grouping: raised, by: \.alarm.code).mapValues(\.count)
        let most = counts.values.max()
        if let index = raised.firstIndex(where: { counts[$0.alarm.code] == most }) {
            raised.remove(at: index)
        }
    }
}
