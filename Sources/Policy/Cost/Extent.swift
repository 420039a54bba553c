/// How large a value can be at most, for what work on it can cost.
package indirect enum Extent: Hashable, Sendable {
    /// A number, a boolean, a time: its size does not matter.
    case plain
    case text(bytes: Int)
    /// Also an optional, as a list of at most one.
    case list(count: Int, Extent)
    case map(count: Int, key: Extent, value: Extent)
    /// Of unknown form, with so many bytes and elements in all.
    case any(weight: Int)
    case unbounded

    /// What a type alone says.
    init(of type: ValueType) {
        self =
            switch type {
            case .null, .bool, .int, .uint, .double, .timestamp, .duration: .plain
            case .type: .text(bytes: 64)
            case .optional(let wrapped): .list(count: 1, Extent(of: wrapped))
            default: .unbounded
            }
    }

    /// Bytes and elements in all, those of elements included; `nil` where there is no bound.
    var weight: Int? {
        switch self {
        case .plain: 1
        case .text(let bytes): bytes
        case .list(let count, let element):
            element.weight.flatMap { Cost.product(count, Cost.sum($0, 1)) }
        case .map(let count, let key, let value):
            Cost.product(count, Cost.sum(Cost.sum(key.weight, value.weight), 1))
        case .any(let weight): weight
        case .unbounded: nil
        }
    }

    /// The bytes of a text, or the elements of a list or a map.
    var size: Int? {
        switch self {
        case .plain: 1
        case .text(let bytes): bytes
        case .list(let count, _), .map(let count, _, _): count
        case .any(let weight): weight
        case .unbounded: nil
        }
    }

    /// An element of a list, or what an optional holds.
    var element: Extent {
        switch self {
        case .list(_, let element): element
        case .map(_, let key, _): key
        case .any: self
        case .plain, .text, .unbounded: .unbounded
        }
    }

    var value: Extent {
        switch self {
        case .map(_, _, let value): value
        // Selecting goes through an optional.
        case .list(_, let element): element.value
        case .any: self
        case .plain, .text, .unbounded: .unbounded
        }
    }

    /// One that holds both.
    func union(_ other: Extent) -> Extent {
        switch (self, other) {
        case (.unbounded, _), (_, .unbounded): return .unbounded
        case (.plain, .plain): return .plain
        case (.text(let one), .text(let another)): return .text(bytes: max(one, another))
        case (.list(let one, let element), .list(let another, let otherElement)):
            // What an empty list would hold says nothing.
            if one == 0 { return other }
            if another == 0 { return self }
            return .list(count: max(one, another), element.union(otherElement))
        case (.map(let one, let key, let value), .map(let another, let otherKey, let otherValue)):
            if one == 0 { return other }
            if another == 0 { return self }
            return .map(
                count: max(one, another), key: key.union(otherKey), value: value.union(otherValue))
        default:
            guard let one = weight, let another = other.weight else { return .unbounded }
            return .any(weight: max(one, another))
        }
    }

    static func union(_ all: [Extent]) -> Extent {
        all.dropFirst().reduce(all.first ?? .plain) { $0.union($1) }
    }
}

/// Sums and products of what may have no bound; what overflows has none either.
enum Cost {
    static func sum(_ first: Int?, _ second: Int?) -> Int? {
        guard let first, let second else { return nil }
        let (sum, overflow) = first.addingReportingOverflow(second)
        return overflow ? nil : sum
    }

    static func sum(_ all: [Int?]) -> Int? { all.reduce(0) { sum($0, $1) } }

    static func product(_ first: Int?, _ second: Int?) -> Int? {
        guard let first, let second else { return nil }
        let (product, overflow) = first.multipliedReportingOverflow(by: second)
        return overflow ? nil : product
    }
}
