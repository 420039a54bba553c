package import Contracts
package import Encodings
package import Identity

/// What a device tells its owner so that it is enrolled: its key, and how many rows it holds.
package struct DeviceCard: Hashable, Sendable {
    package let device: DeviceID
    /// Signs the device's requests.
    package let key: PublicKey
    /// For how many rows it may stand, and no more.
    package let rows: Int64
    /// Commits the device to its rows, under a salt that stays on it.
    package let commitment: BlobDigest

    package init(device: DeviceID, key: PublicKey, rows: Int64, commitment: BlobDigest) {
        self.device = device
        self.key = key
        self.rows = rows
        self.commitment = commitment
    }

    package var json: JSONValue {
        [
            "device": device.json, "key": .string(key.base64), "rows": .integer(rows),
            "commitment": commitment.json,
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        device = try fields.identifier("device")
        key = try fields.publicKey("key")
        rows = try fields.integer("rows", in: 1...ExactSum.weightMax)
        commitment = try fields.digest("commitment")
        try fields.finish()
    }
}
