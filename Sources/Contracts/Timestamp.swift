package import Encodings

/// A moment as the ledger knows it: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// From 1970 to the year 9999.
    package static let range: ClosedRange<Int64> = 0...253_402_300_799_999

    package let milliseconds: Int64

    /// Clamped to ``range``.
    package init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package func advanced(byMilliseconds interval: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(interval)
        return Timestamp(milliseconds: overflow ? (interval < 0 ? .min : .max) : sum)
    }

    package static func - (later: Timestamp, earlier: Timestamp) -> Int64 {
        later.milliseconds - earlier.milliseconds
    }

    package var json: JSONValue { .integer(milliseconds) }

    /// As in RFC 3339, in UTC: `2026-11-22T08:30:00.000Z`.
    ///
    /// Days to a date as in Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms*.
    package var description: String {
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2)
            + "T" + Self.padded(rest / 3_600_000, 2) + ":" + Self.padded(rest / 60_000 % 60, 2)
            + ":" + Self.padded(rest / 1_000 % 60, 2) + "." + Self.padded(rest % 1_000, 3) + "Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension JSONFields {
    package mutating func timestamp(_ key: String) throws(JSONShapeError) -> Timestamp {
        Timestamp(milliseconds: try integer(key, in: Timestamp.range))
    }
}
