/// Why a JSON value is not of the form that was asked for, and at which place in it.
package struct JSONShapeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place, as in `input.terms.rounds`; empty for the whole value.
    package let path: String
    package static let unknownField = "is not a known field"

    /// What was wrong, as the end of the sentence "input.terms.rounds …".
    package let problem: String

    package init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    package var description: String { "\(path.isEmpty ? "the value" : path) \(problem)" }
}

/// Reads the members of a JSON object one by one and remembers which were read, so that a
/// misspelt or unknown one is refused rather than passed over.
package struct JSONFields {
    package let path: String
    private let object: JSONObject
    /// As UTF-8: a `String` equals others that look like it, and those are other keys.
    private var unread: Set<[UInt8]>

    /// - Throws: ``JSONShapeError`` where the value is no object.
    package init(_ value: JSONValue, at path: String = "") throws(JSONShapeError) {
        guard case .object(let object) = value else {
            throw JSONShapeError(path: path, problem: "should be an object, and is \(value.kind)")
        }
        self.path = path
        self.object = object
        unread = Set(object.members.map { Array($0.key.utf8) })
    }

    /// Ends the reading.
    ///
    /// - Throws: ``JSONShapeError`` where the object has members that nobody read.
    package func finish() throws(JSONShapeError) {
        guard let first = object.members.first(where: { unread.contains(Array($0.key.utf8)) })
        else { return }
        throw JSONShapeError(path: path(to: first.key), problem: JSONShapeError.unknownField)
    }

    package func path(to key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    package func wrong(_ key: String, _ problem: String) -> JSONShapeError {
        JSONShapeError(path: path(to: key), problem: problem)
    }

    /// The member, or `nil` where it is absent or `null`.
    package mutating func optional(_ key: String) -> JSONValue? {
        unread.remove(Array(key.utf8))
        let value = object[key]
        return value == .null ? nil : value
    }

    package mutating func required(_ key: String) throws(JSONShapeError) -> JSONValue {
        guard let value = optional(key) else { throw wrong(key, "is missing") }
        return value
    }

    package mutating func string(_ key: String) throws(JSONShapeError) -> String {
        let value = try required(key)
        guard let text = value.string else {
            throw wrong(key, "should be a string, and is \(value.kind)")
        }
        return text
    }

    package mutating func optionalString(_ key: String) throws(JSONShapeError) -> String? {
        optional(key) == nil ? nil : try string(key)
    }

    package mutating func bool(_ key: String) throws(JSONShapeError) -> Bool {
        let value = try required(key)
        guard let bool = value.bool else {
            throw wrong(key, "should be true or false, and is \(value.kind)")
        }
        return bool
    }

    package mutating func integer(
        _ key: String, in range: ClosedRange<Int64> = .min ... .max
    ) throws(JSONShapeError) -> Int64 {
        let value = try required(key)
        guard let integer = value.integer else {
            throw wrong(key, "should be an integer, and is \(value.kind)")
        }
        guard range.contains(integer) else {
            throw wrong(
                key, "should be from \(range.lowerBound) to \(range.upperBound), and is \(integer)")
        }
        return integer
    }

    package mutating func optionalInteger(
        _ key: String, in range: ClosedRange<Int64> = .min ... .max
    ) throws(JSONShapeError) -> Int64? {
        optional(key) == nil ? nil : try integer(key, in: range)
    }

    package mutating func array(_ key: String) throws(JSONShapeError) -> [JSONValue] {
        let value = try required(key)
        guard let elements = value.array else {
            throw wrong(key, "should be an array, and is \(value.kind)")
        }
        return elements
    }

    package mutating func strings(_ key: String) throws(JSONShapeError) -> [String] {
        var strings: [String] = []
        for (position, value) in try array(key).enumerated() {
            guard let text = value.string else {
                throw wrong("\(key)[\(position)]", "should be a string, and is \(value.kind)")
            }
            strings.append(text)
        }
        return strings
    }

    /// The bytes of a member in base64.
    package mutating func bytes(_ key: String) throws(JSONShapeError) -> [UInt8] {
        guard let bytes = Base64.decode(try string(key)) else {
            throw wrong(key, "should be base64 with padding")
        }
        return bytes
    }

    /// The members of a member that is an object itself.
    package mutating func fields(_ key: String) throws(JSONShapeError) -> JSONFields {
        try JSONFields(try required(key), at: path(to: key))
    }
}
