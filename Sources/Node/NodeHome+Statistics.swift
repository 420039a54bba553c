package import Contracts
package import DataSources
import Encodings
import Foundation
package import Learning
import Storage

extension NodeHome {
    private func statisticsFile(_ id: DatasetID) -> URL {
        datasets.appending(path: "statistics", directoryHint: .isDirectory)
            .appending(path: "\(id).json")
    }

    /// Keeps what the rows were like when a dataset was taken up; it is the owner's alone.
    package func keep(_ statistics: DatasetStatistics, of id: DatasetID) throws {
        let file = statisticsFile(id)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try SyncedFile.replace(
            file.path, with: Array((statistics.json.indentedText + "\n").utf8), mode: 0o600)
    }

    /// Compares a dataset's rows with those that were registered.
    ///
    /// - Returns: `nil` where no statistics were kept of it.
    /// - Throws: `DatasetError` where the rows cannot be read, `StorageError` for damaged statistics.
    package func drift(of owned: OwnedDataset, parquet: ParquetReader) throws -> DriftReport? {
        let file = statisticsFile(owned.id)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        let statistics: DatasetStatistics
        do {
            statistics = try DatasetStatistics(
                json: JSONValue(parsing: Array(try Data(contentsOf: file))))
        } catch {
            throw StorageError.unusable(path: file.path, problem: "\(error)")
        }
        return try DriftReport(
            owned.source.rows(parquet), since: statistics, schema: owned.schema,
            registration: .init(
                commitment: owned.commitment, salt: owned.salt, rowCount: owned.rows))
    }
}
