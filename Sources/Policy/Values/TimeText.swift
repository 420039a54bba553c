extension Instant {
    /// Reads an RFC 3339 date-time with at most nine digits of a second.
    package init?(rfc3339 text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
            reader.take("-"), let day = reader.number(2), reader.take("T") || reader.take("t"),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
            reader.take(":"), let second = reader.number(2)
        else { return nil }
        guard (1...12).contains(month),
            (1...CivilTime.days(inMonth: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var nanoseconds: Int64 = 0
        if reader.take(".") {
            guard let fraction = reader.fraction(digitsMax: 9) else { return nil }
            nanoseconds = fraction
        }
        var offset: Int64 = 0
        if !reader.take("Z"), !reader.take("z") {
            let isNegative = reader.take("-")
            guard isNegative || reader.take("+"), let hours = reader.number(2), reader.take(":"),
                let minutes = reader.number(2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (isNegative ? -1 : 1)
        }
        guard reader.isAtEnd else { return nil }
        let days = CivilTime.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.init(seconds: seconds, nanoseconds: Int32(nanoseconds))
    }

    /// RFC 3339 in UTC, with as many digits of a second as it takes.
    package var rfc3339: String {
        let civil = CivilTime(secondsSince1970: seconds)
        let date = "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
        let time = [
            civil.secondOfDay / 3600, civil.secondOfDay / 60 % 60, civil.secondOfDay % 60,
        ]
        let clock = time.map { padded($0, 2) }.joined(separator: ":")
        return "\(date)T\(clock)\(fraction(Int64(nanoseconds)))Z"
    }
}

extension TimeSpan {
    /// Reads lengths such as `1h45m`, `-1.5s` and `10ms`; units are h, m, s, ms, us, µs, ns.
    package init?(_ text: String) {
        var reader = DigitReader(text)
        let isNegative = reader.take("-")
        if !isNegative { _ = reader.take("+") }
        if reader.rest == "0" {
            self.init(nanoseconds: 0)
            return
        }
        var total: Int64 = 0
        repeat {
            let whole = reader.digits()
            let part = reader.take(".") ? reader.digits() : ""
            guard !whole.isEmpty || !part.isEmpty, let unit = reader.unit(),
                let length = Self.nanoseconds(whole: whole, part: part, unit: unit)
            else { return nil }
            // On the negative side: the shortest span has no positive counterpart.
            let (sum, overflow) = total.subtractingReportingOverflow(length)
            guard !overflow else { return nil }
            total = sum
        } while !reader.isAtEnd
        guard isNegative || total != .min else { return nil }
        self.init(nanoseconds: isNegative ? total : -total)
    }

    private static func nanoseconds(whole: String, part: String, unit: Int64) -> Int64? {
        guard let count = whole.isEmpty ? 0 : Int64(whole) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        var fraction: Int64 = 0
        var scale = unit
        for digit in part.utf8 {
            scale /= 10
            fraction += Int64(digit - UInt8(ascii: "0")) * scale
        }
        let (sum, carry) = product.addingReportingOverflow(fraction)
        return carry ? nil : sum
    }

    /// In seconds, as `-1.5s`.
    package var secondsText: String {
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        return "\(sign)\(magnitude / 1_000_000_000)\(fraction(Int64(magnitude % 1_000_000_000)))s"
    }
}

/// Nanoseconds as a fraction of a second, without zeros at the end.
private func fraction(_ nanoseconds: Int64) -> String {
    guard nanoseconds > 0 else { return "" }
    var digits = padded(nanoseconds, 9)
    while digits.hasSuffix("0") { digits.removeLast() }
    return ".\(digits)"
}

func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// Reads numbers and single characters off a text.
private struct DigitReader {
    private var left: Substring.UTF8View

    init(_ text: String) {
        left = text[...].utf8
    }

    var isAtEnd: Bool { left.isEmpty }
    var rest: String { String(decoding: left, as: UTF8.self) }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard left.first == UInt8(ascii: character) else { return false }
        left.removeFirst()
        return true
    }

    mutating func digits() -> String {
        let digits = left.prefix(while: \.isDigit)
        left.removeFirst(digits.count)
        return String(decoding: digits, as: UTF8.self)
    }

    mutating func number(_ width: Int) -> Int64? {
        let digits = left.prefix(width)
        guard digits.count == width, digits.allSatisfy(\.isDigit) else { return nil }
        left.removeFirst(width)
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    mutating func fraction(digitsMax: Int) -> Int64? {
        let read = digits()
        guard (1...digitsMax).contains(read.utf8.count) else { return nil }
        return Int64(read + String(repeating: "0", count: digitsMax - read.utf8.count))
    }

    mutating func unit() -> Int64? {
        let units: [(String, Int64)] = [
            ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000),
            ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ]
        for (name, length) in units where left.starts(with: name.utf8) {
            left.removeFirst(name.utf8.count)
            return length
        }
        return nil
    }
}
