package import Contracts
package import Encodings
import Foundation
package import Learning
import Storage

/// A dataset as its owner's node knows it: where the file is, how to read it, and the salt that
/// opens the commitment. It never leaves the node.
package struct OwnedDataset: Hashable, Sendable {
    package let id: DatasetID
    /// An absolute path.
    package let file: String
    package let schema: DatasetSchema
    package let rows: Int
    package let commitment: SaltedCommitment
    package let salt: CommitmentSalt
    package let delimiter: CSVOptions.Delimiter?
    package let header: CSVOptions.Header
    /// How many of a thousand rows are kept out of training, to judge models by.
    package let holdoutPerMille: Int

    package init(
        id: DatasetID, file: String, schema: DatasetSchema, rows: Int,
        commitment: SaltedCommitment, salt: CommitmentSalt, delimiter: CSVOptions.Delimiter?,
        header: CSVOptions.Header, holdoutPerMille: Int
    ) {
        self.id = id
        self.file = file
        self.schema = schema
        self.rows = rows
        self.commitment = commitment
        self.salt = salt
        self.delimiter = delimiter
        self.header = header
        self.holdoutPerMille = holdoutPerMille
    }

    package var csv: CSVOptions { CSVOptions(delimiter: delimiter, header: header) }

    /// The rows that are held out: the same on every machine, by the dataset's name.
    package var split: HoldoutSplit {
        HoldoutSplit(perMille: holdoutPerMille, salt: id.text) ?? .none
    }

    /// Opens the file and reads it once. This is the only place where a node opens its data.
    ///
    /// - Parameter target: What is to be predicted, or `nil` for what the owner has registered.
    /// - Throws: `DatasetError`, also where the rows are not those that were committed to.
    package func load(
        layout: FeatureLayout, target: Target? = nil
    ) throws(DatasetError) -> LocalDataset {
        try LocalDataset.load(
            path: file, schema: schema, layout: layout, target: target, split: split,
            registration: .init(commitment: commitment, salt: salt), options: csv)
    }

    package var json: JSONValue {
        [
            "dataset": id.json, "file": .string(file), "schema": schema.json,
            "rows": .integer(Int64(rows)), "commitment": .string(commitment.hex),
            "salt": .string(Base64.encode(salt.bytes)),
            "delimiter": delimiter.map { .string($0.rawValue) },
            "header": .string(header.rawValue),
            "holdoutPerMille": .integer(Int64(holdoutPerMille)),
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        id = try fields.identifier("dataset")
        file = try fields.string("file")
        schema = try DatasetSchema(json: try fields.required("schema"), at: "schema")
        rows = Int(try fields.integer("rows", in: 0 ... .max))
        guard let commitment = SaltedCommitment(hex: try fields.string("commitment")) else {
            throw fields.wrong("commitment", "should be 64 hexadecimal digits")
        }
        self.commitment = commitment
        guard let salt = CommitmentSalt(try fields.bytes("salt")) else {
            throw fields.wrong("salt", "should be the salt's bytes in base64")
        }
        self.salt = salt
        delimiter =
            fields.optional("delimiter") == nil ? nil : try fields.choice("delimiter")
        header = try fields.choice("header")
        holdoutPerMille = Int(try fields.integer("holdoutPerMille", in: 0...1_000))
        try fields.finish()
    }
}

extension NodeHome {
    /// The datasets that this node can open, in the order of their names.
    ///
    /// - Throws: `StorageError` for a record that cannot be read.
    package func ownedDatasets() throws -> [OwnedDataset] {
        guard FileManager.default.fileExists(atPath: datasets.path) else { return [] }
        let files = try FileManager.default.contentsOfDirectory(
            at: datasets, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "json" }.map { file in
            do {
                return try OwnedDataset(
                    try JSONValue(parsing: Array(try Data(contentsOf: file))))
            } catch {
                throw StorageError.unusable(path: file.path, problem: "\(error)")
            }
        }.sorted { $0.id < $1.id }
    }

    package func keep(_ dataset: OwnedDataset) throws {
        try FileManager.default.createDirectory(
            at: datasets, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try SyncedFile.replace(
            datasets.appending(path: "\(dataset.id).json").path,
            with: Array((dataset.json.indentedText + "\n").utf8), mode: 0o600)
    }
}
