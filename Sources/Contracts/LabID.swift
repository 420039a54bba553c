package import Encodings

/// A lab's name for machines: the RFC 6962 leaf hash of its genesis entry, in hexadecimal.
package struct LabID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(leafHash: [UInt8]) {
        precondition(leafHash.count == 32, "a leaf hash has 32 bytes")
        text = Hex.encode(leafHash)
    }

    /// - Returns: `nil` unless the text is 64 lower-case hexadecimal digits.
    package init?(_ text: String) {
        guard text.utf8.count == 64, Hex.decode(text) != nil else { return nil }
        self.text = text
    }

    package var description: String { text }
    package var json: JSONValue { .string(text) }
}

extension JSONFields {
    package mutating func labID(_ key: String) throws(JSONShapeError) -> LabID {
        guard let id = LabID(try string(key)) else {
            throw wrong(key, "should be 64 lower-case hexadecimal digits")
        }
        return id
    }
}
