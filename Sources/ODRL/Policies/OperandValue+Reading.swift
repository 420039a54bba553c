package import Policy

extension OperandValue {
    /// From when to when the moment that it names lasts, the end excluded: a day, or one
    /// nanosecond.
    ///
    /// What has no time zone is taken in UTC.
    package var moments: (start: Instant, end: Instant)? {
        guard case .literal(let literal) = self,
            [.xsd("string"), .xsd("date"), .xsd("dateTime"), .xsd("dateTimeStamp")]
                .contains(literal.datatype)
        else { return nil }
        if let day = Self.day(literal.text) { return day }
        guard let start = Self.instant(literal.text) else { return nil }
        let isLast = start.nanoseconds == 999_999_999
        guard
            let end = Instant(
                seconds: start.seconds + (isLast ? 1 : 0),
                nanoseconds: isLast ? 0 : start.nanoseconds + 1)
        else { return nil }
        return (start, end)
    }

    /// Whether it says in which time zone it is meant.
    var hasZone: Bool {
        let time = text.utf8.drop { $0 != UInt8(ascii: "T") }.dropFirst()
        return time.contains {
            [UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-")].contains($0)
        }
    }

    private static func day(_ text: String) -> (start: Instant, end: Instant)? {
        let bare = text.utf8.last == UInt8(ascii: "Z") ? String(text.dropLast()) : text
        guard bare.utf8.count == 10, let start = Instant(rfc3339: bare + "T00:00:00Z"),
            let end = Instant(seconds: start.seconds + 86_400)
        else { return nil }
        return (start, end)
    }

    /// Also without seconds or time zone, as documents of the dataspaces are.
    private static func instant(_ text: String) -> Instant? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 16, bytes[10] == UInt8(ascii: "T") else { return nil }
        let zoneStart =
            bytes[11...].firstIndex {
                [UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-")].contains($0)
            } ?? bytes.count
        let clock = String(decoding: bytes[..<zoneStart], as: UTF8.self)
        let zone =
            zoneStart == bytes.count ? "Z" : String(decoding: bytes[zoneStart...], as: UTF8.self)
        return Instant(rfc3339: clock + (zoneStart == 16 ? ":00" : "") + zone)
    }

    package struct DurationProblem: Error {
        package let reason: String
    }

    /// A length of time as XML Schema writes it, such as `P30D` or `PT12H`.
    package var duration: Result<TimeSpan, DurationProblem> {
        let notOne = DurationProblem(reason: "this is not a length of time such as P30D")
        guard case .literal(let literal) = self,
            [.xsd("string"), .xsd("duration"), .xsd("dayTimeDuration"), .xsd("yearMonthDuration")]
                .contains(literal.datatype), literal.text.utf8.first == UInt8(ascii: "P")
        else { return .failure(notOne) }
        var seconds: Int64 = 0
        var digits = ""
        var isTime = false
        var seen = 0
        for byte in literal.text.utf8.dropFirst() {
            let unit: Int64
            switch (byte, isTime) {
            case (UInt8(ascii: "0")...UInt8(ascii: "9"), _):
                digits.unicodeScalars.append(Unicode.Scalar(byte))
                continue
            case (UInt8(ascii: "T"), false) where digits.isEmpty:
                isTime = true
                continue
            case (UInt8(ascii: "Y"), false), (UInt8(ascii: "M"), false):
                guard Int64(digits) != 0 else {
                    digits = ""
                    continue
                }
                return .failure(
                    DurationProblem(
                        reason: "a month or year has no fixed length; say it in days, as P90D"))
            case (UInt8(ascii: "W"), false): unit = 7 * 86_400
            case (UInt8(ascii: "D"), false): unit = 86_400
            case (UInt8(ascii: "H"), true): unit = 3_600
            case (UInt8(ascii: "M"), true): unit = 60
            case (UInt8(ascii: "S"), true): unit = 1
            default: return .failure(notOne)
            }
            guard let number = Int64(digits), number <= 9_000_000_000 / unit else {
                return .failure(notOne)
            }
            seconds += number * unit
            digits = ""
            seen += 1
        }
        guard digits.isEmpty, seen > 0, seconds <= 9_000_000_000 else { return .failure(notOne) }
        return .success(TimeSpan(nanoseconds: seconds * Instant.nanosecondsPerSecond))
    }

    /// A decimal number as millionths.
    package struct Millionths: Hashable, Comparable, Sendable {
        package let count: Int64

        package init(_ count: Int64) {
            self.count = count
        }

        package var isWhole: Bool { count % 1_000_000 == 0 }
        package var whole: Int64 { count / 1_000_000 }
        package static func < (left: Self, right: Self) -> Bool { left.count < right.count }
    }

    package var number: Millionths? {
        guard case .literal(let literal) = self else { return nil }
        var text = literal.text[...]
        let isNegative = text.hasPrefix("-")
        if isNegative || text.hasPrefix("+") { text = text.dropFirst() }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty,
            parts.allSatisfy({ $0.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) })
        else { return nil }
        var fraction = parts.count == 2 ? Array(parts[1]) : []
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        guard fraction.count <= 6 else { return nil }
        fraction += repeatElement(UInt8(ascii: "0"), count: 6 - fraction.count)
        guard
            let magnitude = Int64(
                String(decoding: Array(parts[0]) + fraction, as: UTF8.self))
        else { return nil }
        return Millionths(isNegative ? -magnitude : magnitude)
    }
}
