package import Contracts
package import DataSources
import Encodings
import Foundation
package import Learning
package import Node

extension OwnedDataset {
    /// Reads a CSV file once, and makes what the node is to know of it, with a fresh salt.
    package static func inspecting(
        file: String, as id: DatasetID, options: InspectionOptions, holdoutPerMille: Int
    ) throws -> (owned: OwnedDataset, summary: DatasetSummary) {
        let (owned, inspection) = try inspecting(
            .csv(file: file, delimiter: options.csv.delimiter, header: options.csv.header),
            as: id, options: options, holdoutPerMille: holdoutPerMille)
        return (owned, inspection.summary)
    }

    /// Reads a source once, and makes what the node is to know of it, with a fresh salt.
    package static func inspecting(
        _ source: DataSource, as id: DatasetID, options: InspectionOptions, holdoutPerMille: Int,
        parquet: ParquetReader = ParquetReader()
    ) throws -> (owned: OwnedDataset, inspection: DatasetInspection) {
        var random = SystemRandomNumberGenerator()
        let salt = CommitmentSalt(from: &random)
        let inspection = try DatasetInspection.inspect(
            source.rows(parquet), options: options, salt: salt,
            namesFiles: source.namesFiles, form: source.form)
        guard let commitment = inspection.commitment else {
            preconditionFailure("an inspection with a salt makes a commitment")
        }
        let owned = OwnedDataset(
            id: id, source: source.absolute, schema: inspection.schema,
            rows: inspection.rowCount, commitment: commitment, salt: salt,
            holdoutPerMille: holdoutPerMille)
        return (owned, inspection)
    }

    /// What the lab is told.
    package func registration(title: String) throws -> RegisterDataset {
        let bytes = schema.json.canonicalBytes.count
        guard let digest = BlobDigest(commitment.hex), bytes <= RegisterDataset.schemaBytesMax
        else {
            throw Mistake(
                "the schema takes \(bytes) bytes, and \(RegisterDataset.schemaBytesMax) fit on the "
                    + "ledger: leave columns out of the file, or group rare categories")
        }
        return RegisterDataset(
            dataset: id, title: title, schema: schema.json, rows: Int64(rows), commitment: digest)
    }
}
