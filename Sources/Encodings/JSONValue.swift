/// A JSON value (RFC 8259) that keeps integers apart from other numbers, so that money and counts
/// never pass through a floating-point number.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number; always finite.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// How deep its arrays and objects are nested; 0 for what is neither.
    package var levels: Int {
        switch self {
        case .array(let elements): 1 + (elements.map(\.levels).max() ?? 0)
        case .object(let object): 1 + (object.members.map(\.value.levels).max() ?? 0)
        case .null, .bool, .integer, .number, .string: 0
        }
    }

    /// What a person calls this kind of value, for messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// The members of a JSON object, each key once, in the order of RFC 8785 §3.2.3.
package struct JSONObject: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package let key: String
        package let value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    package private(set) var members: [Member]

    package init() {
        members = []
    }

    /// - Returns: `nil` where a key comes twice; ``duplicateKey(in:)`` says which.
    package init?(_ unordered: [Member]) {
        members = unordered.sorted { Self.precedes($0.key, $1.key) }
        guard zip(members, members.dropFirst()).allSatisfy({ Self.precedes($0.key, $1.key) })
        else { return nil }
    }

    package static func duplicateKey(in members: [Member]) -> String? {
        let keys = members.map(\.key).sorted(by: precedes)
        return zip(keys, keys.dropFirst()).first { !precedes($0, $1) }?.1
    }

    package subscript(key: String) -> JSONValue? {
        get {
            let index = insertionIndex(of: key)
            guard index < members.count, members[index].key.utf8.elementsEqual(key.utf8) else {
                return nil
            }
            return members[index].value
        }
        set {
            let index = insertionIndex(of: key)
            let exists = index < members.count && members[index].key.utf8.elementsEqual(key.utf8)
            switch (newValue, exists) {
            case (let value?, true): members[index] = Member(key: key, value: value)
            case (let value?, false): members.insert(Member(key: key, value: value), at: index)
            case (nil, true): members.remove(at: index)
            case (nil, false): break
            }
        }
    }

    private func insertionIndex(of key: String) -> Int {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(members[middle].key, key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Compares by UTF-16 code units, as RFC 8785 asks, on the UTF-8 that a string holds: the two
    /// orders differ only where a character beyond the basic plane (lead byte F0 and up) meets one
    /// from U+E000 on (lead byte EE or EF).
    ///
    /// `String`'s own `<` and `==` take canonically equivalent strings for the same, by tables that
    /// change with the Unicode version; two nodes must not disagree about a key.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        var left = left.utf8.makeIterator()
        var right = right.utf8.makeIterator()
        while true {
            switch (left.next(), right.next()) {
            case (_, nil): return false
            case (nil, _?): return true
            case (let a?, let b?) where a != b:
                if a >= 0xF0, b == 0xEE || b == 0xEF { return true }
                if b >= 0xF0, a == 0xEE || a == 0xEF { return false }
                return a < b
            default: continue
            }
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// Members whose value is `nil` are left out, so that optional fields need no branches; a key
    /// that comes twice is a mistake in our own source.
    package init(dictionaryLiteral elements: (String, JSONValue?)...) {
        let members = elements.compactMap { key, value in
            value.map { JSONObject.Member(key: key, value: $0) }
        }
        guard let object = JSONObject(members) else {
            preconditionFailure("the key \(JSONObject.duplicateKey(in: members) ?? "") comes twice")
        }
        self = .object(object)
    }

    /// The value under a key, if this is an object that has it.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// An integer or any other number.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    package var object: JSONObject? {
        guard case .object(let object) = self else { return nil }
        return object
    }
}
