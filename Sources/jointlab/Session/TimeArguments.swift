import ArgumentParser
import Contracts
import Foundation
import Participation

/// A moment on the command line: `90d`, `12h` or `30m` from now, or a date such as `2027-01-31`.
struct MomentArgument: ExpressibleByArgument {
    let timestamp: Timestamp

    init?(argument: String) {
        if let length = DurationArgument(argument: argument) {
            timestamp = MemberSession.now.advanced(byMilliseconds: length.milliseconds)
            return
        }
        let formatter = ISO8601DateFormatter()
        let isDate = argument.count == 10
        formatter.formatOptions = isDate ? [.withFullDate] : [.withInternetDateTime]
        guard let date = formatter.date(from: argument) else { return nil }
        timestamp = Timestamp(milliseconds: Int64(date.timeIntervalSince1970 * 1_000))
    }

    init(inDays days: Int64) {
        timestamp = MemberSession.now.advanced(byMilliseconds: days * 86_400_000)
    }

    var defaultValueDescription: String { "\(timestamp)" }

    static let help = "such as 90d, 12h, or 2027-01-31"
}

/// A length of time on the command line: `500ms`, `30s`, `15m`, `12h` or `90d`.
struct DurationArgument: ExpressibleByArgument {
    let milliseconds: Int64

    init(seconds: Int64) {
        milliseconds = seconds * 1_000
    }

    var defaultValueDescription: String { "\(milliseconds / 1_000)s" }

    init?(argument: String) {
        let units: [(suffix: String, milliseconds: Int64)] = [
            ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
            let count = Int64(argument.dropLast(unit.suffix.count)), count >= 0
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        guard !overflow else { return nil }
        milliseconds = product
    }
}

/// An amount of money on the command line, in the major unit: `2.50 CNY`.
struct MoneyArgument: ExpressibleByArgument {
    private let digits: String
    private let decimals: Int
    let currency: CurrencyCode

    init?(argument: String) {
        let number = argument.prefix { $0.isNumber || $0 == "." }
        let code = argument.dropFirst(number.count).drop { $0 == " " }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard let currency = CurrencyCode(code), (1...2).contains(parts.count),
            parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCII) })
        else { return nil }
        self.currency = currency
        digits = parts.joined()
        decimals = parts.count > 1 ? parts[1].count : 0
    }

    /// The amount in minor units.
    ///
    /// - Parameter scale: The currency's decimal places.
    /// - Throws: `ValidationError` for an amount that the currency cannot express.
    func money(scale: Int) throws -> Money {
        guard decimals <= scale else {
            throw ValidationError(
                "\(currency) has \(scale) decimal places, and the amount has \(decimals)")
        }
        guard let amount = Int64(digits + String(repeating: "0", count: scale - decimals)) else {
            throw ValidationError(
                "the amount is too large: an account holds \(Money(.max, currency).shown(scale: scale))"
                    + " at most")
        }
        return Money(amount, currency)
    }
}

extension Money {
    /// The amount as people read it.
    func shown(scale: Int) -> String {
        let digits = "\(minorUnits.magnitude)"
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        let point = scale == 0 ? "" : "."
        return "\(minorUnits < 0 ? "-" : "")\(padded.dropLast(scale))\(point)"
            + "\(padded.suffix(scale)) \(currency)"
    }
}
