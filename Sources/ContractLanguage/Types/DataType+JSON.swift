package import Encodings
package import Policy

extension DataType {
    /// Reads a value of the type.
    ///
    /// - Parameter path: Where it stands, for the error.
    /// - Throws: `JSONShapeError`, which says what would be right.
    package func value(of json: JSONValue, at path: String) throws(JSONShapeError) -> Value {
        func wrong(_ problem: String) -> JSONShapeError {
            JSONShapeError(path: path, problem: problem)
        }
        let read: Value
        switch (self, json) {
        case (.bool, .bool(let value)): read = .bool(value)
        case (.int, .integer(let value)), (.money, .integer(let value)): read = .int(value)
        case (.string, .string(let text)), (.choice, .string(let text)),
            (.member, .string(let text)), (.dataset, .string(let text)),
            (.model, .string(let text)), (.digest, .string(let text)):
            read = .string(text)
        case (.timestamp, .string(let text)):
            guard let instant = Instant(rfc3339: text) else {
                throw wrong(
                    "should be a time such as 2027-01-31T00:00:00Z, and is “\(text.prefix(80))”")
            }
            read = .timestamp(instant)
        case (.duration, .string(let text)):
            guard let span = TimeSpan(text) else {
                throw wrong("should be a duration such as 720h or 90s, and is “\(text.prefix(80))”")
            }
            read = .duration(span)
        case (.list(let element, _), .array(let elements)):
            var values: [Value] = []
            for (index, json) in elements.enumerated() {
                values.append(try element.value(of: json, at: "\(path)[\(index)]"))
            }
            read = .list(values)
        case (.map(let key, let value, _), .object(let object)):
            var entries: [Value.MapEntry] = []
            for member in object.members {
                let place = "\(path).\(member.key)"
                let keyJSON: JSONValue
                if case .int = key {
                    guard let number = Int64(member.key), String(number) == member.key else {
                        throw JSONShapeError(path: place, problem: "should be named by an integer")
                    }
                    keyJSON = .integer(number)
                } else {
                    keyJSON = .string(member.key)
                }
                entries.append(
                    Value.MapEntry(
                        key: try key.value(of: keyJSON, at: place),
                        value: try value.value(of: member.value, at: place)))
            }
            read = .map(Self.inOrder(entries))
        case (.money, _):
            throw wrong(
                "should be money, a whole number of minor units such as 50000 for 500.00, and is \(json.kind)"
            )
        default: throw wrong("should be \(self), and is \(json.kind)")
        }
        if let problem = problem(with: read) { throw wrong(problem) }
        return read
    }

    /// What is wrong with a value as one of this type, as the end of the sentence "state.rounds …".
    package func problem(with value: Value) -> String? {
        switch (self, value) {
        case (.bool, .bool), (.timestamp, .timestamp), (.duration, .duration): nil
        case (.int(let range), .int(let number)):
            range.contains(number)
                ? nil
                : "should be from \(range.lowerBound) to \(range.upperBound), and is \(number)"
        case (.money, .int(let number)):
            number >= 0 ? nil : "should not be below 0, and is \(number)"
        case (.string(let bytesMax), .string(let text)):
            if text.utf8.count > bytesMax {
                "has \(text.utf8.count) bytes, and \(bytesMax) are allowed"
            } else {
                // It is printed on other members' terminals.
                text.unicodeScalars.first { $0.isHidden && $0 != "\n" }.map {
                    "holds U+\(String($0.value, radix: 16, uppercase: true)), which nobody sees"
                }
            }
        case (.choice(let words), .string(let text)):
            words.contains { $0.utf8.elementsEqual(text.utf8) }
                ? nil
                : "should be one of \(words.joined(separator: ", ")), and is “\(text.prefix(80))”"
        case (.member, .string(let text)) where text.utf8.elementsEqual("lab".utf8):
            // Rules take the sender `lab` for the lab itself.
            "should be the name of a member, and is “lab”, which is the lab itself"
        case (.member, .string(let text)), (.dataset, .string(let text)),
            (.model, .string(let text)):
            LabName.isValid(text)
                ? nil : "should be the name of a \(self), and is “\(text.prefix(80))”"
        case (.digest, .string(let text)):
            LabName.isDigest(text) ? nil : "should be 64 lower-case hexadecimal digits"
        case (.list(let element, let countMax), .list(let elements)):
            elements.count > countMax
                ? "has \(elements.count) values, and \(countMax) are allowed"
                : elements.lazy.compactMap { element.problem(with: $0) }.first.map {
                    "holds a value that \($0)"
                }
        case (.map(let key, let element, let countMax), .map(let entries)):
            entries.count > countMax
                ? "has \(entries.count) values, and \(countMax) are allowed"
                : entries.lazy.compactMap {
                    key.problem(with: $0.key) ?? element.problem(with: $0.value)
                }.first.map { "holds a value that \($0)" }
        default: "should be \(self), and is \(value.literal)"
        }
    }

    /// The value as it stands in terms and rows; of a value of this type.
    package static func json(_ value: Value) -> JSONValue {
        switch value {
        case .bool(let value): .bool(value)
        case .int(let value): .integer(value)
        case .string(let text): .string(text)
        case .timestamp(let instant): .string(instant.rfc3339)
        case .duration(let span): .string(span.secondsText)
        case .list(let elements): .array(elements.map(json))
        case .map(let entries):
            .object(
                entries.reduce(into: JSONObject()) { object, entry in
                    if case .string(let key) = entry.key { object[key] = json(entry.value) }
                    if case .int(let key) = entry.key { object[String(key)] = json(entry.value) }
                })
        default: .null
        }
    }

    /// The entries of a map in the language's order of keys.
    static func inOrder(_ entries: [Value.MapEntry]) -> [Value.MapEntry] {
        entries.sorted { first, second in
            switch (first.key, second.key) {
            case (.int(let one), .int(let other)): one < other
            case (.string(let one), .string(let other)):
                one.utf8.lexicographicallyPrecedes(other.utf8)
            default: false
            }
        }
    }
}

/// Names of things in a lab, as terms hold them.
private enum LabName {
    static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last else { return false }
        return bytes.count <= DataType.nameBytesMax && first != UInt8(ascii: "-")
            && last != UInt8(ascii: "-")
            && bytes.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    static func isDigest(_ text: String) -> Bool {
        text.utf8.count == DataType.digestBytes
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
