extension Machine {
    mutating func convert(_ function: Function, _ operand: Cell) -> Cell {
        let converted: Cell? =
            switch function {
            case .toBool: toBool(operand)
            case .toInt: toInt(operand)
            case .toUint: toUint(operand)
            case .toDouble: toDouble(operand)
            case .toString: toString(operand)
            case .toBytes: toBytes(operand)
            case .toTimestamp: toTimestamp(operand)
            default: toDuration(operand)
            }
        return converted ?? noOverload(function, [operand])
    }

    private mutating func invalid(_ operand: Cell, _ wanted: String) -> Cell {
        fail(.invalidArgument, "\(shown(operand)) is no \(wanted)")
    }

    private func readable(_ operand: Cell) -> String {
        String(decoding: text(operand), as: UTF8.self)
    }

    private mutating func toBool(_ operand: Cell) -> Cell? {
        switch operand.kind {
        case .bool: return operand
        case .string:
            switch readable(operand) {
            case "true", "True", "TRUE", "t", "1": return .yes
            case "false", "False", "FALSE", "f", "0": return .no
            default: return invalid(operand, "bool")
            }
        default: return nil
        }
    }

    private mutating func toInt(_ operand: Cell) -> Cell? {
        switch operand.kind {
        case .int: return operand
        case .uint: return Int64(exactly: operand.bits).map(Cell.int) ?? overflow()
        case .double:
            // Both ends are left out: neither is exact as a double on its own side.
            let value = operand.double
            guard value > -0x1p63, value < 0x1p63 else { return overflow() }
            return .int(Int64(value))
        case .string: return Int64(readable(operand)).map(Cell.int) ?? invalid(operand, "int")
        case .timestamp: return .int(operand.int)
        default: return nil
        }
    }

    private mutating func toUint(_ operand: Cell) -> Cell? {
        switch operand.kind {
        case .uint: return operand
        case .int: return UInt64(exactly: operand.int).map(Cell.uint) ?? overflow()
        case .double:
            let value = operand.double
            guard value >= 0, value < 0x1p64 else { return overflow() }
            return .uint(UInt64(value))
        case .string:
            // Not even zero has a sign.
            guard text(operand).allSatisfy(\.isDigit), let value = UInt64(readable(operand)) else {
                return invalid(operand, "uint")
            }
            return .uint(value)
        default: return nil
        }
    }

    private mutating func toDouble(_ operand: Cell) -> Cell? {
        switch operand.kind {
        case .double: return operand
        case .int: return .double(Double(operand.int))
        case .uint: return .double(Double(operand.bits))
        case .string:
            return Double(readable(operand)).map(Cell.double) ?? invalid(operand, "double")
        default: return nil
        }
    }

    private mutating func toString(_ operand: Cell) -> Cell? {
        switch operand.kind {
        case .string: return operand
        case .bytes:
            let bytes = text(operand)
            spend(bytes.count / 10)
            guard String(validating: bytes, as: UTF8.self) != nil else {
                return fail(.invalidArgument, "the bytes are not UTF-8")
            }
            return string(bytes)
        case .bool, .int, .uint, .double, .timestamp, .duration: return string(plain(operand))
        default: return nil
        }
    }

    private mutating func toBytes(_ operand: Cell) -> Cell? {
        switch operand.kind {
        case .bytes: return operand
        case .string:
            spend(size(operand) / 10)
            return scratch.add(text(operand), as: .bytes, in: .scratch)
        default: return nil
        }
    }

    private mutating func toTimestamp(_ operand: Cell) -> Cell? {
        switch operand.kind {
        case .timestamp: return operand
        case .int:
            return Instant(seconds: operand.int).map(Cell.timestamp)
                ?? fail(.overflow, "the time is out of range")
        case .string:
            return Instant(rfc3339: readable(operand)).map(Cell.timestamp)
                ?? invalid(operand, "timestamp, such as \"2026-11-22T09:30:00Z\"")
        default: return nil
        }
    }

    private mutating func toDuration(_ operand: Cell) -> Cell? {
        switch operand.kind {
        case .duration: return operand
        case .string:
            return TimeSpan(readable(operand)).map(Cell.duration)
                ?? invalid(operand, "duration, such as \"1h30m\"")
        default: return nil
        }
    }

    // MARK: - Texts

    /// A simple value as text.
    func plain(_ cell: Cell) -> String {
        switch cell.kind {
        case .null: "null"
        case .bool: cell.isTrue ? "true" : "false"
        case .int: String(cell.int)
        case .uint: String(cell.bits)
        case .double: Self.text(cell.double)
        case .timestamp: instant(cell)?.rfc3339 ?? ""
        case .duration: TimeSpan(nanoseconds: cell.int).secondsText
        case .string, .bytes, .type: String(decoding: text(cell), as: UTF8.self)
        case .none: "optional.none()"
        case .list, .map, .some, .error: cell.typeName
        }
    }

    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return (value.sign == .minus ? "-" : "") + DecimalDigits(shortest: value).general
    }

    /// For messages: short, texts in quotes.
    func shown(_ cell: Cell) -> String {
        guard cell.kind == .string else { return plain(cell) }
        let text = readable(cell)
        return text.count <= 60 ? "\"\(text)\"" : "\"\(text.prefix(59))…\""
    }
}
