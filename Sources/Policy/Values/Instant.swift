/// A point in time with nanoseconds, in the years 1 to 9999 (RFC 3339).
package struct Instant: Hashable, Sendable, Comparable {
    package static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
    package static let nanosecondsPerSecond: Int64 = 1_000_000_000

    /// Since 1970-01-01T00:00:00Z.
    package let seconds: Int64
    /// 0 to 999,999,999, forward from the second also before 1970.
    package let nanoseconds: Int32

    package static let epoch = Instant(uncheckedSeconds: 0)

    private init(uncheckedSeconds: Int64) {
        seconds = uncheckedSeconds
        nanoseconds = 0
    }

    /// - Returns: `nil` outside the years 1 to 9999.
    package init?(seconds: Int64, nanoseconds: Int32 = 0) {
        guard Self.secondsRange.contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
            return nil
        }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (first: Instant, second: Instant) -> Bool {
        (first.seconds, first.nanoseconds) < (second.seconds, second.nanoseconds)
    }

    package func advanced(by span: TimeSpan) -> Instant? {
        let (whole, part) = span.nanoseconds.flooredDivision(by: Self.nanosecondsPerSecond)
        let sum = Int64(nanoseconds) + part
        let carry = sum / Self.nanosecondsPerSecond
        let (total, overflow) = seconds.addingReportingOverflow(whole + carry)
        return overflow
            ? nil : Instant(seconds: total, nanoseconds: Int32(sum % Self.nanosecondsPerSecond))
    }

    /// How long it is since another; `nil` where that has more than 64 bits of nanoseconds.
    func span(since other: Instant) -> TimeSpan? {
        let (whole, overflow) = (seconds - other.seconds).multipliedReportingOverflow(
            by: Self.nanosecondsPerSecond)
        let (sum, carry) = whole.addingReportingOverflow(Int64(nanoseconds - other.nanoseconds))
        return overflow || carry ? nil : TimeSpan(nanoseconds: sum)
    }
}

/// A length of time in nanoseconds; 292 years at most.
package struct TimeSpan: Hashable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }
}

extension Int64 {
    /// Quotient and remainder, the remainder never negative.
    func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
