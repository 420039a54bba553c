package import Contracts

/// On which days, and from when to when, tasks run.
package struct OpeningHours: Hashable, Sendable {
    /// A stretch of time on some days of the week. One that ends before it begins ends on the next day.
    package struct Window: Hashable, Sendable {
        /// From 0, a Monday, to 6.
        package let days: Set<Int>
        /// In minutes since midnight.
        package let from: Int
        /// In minutes since midnight, up to 1,440; not `from`.
        package let to: Int

        package init(days: Set<Int>, from: Int, to: Int) {
            self.days = days
            self.from = from
            self.to = to
        }

        private var length: Int { to > from ? to - from : to - from + OpeningHours.dayMinutes }

        func contains(_ minuteOfWeek: Int) -> Bool {
            days.contains { day in
                let begin = day * OpeningHours.dayMinutes + from
                let since = minuteOfWeek - begin
                return (since < 0 ? since + OpeningHours.weekMinutes : since) < length
            }
        }
    }

    static let dayMinutes = 1_440
    static let weekMinutes = 7 * dayMinutes
    package static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    package let windows: [Window]

    package init(_ windows: [Window]) {
        self.windows = windows
    }

    /// - Parameter offset: How far the owner's clocks are ahead of UTC, in seconds.
    package func contains(_ time: Timestamp, offset: Int) -> Bool {
        contains(minute: time.milliseconds / 60_000, offset: offset)
    }

    /// The next minute at which they are open.
    ///
    /// - Parameter offset: Of a time; clocks change on whole quarters of an hour.
    /// - Returns: `nil` where they never are.
    package func opening(after time: Timestamp, offset: (Timestamp) -> Int) -> Timestamp? {
        let first = time.milliseconds / 60_000 + 1
        var known = (quarter: Int64.min, offset: 0)
        // A day more than a week: clocks may skip the hour that is open.
        for minute in first..<first + Int64(Self.weekMinutes + Self.dayMinutes) {
            let moment = Timestamp(milliseconds: minute * 60_000)
            if minute / 15 != known.quarter { known = (minute / 15, offset(moment)) }
            if contains(minute: minute, offset: known.offset) { return moment }
        }
        return nil
    }

    /// - Parameter minute: Since 1970.
    private func contains(minute: Int64, offset: Int) -> Bool {
        // 1970 began on a Thursday.
        let local = minute + Int64(offset / 60) + Int64(3 * Self.dayMinutes)
        let week = Int64(Self.weekMinutes)
        return windows.contains { $0.contains(Int((local % week + week) % week)) }
    }
}
