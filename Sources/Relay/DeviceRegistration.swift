package import Contracts
package import Encodings
package import Learning

/// What the lab is told of a dataset that lies on devices: for how many rows they stand, and a
/// commitment to the devices that were enrolled then. It fixes their names, keys, numbers of rows and
/// their own commitments to their rows; of devices that come later it says nothing.
package struct DeviceRegistration: Hashable, Sendable {
    /// The most rows that a contribution may stand for.
    package let rows: Int64
    package let salt: CommitmentSalt
    /// In the order of their names.
    package let cards: [DeviceCard]

    /// - Parameter rows: More than the devices have, where more are to come; their sum, if absent.
    /// - Throws: `JSONShapeError` where there is no device, or they have more rows together.
    package init(
        of cards: [DeviceCard], rows: Int64? = nil, salt: CommitmentSalt
    ) throws(JSONShapeError) {
        var sum: Int64 = 0
        for card in cards {
            let (next, overflow) = sum.addingReportingOverflow(card.rows)
            guard !overflow, next <= ExactSum.weightMax else {
                throw JSONShapeError(
                    path: "devices", problem: "have more than 2^40 rows together")
            }
            sum = next
        }
        guard sum > 0 else {
            throw JSONShapeError(path: "devices", problem: "are none; enrol them first")
        }
        guard sum...ExactSum.weightMax ~= rows ?? sum else {
            throw JSONShapeError(
                path: "rows", problem: "should be from \(sum), which the devices have, to 2^40")
        }
        self.rows = rows ?? sum
        self.salt = salt
        self.cards = cards.sorted { $0.device < $1.device }
    }

    /// The SHA-256 of the salt, the bytes `jointlab.devices/1`, a line feed and a zero byte, and the
    /// canonical JSON of the list of the cards.
    package var commitment: BlobDigest {
        let cards = JSONValue.array(cards.map(\.json)).canonicalBytes
        return BlobDigest(of: salt.bytes + Array("jointlab.devices/1\n\0".utf8) + cards)
    }

    package var json: JSONValue {
        [
            "rows": .integer(rows), "salt": .string(Base64.encode(salt.bytes)),
            "devices": .array(cards.map(\.json)),
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        let rows = try fields.integer("rows", in: 1...ExactSum.weightMax)
        guard let salt = CommitmentSalt(try fields.bytes("salt")) else {
            throw fields.wrong("salt", "should be the salt's bytes in base64")
        }
        var cards: [DeviceCard] = []
        for (position, value) in try fields.array("devices").enumerated() {
            cards.append(try DeviceCard(value, at: "devices[\(position)]"))
        }
        try fields.finish()
        try self.init(of: cards, rows: rows, salt: salt)
    }
}
