package import Contracts

/// By which clocks an owner's hours and days go.
package enum OwnerZone: Hashable, Sendable, CustomStringConvertible {
    /// Ahead of UTC, in seconds.
    case fixed(Int)
    /// A name of the time zone database, such as `Asia/Shanghai`.
    case named(String)

    /// How far a named place is ahead of UTC at a time, in seconds; `nil` for a name that is not known.
    package typealias Offsets = @Sendable (_ zone: String, _ time: Timestamp) -> Int?

    /// Reads `UTC`, `+08:00`, or a name.
    ///
    /// - Returns: `nil` for what looks like an offset and is none.
    package init?(_ text: String) {
        if text == "UTC" || text == "Z" {
            self = .fixed(0)
            return
        }
        guard let sign = text.first, sign == "+" || sign == "-" else {
            guard !text.isEmpty else { return nil }
            self = .named(text)
            return
        }
        guard let minutes = Self.minutes(String(text.dropFirst())), minutes <= 14 * 60 else {
            return nil
        }
        self = .fixed((sign == "-" ? -60 : 60) * minutes)
    }

    func offset(at time: Timestamp, _ offsets: Offsets) -> Int? {
        switch self {
        case .fixed(let offset): offset
        case .named(let name): offsets(name, time)
        }
    }

    /// Which day it is there, counted from 1970.
    package func day(of time: Timestamp, _ offsets: Offsets) -> Int {
        let local = time.milliseconds / 1_000 + Int64(offset(at: time, offsets) ?? 0)
        return Int(local.quotientFlooringDivision(by: 86_400))
    }

    package var description: String {
        switch self {
        case .fixed(0): "UTC"
        case .fixed(let offset):
            (offset < 0 ? "-" : "+") + Self.clock(abs(offset) / 60)
        case .named(let name): name
        }
    }

    /// Minutes since midnight of `HH:MM`, up to `24:00`.
    static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isASCIIDigit) }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), minutes < 60,
            hours * 60 + minutes <= 1_440
        else { return nil }
        return hours * 60 + minutes
    }

    static func clock(_ minutes: Int) -> String {
        let (hours, rest) = (minutes / 60, minutes % 60)
        return "\(hours < 10 ? "0" : "")\(hours):\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}

extension Int64 {
    fileprivate func quotientFlooringDivision(by divisor: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }
}
