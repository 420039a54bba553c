/// A value as the machine holds it: trivial to copy, what is large lies in a ``Heap``.
struct Cell: Sendable {
    enum Kind: UInt8, Sendable {
        case null, bool, int, uint, double, timestamp, duration
        case string, bytes, list, map, type, some, none
        case error
    }

    /// Where what a cell refers to lies.
    enum Space: Int32, Sendable {
        case constants, inputs, scratch
    }

    let bits: UInt64
    /// The space of what is large; the nanoseconds of a timestamp.
    let extra: Int32
    let kind: Kind

    init(_ kind: Kind, bits: UInt64 = 0, extra: Int32 = 0) {
        self.kind = kind
        self.bits = bits
        self.extra = extra
    }

    init(_ kind: Kind, index: Int, in space: Space) {
        self.init(kind, bits: UInt64(index), extra: space.rawValue)
    }

    static let null = Cell(.null)
    static let yes = Cell(.bool, bits: 1)
    static let no = Cell(.bool, bits: 0)
    static let empty = Cell(.none)

    @inline(__always) static func bool(_ value: Bool) -> Cell { value ? yes : no }

    @inline(__always) static func int(_ value: Int64) -> Cell {
        Cell(.int, bits: UInt64(bitPattern: value))
    }

    static func uint(_ value: UInt64) -> Cell { Cell(.uint, bits: value) }
    static func double(_ value: Double) -> Cell { Cell(.double, bits: value.bitPattern) }

    static func duration(_ value: TimeSpan) -> Cell {
        Cell(.duration, bits: UInt64(bitPattern: value.nanoseconds))
    }

    static func timestamp(_ value: Instant) -> Cell {
        Cell(.timestamp, bits: UInt64(bitPattern: value.seconds), extra: value.nanoseconds)
    }

    @inline(__always) var int: Int64 { Int64(bitPattern: bits) }
    var double: Double { Double(bitPattern: bits) }
    var index: Int { Int(bits) }
    var isTrue: Bool { kind == .bool && bits == 1 }
    var isFalse: Bool { kind == .bool && bits == 0 }
    var isError: Bool { kind == .error }
    var isNumber: Bool { kind == .int || kind == .uint || kind == .double }

    var typeName: String {
        switch kind {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .string: "string"
        case .bytes: "bytes"
        case .list: "list"
        case .map: "map"
        case .type: "type"
        case .some, .none: "optional_type"
        case .error: "error"
        }
    }
}

/// What cells refer to.
struct Heap: Sendable {
    /// Strings as UTF-8, bytes, and the names of types.
    var texts: [[UInt8]] = []
    /// Lists, and what an optional holds as a list of one.
    var lists: [[Cell]] = []
    var maps: [CellMap] = []
    var errors: [EvaluationError] = []

    /// Most expressions put nothing in, and there is then nothing to take out.
    mutating func removeAll() {
        if !texts.isEmpty { texts.removeAll(keepingCapacity: true) }
        if !lists.isEmpty { lists.removeAll(keepingCapacity: true) }
        if !maps.isEmpty { maps.removeAll(keepingCapacity: true) }
        if !errors.isEmpty { errors.removeAll(keepingCapacity: true) }
    }

    mutating func add(_ text: [UInt8], as kind: Cell.Kind, in space: Cell.Space) -> Cell {
        texts.append(text)
        return Cell(kind, index: texts.count - 1, in: space)
    }

    mutating func add(_ list: [Cell], as kind: Cell.Kind = .list, in space: Cell.Space) -> Cell {
        lists.append(list)
        return Cell(kind, index: lists.count - 1, in: space)
    }

    mutating func add(_ map: CellMap, in space: Cell.Space) -> Cell {
        maps.append(map)
        return Cell(.map, index: maps.count - 1, in: space)
    }

    /// Puts a value in, with all that is in it.
    mutating func add(_ value: Value, in space: Cell.Space) -> Cell {
        switch value {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .uint(let value): return .uint(value)
        case .double(let value): return .double(value)
        case .timestamp(let value): return .timestamp(value)
        case .duration(let value): return .duration(value)
        case .string(let text): return add(Array(text.utf8), as: .string, in: space)
        case .bytes(let bytes): return add(bytes, as: .bytes, in: space)
        case .type(let name): return add(Array(name.utf8), as: .type, in: space)
        case .list(let elements):
            return add(elements.map { add($0, in: space) }, in: space)
        case .optional(let wrapped):
            return wrapped.map { add([add($0, in: space)], as: .some, in: space) } ?? .empty
        case .map(let entries):
            var map = CellMap()
            for entry in entries {
                let key = add(entry.key, in: space)
                guard let mapKey = MapKey(key, text: { texts[$0.index] }) else { continue }
                map.insert(mapKey, key: key, value: add(entry.value, in: space))
            }
            return add(map, in: space)
        }
    }
}
