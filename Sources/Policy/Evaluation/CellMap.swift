/// A key as maps compare it: numbers by what they are worth, whatever their type.
enum MapKey: Hashable, Sendable, Comparable {
    case bool(Bool)
    /// A number below zero.
    case negative(Int64)
    case number(UInt64)
    case string([UInt8])

    /// - Returns: `nil` for what cannot be a key, or is none.
    init?(_ cell: Cell, text: (Cell) -> [UInt8]) {
        switch cell.kind {
        case .bool: self = .bool(cell.isTrue)
        case .int: self = cell.int < 0 ? .negative(cell.int) : .number(UInt64(cell.int))
        case .uint: self = .number(cell.bits)
        case .double:
            if let value = UInt64(exactly: cell.double) {
                self = .number(value)
            } else if let value = Int64(exactly: cell.double) {
                self = .negative(value)
            } else {
                return nil
            }
        case .string: self = .string(text(cell))
        default: return nil
        }
    }

    private var rank: Int {
        switch self {
        case .bool: 0
        case .negative: 1
        case .number: 2
        case .string: 3
        }
    }

    static func < (first: MapKey, second: MapKey) -> Bool {
        switch (first, second) {
        case (.bool(let one), .bool(let other)): !one && other
        case (.negative(let one), .negative(let other)): one < other
        case (.number(let one), .number(let other)): one < other
        case (.string(let one), .string(let other)): one.lexicographicallyPrecedes(other)
        default: first.rank < second.rank
        }
    }
}

/// A map, its keys in order: `false`, `true`, numbers, then strings by their bytes.
struct CellMap: Sendable {
    private(set) var order: [MapKey] = []
    private(set) var keys: [Cell] = []
    private(set) var values: [Cell] = []

    private func place(_ key: MapKey) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// - Returns: Whether the key was new.
    @discardableResult
    mutating func insert(_ mapKey: MapKey, key: Cell, value: Cell) -> Bool {
        let place = place(mapKey)
        guard place == order.count || order[place] != mapKey else { return false }
        order.insert(mapKey, at: place)
        keys.insert(key, at: place)
        values.insert(value, at: place)
        return true
    }

    subscript(key: MapKey) -> Cell? {
        let place = place(key)
        return place < order.count && order[place] == key ? values[place] : nil
    }
}
