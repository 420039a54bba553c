import Contracts

/// Compares the times that the coordinator gives to entries with a node's own clock.
///
/// An entry that reaches a node while it is in touch with the coordinator must be dated between the
/// last sign of life and now, give or take the lab's limit. What is dated earlier was back-dated;
/// what is dated later comes from a clock that is ahead. Entries that a node catches up on are
/// older than that by nature: for these it relies on the quorum that was awake.
struct ClockWatch: Sendable {
    /// An entry whose time the node cannot vouch for.
    struct Doubt: Hashable, Sendable {
        let index: UInt64
        let time: Timestamp
        /// The earliest and latest that it should be.
        let earliest: Timestamp
        let latest: Timestamp
    }

    /// The coordinator's time when it was last heard of at the node's own head.
    private var lastLive: Timestamp?
    private(set) var doubts: [Doubt] = []

    /// Looks at an entry that has just come in.
    mutating func watch(index: UInt64, time: Timestamp, now: Timestamp, skew: Int64) {
        let earliest = lastLive.map { $0.advanced(byMilliseconds: -skew) }
        watch(index: index, time: time, from: earliest, now: now, skew: skew)
    }

    /// Looks at an entry that came in a while ago. Every sign of life since then is later than it, and
    /// says nothing of it.
    mutating func watch(stored index: UInt64, time: Timestamp, now: Timestamp, skew: Int64) {
        watch(index: index, time: time, from: nil, now: now, skew: skew)
    }

    private mutating func watch(
        index: UInt64, time: Timestamp, from: Timestamp?, now: Timestamp, skew: Int64
    ) {
        let earliest = from ?? Timestamp(milliseconds: 0)
        let latest = now.advanced(byMilliseconds: skew)
        if time < earliest || time > latest {
            doubts.append(Doubt(index: index, time: time, earliest: earliest, latest: latest))
        }
    }

    /// The coordinator said at this time by its clock that the node has everything.
    mutating func live(at time: Timestamp, now: Timestamp, skew: Int64) {
        guard abs(time - now) <= skew else { return }
        lastLive = max(time, lastLive ?? time)
    }

    /// Drops doubts that a quorum has decided, or that time has.
    mutating func settle(certifiedSize: UInt64, now: Timestamp, skew: Int64) {
        doubts.removeAll { doubt in
            doubt.index < certifiedSize
                || doubt.time >= doubt.earliest && doubt.time <= now.advanced(byMilliseconds: skew)
        }
    }
}
