/// Equality and order across types (CEL language definition, "Equality" and "Ordering"): numbers
/// stand on one line, whatever their type; values of different types are unequal.
extension Machine {
    mutating func areEqual(_ first: Cell, _ second: Cell) -> Bool {
        if first.isNumber, second.isNumber {
            return Self.numericOrder(first, second) == .same
        }
        guard budget >= 0 else { return false }
        spend(min(size(first), size(second)) / 10)
        switch (first.kind, second.kind) {
        case (.null, .null), (.none, .none): return true
        case (.bool, .bool), (.duration, .duration): return first.bits == second.bits
        case (.timestamp, .timestamp):
            return first.bits == second.bits && first.extra == second.extra
        case (.string, .string), (.bytes, .bytes), (.type, .type):
            return text(first) == text(second)
        case (.list, .list), (.some, .some):
            let (one, other) = (list(first), list(second))
            return one.count == other.count && areAllEqual(one, other)
        case (.map, .map):
            let (one, other) = (map(first), map(second))
            return one.order == other.order && areAllEqual(one.values, other.values)
        default: return false
        }
    }

    private mutating func areAllEqual(_ first: [Cell], _ second: [Cell]) -> Bool {
        spend(first.count)
        for (one, other) in zip(first, second) where !areEqual(one, other) { return false }
        return true
    }

    enum Order {
        case before, same, after
        /// One is not a number.
        case none
    }

    static func order<Key: Comparable>(_ first: Key, _ second: Key) -> Order {
        first < second ? .before : first == second ? .same : first > second ? .after : .none
    }

    static func numericOrder(_ first: Cell, _ second: Cell) -> Order {
        switch (first.kind, second.kind) {
        case (.int, .int): order(first.int, second.int)
        case (.uint, .uint): order(first.bits, second.bits)
        case (.double, .double): order(first.double, second.double)
        case (.int, .uint): first.int < 0 ? .before : order(UInt64(first.int), second.bits)
        case (.uint, .int): second.int < 0 ? .after : order(first.bits, UInt64(second.int))
        case (.double, _): reversed(numericOrder(second, first))
        case (.int, _): order(of: first.int, with: second.double)
        default: order(of: first.bits, with: second.double)
        }
    }

    private static func reversed(_ order: Order) -> Order {
        switch order {
        case .before: .after
        case .after: .before
        case .same, .none: order
        }
    }

    /// The integer is rounded to a double where it has too many digits for one, as the language's
    /// own engines do; beyond the integers' range the double decides.
    private static func order<Whole: FixedWidthInteger>(
        of whole: Whole, with double: Double
    ) -> Order {
        if double > Double(Whole.max) { return .before }
        if double < Double(Whole.min) { return .after }
        return order(Double(whole), double)
    }

    /// The order of two values of one type, or of two numbers; `nil` where they have none.
    func order(_ first: Cell, _ second: Cell) -> Order? {
        if first.isNumber, second.isNumber { return Self.numericOrder(first, second) }
        switch (first.kind, second.kind) {
        case (.bool, .bool): return Self.order(first.bits, second.bits)
        case (.duration, .duration): return Self.order(first.int, second.int)
        case (.timestamp, .timestamp):
            return first.int == second.int
                ? Self.order(first.extra, second.extra) : Self.order(first.int, second.int)
        case (.string, .string), (.bytes, .bytes):
            let (one, other) = (text(first), text(second))
            if one == other { return .same }
            return one.lexicographicallyPrecedes(other) ? .before : .after
        default: return nil
        }
    }
}
