/// What functions spend beyond their instruction, and how large what they give can be.
enum FunctionCost {
    static func spent(_ function: Function, _ extents: [Extent], pattern: [UInt8]?) -> Int? {
        let sizes = extents.map(\.size)
        switch function {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            return compared(extents[0], extents[1])
        case .add: return extents[0] == .plain ? 0 : Cost.sum(sizes[0], sizes[1])
        case .isIn:
            // A string is held whole against each element.
            return Cost.product(sizes[1], Cost.sum(Cost.product(extents[0].weight, 2), 2))
        case .index, .optionalIndex: return sizes[1]
        case .greatest, .least: return Cost.sum(sizes)
        case .toString, .toBytes: return sizes[0]
        case .size: return sizes[0]
        case .contains, .indexOf, .lastIndexOf:
            return Cost.sum([Cost.product(sizes[0], sizes[1]), sizes[0], sizes[1], 1])
        case .replace:
            return Cost.sum([
                Cost.product(sizes[0], sizes[1]), sizes[0], sizes[1], sizes[2], 1,
                Cost.product(Cost.sum(sizes[0], 1), Cost.sum(sizes[2], 1)),
            ])
        case .split:
            return Cost.sum([
                Cost.product(sizes[0], sizes[1]), Cost.product(sizes[0], 2), sizes[1], 2,
            ])
        case .matches:
            let states = pattern.map(RegularExpression.stateCount) ?? RegularExpression.statesMax
            return Cost.sum([
                sizes[0], Cost.product(sizes[1], 2), Cost.product(Cost.sum(sizes[0], 1), states),
                states,
            ])
        case .join: return Cost.sum([Cost.product(joined(extents), 2), sizes[0], 1])
        case .format: return Cost.sum([Cost.product(formatted(extents), 2), sizes[0], sizes[1], 1])
        case .startsWith, .endsWith, .charAt, .lowerASCII, .upperASCII, .substring, .trim, .reverse,
            .quote, .base64Encode, .base64Decode:
            return Cost.sum(sizes)
        default: return 0
        }
    }

    static func result(_ function: Function, _ extents: [Extent]) -> Extent {
        let sizes = extents.map(\.size)
        func text(_ bytes: Int?) -> Extent { bytes.map { .text(bytes: $0) } ?? .unbounded }
        switch function {
        case .add: return sum(extents[0], extents[1])
        case .index: return extents[0].indexed
        case .optionalIndex: return .list(count: 1, extents[0].indexed)
        case .toDyn: return extents[0]
        case .toString:
            return extents[0] == .plain ? .text(bytes: 40) : text(sizes[0])
        case .toBytes, .lowerASCII, .upperASCII, .trim, .reverse, .substring, .base64Decode:
            return text(sizes[0])
        case .typeOf: return .text(bytes: 64)
        case .charAt: return .text(bytes: 4)
        case .replace:
            return text(Cost.sum(sizes[0], Cost.product(Cost.sum(sizes[0], 1), sizes[2])))
        case .split:
            return sizes[0].map { .list(count: $0 + 1, .text(bytes: $0)) } ?? .unbounded
        case .join: return text(joined(extents))
        case .format: return text(formatted(extents))
        case .quote, .base64Encode: return text(Cost.sum(Cost.product(sizes[0], 2), 4))
        case .optionalOf, .optionalOfNonZero: return .list(count: 1, extents[0])
        case .optionalNone: return .list(count: 0, .plain)
        case .optionalValue: return extents[0].element
        case .optionalOr: return extents[0].union(extents[1])
        case .optionalOrValue:
            return extents[0].size == 0 ? extents[1] : extents[0].element.union(extents[1])
        default: return .plain
        }
    }

    /// Comparing ends with the smaller of two values; it looks at each of its elements twice.
    private static func compared(_ first: Extent, _ second: Extent) -> Int? {
        let weight: Int? =
            if let one = first.weight, let another = second.weight {
                min(one, another)
            } else {
                first.weight ?? second.weight
            }
        return Cost.sum(Cost.product(weight, 2), 2)
    }

    private static func joined(_ extents: [Extent]) -> Int? {
        let separator = extents.count > 1 ? extents[1].size : 0
        return Cost.product(extents[0].size, Cost.sum(extents[0].element.weight, separator))
    }

    /// A number takes a thousand digits and more where the format asks for them.
    private static func formatted(_ extents: [Extent]) -> Int? {
        let perArgument = Machine.precisionMax + 400
        return Cost.sum([
            extents[0].size, Cost.product(extents[1].weight, 40),
            Cost.product(extents[1].size, perArgument),
        ])
    }

    private static func sum(_ first: Extent, _ second: Extent) -> Extent {
        switch (first, second) {
        case (.plain, .plain): return .plain
        case (.text(let one), .text(let another)):
            return Cost.sum(one, another).map { .text(bytes: $0) } ?? .unbounded
        case (.list(let one, _), .list(let another, _)):
            guard case .list(_, let element) = first.union(second) else { return .unbounded }
            return Cost.sum(one, another).map { .list(count: $0, element) } ?? .unbounded
        default:
            return Cost.sum(first.weight, second.weight).map { .any(weight: $0) } ?? .unbounded
        }
    }
}

extension Extent {
    /// What an index gives: an element of a list, a value of a map, also through an optional.
    fileprivate var indexed: Extent {
        switch self {
        case .map: value
        case .list(_, let inner):
            switch inner {
            // A list of lists, or an optional list: either.
            case .list, .map: inner.union(inner.indexed)
            default: inner
            }
        default: element
        }
    }
}
