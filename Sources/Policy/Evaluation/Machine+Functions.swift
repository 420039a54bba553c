extension Machine {
    /// What an operator makes of two operands; `nil` for what is no operator with two.
    mutating func apply(_ function: Function, _ first: Cell, _ second: Cell) -> Cell? {
        switch function {
        case .equal: .bool(areEqual(first, second))
        case .notEqual: .bool(!areEqual(first, second))
        case .less, .lessOrEqual, .greater, .greaterOrEqual: ordered(function, first, second)
        case .add, .subtract, .multiply, .divide, .modulo: arithmetic(function, first, second)
        case .isIn: contains(second, first)
        case .index: index(first, second, isOptional: false)
        case .optionalIndex: index(first, second, isOptional: true)
        default: nil
        }
    }

    /// What a function makes of its arguments, none of which is an error.
    mutating func apply(_ function: Function, _ arguments: [Cell]) -> Cell {
        switch function {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .add, .subtract,
            .multiply, .divide, .modulo, .isIn, .index, .optionalIndex:
            apply(function, arguments[0], arguments[1]) ?? noOverload(function, arguments)
        case .negate, .not: unary(function, arguments)
        case .toBool, .toInt, .toUint, .toDouble, .toString, .toBytes, .toTimestamp, .toDuration:
            convert(function, arguments[0])
        case .toDyn: arguments[0]
        case .typeOf:
            scratch.add(Array(arguments[0].typeName.utf8), as: .type, in: .scratch)
        case .size, .contains, .startsWith, .endsWith, .matches, .charAt, .indexOf, .lastIndexOf,
            .lowerASCII, .upperASCII, .replace, .split, .substring, .trim, .reverse, .join, .format,
            .quote, .base64Encode, .base64Decode:
            textual(function, arguments)
        case .getFullYear, .getMonth, .getDate, .getDayOfMonth, .getDayOfWeek, .getDayOfYear,
            .getHours, .getMinutes, .getSeconds, .getMilliseconds:
            timePart(function, arguments)
        case .greatest, .least: extreme(function, arguments)
        case .ceil, .floor, .round, .trunc, .abs, .sign, .squareRoot, .isNaN, .isInfinite,
            .isFinite:
            numeric(function, arguments[0])
        case .bitAnd, .bitOr, .bitXor, .bitNot, .bitShiftLeft, .bitShiftRight:
            bits(function, arguments)
        case .optionalOf: optional(arguments[0])
        case .optionalOfNonZero: isZero(arguments[0]) ? .empty : optional(arguments[0])
        case .optionalNone: .empty
        case .hasValue, .optionalValue, .optionalOr, .optionalOrValue:
            unwrap(function, arguments)
        }
    }

    mutating func noOverload(_ function: Function, _ arguments: [Cell]) -> Cell {
        let types = arguments.map(\.typeName).joined(separator: ", ")
        return fail(.noSuchOverload, "\(function) does not take (\(types))")
    }

    // MARK: - Operators

    private mutating func ordered(_ function: Function, _ first: Cell, _ second: Cell) -> Cell {
        spend(min(size(first), size(second)) / 10)
        guard let order = order(first, second) else {
            return noOverload(function, [first, second])
        }
        return switch function {
        case .less: .bool(order == .before)
        case .lessOrEqual: .bool(order == .before || order == .same)
        case .greater: .bool(order == .after)
        default: .bool(order == .after || order == .same)
        }
    }

    private mutating func unary(_ function: Function, _ arguments: [Cell]) -> Cell {
        let operand = arguments[0]
        switch (function, operand.kind) {
        case (.not, .bool): return .bool(!operand.isTrue)
        case (.negate, .double): return .double(-operand.double)
        case (.negate, .int):
            return operand.int == .min ? overflow() : .int(-operand.int)
        default: return noOverload(function, arguments)
        }
    }

    mutating func overflow() -> Cell { fail(.overflow, "the result has more than 64 bits") }

    private mutating func arithmetic(
        _ function: Function, _ first: Cell, _ second: Cell
    ) -> Cell {
        switch (first.kind, second.kind) {
        case (.int, .int): return integers(function, first.int, second.int) { .int($0) }
        case (.uint, .uint): return integers(function, first.bits, second.bits) { .uint($0) }
        case (.double, .double):
            switch function {
            case .add: return .double(first.double + second.double)
            case .subtract: return .double(first.double - second.double)
            case .multiply: return .double(first.double * second.double)
            case .divide: return .double(first.double / second.double)
            default: return noOverload(function, [first, second])
            }
        case (.string, .string) where function == .add,
            (.bytes, .bytes) where function == .add:
            let joined = text(first) + text(second)
            spend(joined.count / 10)
            return scratch.add(joined, as: first.kind, in: .scratch)
        case (.list, .list) where function == .add:
            let joined = list(first) + list(second)
            spend(joined.count)
            return list(joined)
        default: return times(function, first, second)
        }
    }

    private mutating func integers<Number: FixedWidthInteger>(
        _ function: Function, _ first: Number, _ second: Number, _ cell: (Number) -> Cell
    ) -> Cell {
        let result: (partialValue: Number, overflow: Bool)
        switch function {
        case .add: result = first.addingReportingOverflow(second)
        case .subtract: result = first.subtractingReportingOverflow(second)
        case .multiply: result = first.multipliedReportingOverflow(by: second)
        case _ where second == 0: return fail(.divisionByZero, "division by zero")
        case .divide: result = first.dividedReportingOverflow(by: second)
        default: result = first.remainderReportingOverflow(dividingBy: second)
        }
        return result.overflow ? overflow() : cell(result.partialValue)
    }

    private mutating func times(_ function: Function, _ first: Cell, _ second: Cell) -> Cell {
        func span(_ cell: Cell, isNegated: Bool = false) -> TimeSpan? {
            guard isNegated else { return TimeSpan(nanoseconds: cell.int) }
            return cell.int == .min ? nil : TimeSpan(nanoseconds: -cell.int)
        }
        let result: Cell?
        switch (function, first.kind, second.kind) {
        case (.add, .timestamp, .duration), (.subtract, .timestamp, .duration):
            result = span(second, isNegated: function == .subtract)
                .flatMap { instant(first)?.advanced(by: $0) }.map(Cell.timestamp)
        case (.add, .duration, .timestamp):
            result = span(first).flatMap { instant(second)?.advanced(by: $0) }.map(Cell.timestamp)
        case (.subtract, .timestamp, .timestamp):
            result = instant(first).flatMap { one in instant(second).flatMap(one.span(since:)) }
                .map(Cell.duration)
        case (.add, .duration, .duration), (.subtract, .duration, .duration):
            let sum =
                function == .add
                ? first.int.addingReportingOverflow(second.int)
                : first.int.subtractingReportingOverflow(second.int)
            result = sum.overflow ? nil : .duration(TimeSpan(nanoseconds: sum.partialValue))
        default: return noOverload(function, [first, second])
        }
        return result ?? fail(.overflow, "the time is out of range")
    }

    // MARK: - Lists and maps

    private mutating func contains(_ collection: Cell, _ element: Cell) -> Cell {
        switch collection.kind {
        case .list:
            let elements = list(collection)
            guard element.kind == .string else {
                spend(elements.count)
                for other in elements where areEqual(other, element) { return .yes }
                return .no
            }
            let sought = text(element)
            spend(elements.count * (1 + sought.count / 10))
            return .bool(elements.contains { $0.kind == .string && text($0) == sought })
        case .map: return .bool(mapKey(element).map { map(collection)[$0] != nil } ?? false)
        default: return noOverload(.isIn, [element, collection])
        }
    }

    private mutating func index(_ operand: Cell, _ key: Cell, isOptional: Bool) -> Cell {
        switch operand.kind {
        case .none: return .empty
        case .some: return index(list(operand)[0], key, isOptional: true)
        case .list:
            guard let position = Self.position(key) else {
                return fail(.noSuchOverload, "a list's index is an int, found \(key.typeName)")
            }
            let elements = list(operand)
            guard elements.indices.contains(position) else {
                return isOptional
                    ? .empty
                    : fail(
                        .indexOutOfRange,
                        "the index is \(position), and the list has \(elements.count) elements")
            }
            return isOptional ? optional(elements[position]) : elements[position]
        case .map:
            guard key.isNumber || key.kind == .bool || key.kind == .string else {
                if isOptional { return .empty }
                return fail(.unsupportedKey, "\(key.typeName) cannot be a map's key")
            }
            spend(size(key) / 10)
            let found = mapKey(key).flatMap { map(operand)[$0] }
            if isOptional { return found.map { optional($0) } ?? .empty }
            return found ?? noKey(key)
        default: return noOverload(.index, [operand, key])
        }
    }

    private static func position(_ key: Cell) -> Int? {
        switch key.kind {
        case .int: Int(key.int)
        case .uint: Int(exactly: key.bits) ?? .max
        case .double: Int(exactly: key.double)
        default: nil
        }
    }

    // MARK: - Optionals

    private func isZero(_ cell: Cell) -> Bool {
        switch cell.kind {
        case .null, .none: true
        case .bool, .int, .uint, .duration: cell.bits == 0
        case .double: cell.double == 0
        case .timestamp: cell.bits == 0 && cell.extra == 0
        case .string, .bytes: text(cell).isEmpty
        case .list: list(cell).isEmpty
        case .map: map(cell).keys.isEmpty
        case .type, .some, .error: false
        }
    }

    private mutating func unwrap(_ function: Function, _ arguments: [Cell]) -> Cell {
        let operand = arguments[0]
        guard operand.kind == .some || operand.kind == .none else {
            return noOverload(function, arguments)
        }
        let held = operand.kind == .some ? list(operand)[0] : nil
        switch function {
        case .hasValue: return .bool(held != nil)
        case .optionalValue: return held ?? fail(.emptyOptional, "the optional has no value")
        case .optionalOrValue: return held ?? arguments[1]
        default:
            guard arguments[1].kind == .some || arguments[1].kind == .none else {
                return noOverload(function, arguments)
            }
            return held == nil ? arguments[1] : operand
        }
    }
}
