package import Encodings

/// The name of one member, dataset, licence, job or model in a lab; which of them, the type says.
///
/// It is chosen by whoever makes the thing: 1 to 63 lower-case letters, digits and inner hyphens,
/// so that it can stand in a URL, a file name and a log line as it is.
package struct Identifier<Subject>: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Throws: ``IdentifierError``.
    package init(_ text: some StringProtocol) throws(IdentifierError) {
        let bytes = Array(text.utf8)
        let isPlain = bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"),
            bytes.last != UInt8(ascii: "-")
        else { throw IdentifierError(text: String(text)) }
        self.text = String(text)
    }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package var description: String { text }
    package var json: JSONValue { .string(text) }
}

package struct IdentifierError: Error, Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package var description: String {
        "“\(text.prefix(80))” is not a name here: 1 to 63 lower-case letters, digits and hyphens, "
            + "without a hyphen at either end"
    }
}

package typealias MemberID = Identifier<Member>
package typealias DatasetID = Identifier<Dataset>
/// A licence is a contract.
package typealias LicenceID = ContractID
package typealias JobID = Identifier<Job>
package typealias ModelID = Identifier<Model>

extension JSONFields {
    package mutating func identifier<Subject>(
        _ key: String, of subject: Subject.Type = Subject.self
    ) throws(JSONShapeError) -> Identifier<Subject> {
        let text = try string(key)
        do {
            return try Identifier(text)
        } catch {
            throw wrong(key, "is wrong: \(error)")
        }
    }

    package mutating func optionalIdentifier<Subject>(
        _ key: String, of subject: Subject.Type = Subject.self
    ) throws(JSONShapeError) -> Identifier<Subject>? {
        optional(key) == nil ? nil : try identifier(key)
    }

    package mutating func identifiers<Subject>(
        _ key: String, of subject: Subject.Type = Subject.self
    ) throws(JSONShapeError) -> [Identifier<Subject>] {
        var identifiers: [Identifier<Subject>] = []
        for (position, text) in try strings(key).enumerated() {
            do {
                identifiers.append(try Identifier(text))
            } catch {
                throw wrong("\(key)[\(position)]", "is wrong: \(error)")
            }
        }
        return identifiers
    }

    /// A text for people: not empty, at most so many bytes, no control characters.
    package mutating func title(
        _ key: String, bytesMax: Int = 200
    ) throws(JSONShapeError) -> String {
        let text = try string(key)
        guard (1...bytesMax).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 }) else {
            throw wrong(key, "should be 1 to \(bytesMax) bytes of text without control characters")
        }
        return text
    }
}
