package import Contracts
import Encodings
import Foundation
import Storage

/// A node's record of a dataset that cannot be read. It says nothing of the others.
package struct UnreadableDataset: Hashable, Sendable {
    /// As the record's file is called.
    package let name: String
    fileprivate let path: String
    fileprivate let reason: String

    /// `nil` where the file is called as no dataset can be.
    package var id: DatasetID? { try? DatasetID(name) }

    /// For the owner: what is wrong, and what to do.
    package var problem: String { "\(path): \(advice)" }

    /// Without the salt in the record nobody can open the dataset's commitment: hence a new name.
    fileprivate var advice: String {
        "\(reason); restore the file from a copy, or move it away and take the rows up with "
            + "`jointlab dataset add`, under a new name where the dataset is registered"
    }
}

/// What a node's folder has of datasets, record by record.
package struct DatasetRecords: Sendable {
    /// Those that this node can open, in the order of their names.
    package let owned: [OwnedDataset]
    /// In the order of their files.
    package let unreadable: [UnreadableDataset]

    /// - Throws: `StorageError` where the records cannot be listed.
    fileprivate init(in folder: URL) throws {
        guard FileManager.default.fileExists(atPath: folder.path) else {
            (owned, unreadable) = ([], [])
            return
        }
        let files: [URL]
        do {
            files = try FileManager.default.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: nil)
        } catch {
            throw StorageError.unusable(path: folder.path, problem: "\(error)")
        }
        var owned: [OwnedDataset] = []
        var unreadable: [UnreadableDataset] = []
        for file in files where file.pathExtension == "json" {
            do {
                owned.append(
                    try OwnedDataset(JSONValue(parsing: Array(try Data(contentsOf: file)))))
            } catch {
                unreadable.append(
                    UnreadableDataset(
                        name: file.deletingPathExtension().lastPathComponent, path: file.path,
                        reason: "\(error)"))
            }
        }
        self.owned = owned.sorted { $0.id < $1.id }
        self.unreadable = unreadable.sorted { $0.path < $1.path }
    }
}

extension NodeHome {
    /// - Throws: `StorageError` where the records cannot be listed.
    package func datasetRecords() throws -> DatasetRecords {
        try DatasetRecords(in: datasets)
    }

    /// - Returns: `nil` where this node has no such dataset.
    /// - Throws: `StorageError` where its record cannot be read.
    package func ownedDataset(_ id: DatasetID) throws -> OwnedDataset? {
        let records = try datasetRecords()
        if let owned = records.owned.first(where: { $0.id == id }) { return owned }
        if let unreadable = records.unreadable.first(where: { $0.id == id }) {
            throw StorageError.unusable(path: unreadable.path, problem: unreadable.advice)
        }
        return nil
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
