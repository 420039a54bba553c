import Contracts
package import Encodings
package import Learning
package import Relay

/// A device's rows as it knows them: where the file is, how to read it, and the salt that opens the
/// commitment.
package struct DeviceData: Hashable, Sendable {
    package let device: DeviceID
    /// An absolute path.
    package let file: String
    package let rows: Int
    package let commitment: SaltedCommitment
    package let salt: CommitmentSalt
    package let delimiter: CSVOptions.Delimiter?
    package let header: CSVOptions.Header
    /// How many of a thousand rows are kept out of training, to judge models by.
    package let holdoutPerMille: Int

    package init(
        device: DeviceID, file: String, rows: Int, commitment: SaltedCommitment,
        salt: CommitmentSalt, delimiter: CSVOptions.Delimiter?, header: CSVOptions.Header,
        holdoutPerMille: Int
    ) {
        self.device = device
        self.file = file
        self.rows = rows
        self.commitment = commitment
        self.salt = salt
        self.delimiter = delimiter
        self.header = header
        self.holdoutPerMille = holdoutPerMille
    }

    /// Opens the file and reads it once. This is the only place where a device opens its data.
    ///
    /// - Parameters:
    ///   - schema: As the relay's dataset is registered.
    ///   - target: What is to be predicted, or `nil` for what the dataset is registered for.
    /// - Throws: `DatasetError`, also where the rows are not those that were committed to.
    package func load(
        _ schema: DatasetSchema, layout: FeatureLayout, target: Target? = nil
    ) throws(DatasetError) -> LocalDataset {
        try LocalDataset.load(
            path: file, schema: schema, layout: layout, target: target,
            split: HoldoutSplit(perMille: holdoutPerMille, salt: device.text) ?? .none,
            registration: .init(commitment: commitment, salt: salt),
            options: CSVOptions(delimiter: delimiter, header: header))
    }

    package var json: JSONValue {
        [
            "device": device.json, "file": .string(file), "rows": .integer(Int64(rows)),
            "commitment": .string(commitment.hex), "salt": .string(Base64.encode(salt.bytes)),
            "delimiter": delimiter.map { .string($0.rawValue) },
            "header": .string(header.rawValue),
            "holdoutPerMille": .integer(Int64(holdoutPerMille)),
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        device = try fields.identifier("device")
        file = try fields.string("file")
        rows = Int(try fields.integer("rows", in: 0 ... .max))
        guard let commitment = SaltedCommitment(hex: try fields.string("commitment")) else {
            throw fields.wrong("commitment", "should be 64 hexadecimal digits")
        }
        self.commitment = commitment
        guard let salt = CommitmentSalt(try fields.bytes("salt")) else {
            throw fields.wrong("salt", "should be the salt's bytes in base64")
        }
        self.salt = salt
        delimiter = fields.optional("delimiter") == nil ? nil : try fields.choice("delimiter")
        header = try fields.choice("header")
        holdoutPerMille = Int(try fields.integer("holdoutPerMille", in: 0...1_000))
        try fields.finish()
    }
}
