/// `"…".format([…])` (cel-go `ext/strings`, "Format").
extension Machine {
    private struct Clause {
        let verb: UInt8
        let precision: Int?
    }

    static let precisionMax = 1_000

    mutating func format(_ template: [UInt8], _ arguments: [Cell]) -> Cell {
        var result: [UInt8] = []
        var used = 0
        var index = 0
        while index < template.count {
            let byte = template[index]
            index += 1
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            if index < template.count, template[index] == UInt8(ascii: "%") {
                result.append(byte)
                index += 1
                continue
            }
            guard let clause = Self.clause(template, &index) else {
                return fail(.invalidArgument, "the format has a `%` that says nothing")
            }
            guard used < arguments.count else {
                return fail(
                    .invalidArgument,
                    "the format wants more than \(arguments.count) arguments")
            }
            guard let text = text(clause, arguments[used]) else {
                let verb = String(decoding: [clause.verb], as: UTF8.self)
                return fail(
                    .invalidArgument, "`%\(verb)` does not take \(arguments[used].typeName)")
            }
            result += Array(text.utf8)
            spend(text.utf8.count / 10)
            used += 1
        }
        return string(result)
    }

    private static func clause(_ template: [UInt8], _ index: inout Int) -> Clause? {
        var precision: Int?
        if index < template.count, template[index] == UInt8(ascii: ".") {
            let digits = template[(index + 1)...].prefix(while: \.isDigit)
            guard let value = Int(String(decoding: digits, as: UTF8.self)), value <= precisionMax
            else { return nil }
            precision = value
            index += 1 + digits.count
        }
        guard index < template.count, "sdfexXbo".utf8.contains(template[index]) else { return nil }
        defer { index += 1 }
        return Clause(verb: template[index], precision: precision)
    }

    private func text(_ clause: Clause, _ cell: Cell) -> String? {
        switch clause.verb {
        case UInt8(ascii: "s"): spelled(cell)
        case UInt8(ascii: "d"):
            switch cell.kind {
            case .int, .uint: plain(cell)
            case .double:
                cell.double.isFinite
                    ? DecimalDigits(shortest: cell.double).signed(cell.double) : plain(cell)
            default: nil
            }
        case UInt8(ascii: "f"): decimal(cell) { $0.fixed(fractionDigits: clause.precision ?? 6) }
        case UInt8(ascii: "e"):
            decimal(cell) { $0.scientific(fractionDigits: clause.precision ?? 6) }
        case UInt8(ascii: "b"):
            cell.kind == .bool ? String(cell.bits) : integer(cell, radix: 2)
        case UInt8(ascii: "o"): integer(cell, radix: 8)
        case UInt8(ascii: "x"): hexadecimal(cell, isUpper: false)
        default: hexadecimal(cell, isUpper: true)
        }
    }

    private func decimal(_ cell: Cell, _ text: (DecimalDigits) -> String) -> String? {
        let value: Double
        switch cell.kind {
        case .double: value = cell.double
        case .int: value = Double(cell.int)
        case .uint: value = Double(cell.bits)
        default: return nil
        }
        guard value.isFinite else { return plain(cell) }
        return (value.sign == .minus ? "-" : "") + text(DecimalDigits(exact: value))
    }

    private func integer(_ cell: Cell, radix: Int, isUpper: Bool = false) -> String? {
        switch cell.kind {
        case .int: String(cell.int, radix: radix, uppercase: isUpper)
        case .uint: String(cell.bits, radix: radix, uppercase: isUpper)
        default: nil
        }
    }

    private func hexadecimal(_ cell: Cell, isUpper: Bool) -> String? {
        guard cell.kind == .string || cell.kind == .bytes else {
            return integer(cell, radix: 16, isUpper: isUpper)
        }
        return text(cell).map { byte in
            let digits = String(byte, radix: 16, uppercase: isUpper)
            return byte < 16 ? "0\(digits)" : digits
        }.joined()
    }

    /// Any value as `%s` writes it; maps in the order of their keys' texts.
    private func spelled(_ cell: Cell) -> String? {
        switch cell.kind {
        case .list:
            let parts = list(cell).map(spelled)
            return parts.contains(nil)
                ? nil : "[\(parts.compactMap(\.self).joined(separator: ", "))]"
        case .map:
            let map = map(cell)
            let entries = zip(map.keys, map.values).map { (plain($0), spelled($1)) }
            guard entries.allSatisfy({ $0.1 != nil }) else { return nil }
            let sorted = entries.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
            return "{\(sorted.map { "\($0.0): \($0.1 ?? "")" }.joined(separator: ", "))}"
        case .some, .none, .error: return nil
        default: return plain(cell)
        }
    }
}

extension DecimalDigits {
    fileprivate func signed(_ value: Double) -> String {
        (value.sign == .minus ? "-" : "") + general
    }
}
