/// The mathematics extension (cel-go `ext/math`).
extension Machine {
    mutating func numeric(_ function: Function, _ operand: Cell) -> Cell {
        switch (function, operand.kind) {
        case (.ceil, .double): .double(operand.double.rounded(.up))
        case (.floor, .double): .double(operand.double.rounded(.down))
        case (.round, .double): .double(operand.double.rounded(.toNearestOrAwayFromZero))
        case (.trunc, .double): .double(operand.double.rounded(.towardZero))
        case (.isNaN, .double): .bool(operand.double.isNaN)
        case (.isInfinite, .double): .bool(operand.double.isInfinite)
        case (.isFinite, .double): .bool(operand.double.isFinite)
        case (.abs, .double): .double(operand.double.magnitude)
        case (.abs, .uint): operand
        case (.abs, .int): operand.int == .min ? overflow() : .int(Swift.abs(operand.int))
        case (.sign, .int): .int(operand.int.signum())
        case (.sign, .uint): .uint(operand.bits == 0 ? 0 : 1)
        case (.sign, .double):
            .double(
                operand.double.isNaN
                    ? operand.double : operand.double == 0 ? 0 : operand.double < 0 ? -1 : 1)
        case (.squareRoot, .double): .double(operand.double.squareRoot())
        case (.squareRoot, .int): .double(Double(operand.int).squareRoot())
        case (.squareRoot, .uint): .double(Double(operand.bits).squareRoot())
        default: noOverload(function, [operand])
        }
    }

    mutating func extreme(_ function: Function, _ arguments: [Cell]) -> Cell {
        let isList = arguments.count == 1 && arguments[0].kind == .list
        let numbers = isList ? list(arguments[0]) : arguments
        spend(numbers.count)
        guard var best = numbers.first else {
            return fail(.invalidArgument, "\(function) of an empty list")
        }
        for number in numbers {
            guard number.isNumber else { return noOverload(function, arguments) }
            let order = Self.numericOrder(number, best)
            if order == (function == .greatest ? .after : .before) { best = number }
        }
        return best
    }

    mutating func bits(_ function: Function, _ arguments: [Cell]) -> Cell {
        let first = arguments[0]
        guard first.kind == .int || first.kind == .uint else {
            return noOverload(function, arguments)
        }
        let result: UInt64
        switch function {
        case .bitNot: result = ~first.bits
        case .bitShiftLeft, .bitShiftRight:
            guard arguments[1].kind == .int else { return noOverload(function, arguments) }
            let distance = arguments[1].int
            guard distance >= 0 else {
                return fail(.invalidArgument, "a shift by \(distance) is negative")
            }
            result = function == .bitShiftLeft ? first.bits << distance : first.bits >> distance
        default:
            guard arguments[1].kind == first.kind else { return noOverload(function, arguments) }
            let second = arguments[1].bits
            result =
                function == .bitAnd
                ? first.bits & second
                : function == .bitOr ? first.bits | second : first.bits ^ second
        }
        return Cell(first.kind, bits: result)
    }
}
