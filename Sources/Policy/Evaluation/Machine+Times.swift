extension Machine {
    mutating func timePart(_ function: Function, _ arguments: [Cell]) -> Cell {
        let operand = arguments[0]
        if operand.kind == .duration, arguments.count == 1 { return spanPart(function, operand) }
        guard let instant = operand.kind == .timestamp ? instant(operand) : nil,
            arguments.count == 1 || arguments[1].kind == .string
        else { return noOverload(function, arguments) }
        var offset: Int64 = 0
        if arguments.count == 2 {
            let zone = String(decoding: text(arguments[1]), as: UTF8.self)
            guard let known = zoneOffset(zone, at: instant.seconds) else {
                return fail(.invalidArgument, "\"\(zone)\" is no time zone that is known here")
            }
            offset = known
        }
        let civil = CivilTime(secondsSince1970: instant.seconds + offset)
        return switch function {
        case .getFullYear: .int(civil.year)
        case .getMonth: .int(civil.month - 1)
        case .getDate: .int(civil.day)
        case .getDayOfMonth: .int(civil.day - 1)
        case .getDayOfWeek: .int(civil.dayOfWeek)
        case .getDayOfYear: .int(civil.dayOfYear)
        case .getHours: .int(civil.secondOfDay / 3600)
        case .getMinutes: .int(civil.secondOfDay / 60 % 60)
        case .getSeconds: .int(civil.secondOfDay % 60)
        default: .int(Int64(instant.nanoseconds / 1_000_000))
        }
    }

    private mutating func spanPart(_ function: Function, _ span: Cell) -> Cell {
        switch function {
        case .getHours: .int(span.int / 3_600_000_000_000)
        case .getMinutes: .int(span.int / 60_000_000_000)
        case .getSeconds: .int(span.int / 1_000_000_000)
        case .getMilliseconds: .int(span.int / 1_000_000 % 1_000)
        default: noOverload(function, [span])
        }
    }

    /// `UTC`, an offset such as `+05:45` or `-02:30`, or a zone that the caller knows.
    private func zoneOffset(_ zone: String, at time: Int64) -> Int64? {
        Self.fixedOffset(zone) ?? zones?(zone)?.offset(at: time)
    }

    /// The seconds of `UTC` or of an offset.
    static func fixedOffset(_ zone: String) -> Int64? {
        if zone.isEmpty || zone == "UTC" || zone == "Z" { return 0 }
        let isNegative = zone.hasPrefix("-")
        let parts = zone.drop { $0 == "-" || $0 == "+" }.split(
            separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, parts.allSatisfy({ (1...2).contains($0.utf8.count) }),
            let hours = UInt8(parts[0]), let minutes = UInt8(parts[1]), hours < 24, minutes < 60
        {
            return (Int64(hours) * 3600 + Int64(minutes) * 60) * (isNegative ? -1 : 1)
        }
        return nil
    }
}
