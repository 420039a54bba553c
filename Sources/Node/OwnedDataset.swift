package import Contracts
package import DataSources
package import Encodings
import Foundation
package import Learning

/// A dataset as its owner's node knows it: where its rows are, how to read them, and the salt that
/// opens the commitment. It never leaves the node.
package struct OwnedDataset: Hashable, Sendable {
    package let id: DatasetID
    /// With absolute paths.
    package let source: DataSource
    package let schema: DatasetSchema
    package let rows: Int
    package let commitment: SaltedCommitment
    package let salt: CommitmentSalt
    /// How many of a thousand rows are kept out of training, to judge models by.
    package let holdoutPerMille: Int

    package init(
        id: DatasetID, source: DataSource, schema: DatasetSchema, rows: Int,
        commitment: SaltedCommitment, salt: CommitmentSalt, holdoutPerMille: Int
    ) {
        self.id = id
        self.source = source
        self.schema = schema
        self.rows = rows
        self.commitment = commitment
        self.salt = salt
        self.holdoutPerMille = holdoutPerMille
    }

    /// The rows that are held out: the same on every machine, by the dataset's name.
    package var split: HoldoutSplit {
        HoldoutSplit(perMille: holdoutPerMille, salt: id.text) ?? .none
    }

    /// Opens the source and reads it once. This is the only place where a node opens its data.
    ///
    /// - Parameters:
    ///   - target: What is to be predicted, or `nil` for what the owner has registered.
    ///   - parquet: What Parquet files are read with.
    /// - Throws: `DatasetError`, also where the rows are not those that were committed to.
    package func load(
        layout: FeatureLayout, target: Target? = nil, parquet: ParquetReader = ParquetReader()
    ) throws(DatasetError) -> LocalDataset {
        guard schema.files == nil else {
            throw DatasetError(
                .layoutDiffers, at: .init(file: source.name), "the dataset is a folder of files",
                remedy: "train on it with a bundle whose inputs are of the kind files")
        }
        return try LocalDataset.load(
            source.rows(parquet), schema: schema, layout: layout, target: target, split: split,
            registration: registration)
    }

    /// Opens a folder of files, and reads all of them once.
    ///
    /// - Parameters:
    ///   - target: What is to be predicted, or `nil` for what the owner has registered.
    ///   - others: Columns that the trainer wants beside the label.
    /// - Throws: `DatasetError`, also where a file is not the one that was committed to.
    package func loadFiles(
        target: Target? = nil, others: [String] = []
    ) throws(DatasetError) -> (folder: FileFolder, files: LocalFiles) {
        guard case .folder(let folder) = source else {
            throw DatasetError(
                .layoutDiffers, at: .init(file: source.name), "the dataset is a table",
                remedy: "train on it with a built-in trainer, or a bundle whose inputs are a table")
        }
        return (
            folder,
            try LocalFiles.load(
                source.rows(), schema: schema, target: target, others: others, split: split,
                registration: registration)
        )
    }

    private var registration: LocalDataset.Registration {
        .init(commitment: commitment, salt: salt, rowCount: rows)
    }

    package var json: JSONValue {
        [
            "dataset": id.json, "source": source.json, "schema": schema.json,
            "rows": .integer(Int64(rows)), "commitment": .string(commitment.hex),
            "salt": .string(Base64.encode(salt.bytes)),
            "holdoutPerMille": .integer(Int64(holdoutPerMille)),
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        id = try fields.identifier("dataset")
        source = try DataSource(recordedIn: &fields)
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
        holdoutPerMille = Int(try fields.integer("holdoutPerMille", in: 0...1_000))
        try fields.finish()
    }
}

extension DataSource {
    /// Reads it from a dataset's record; the first records had CSV files alone, and named them at
    /// their top.
    fileprivate init(recordedIn fields: inout JSONFields) throws(JSONShapeError) {
        if let source = fields.optional("source") {
            self = try DataSource(source, at: "source")
        } else {
            self = .csv(
                file: try fields.string("file"),
                delimiter: fields.optional("delimiter") == nil
                    ? nil : try fields.choice("delimiter"),
                header: try fields.choice("header"))
        }
    }
}
