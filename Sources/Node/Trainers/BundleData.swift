import Bundles
import DataSources
import Foundation
import Learning
import Trainers

/// The part of a dataset that a bundle's worker reads, as it lies on this machine's disk while the
/// worker runs.
struct BundleData: Sendable {
    /// As the worker finds it, below `/data`.
    let name: String
    let location: URL
    let rowCount: Int

    /// Opens the owner's data, and writes down the part that a worker is for.
    ///
    /// - Parameters:
    ///   - isTraining: Whether it is to train on it, and not to be judged by it.
    ///   - folder: Goes with the worker.
    /// - Throws: `DatasetError`, also where one is a table and the other reads files.
    init(
        _ owned: OwnedDataset, for job: BundleSettings, _ manifest: BundleManifest,
        isTraining: Bool, in folder: URL, parquet: ParquetReader
    ) throws {
        let target = JobTrainer.bundle(job).ownTarget
        let label = job.target.column.map { manifest.label ?? $0 }
        guard let layout = job.layout else {
            // Each column once, under the names that stand in the table already.
            let others = manifest.features.filter { $0 != label && $0 != FileKinds.column }
            let (source, files) = try owned.loadFiles(target: target, others: others)
            let part = isTraining ? files.training : files.holdout
            name = "files"
            location = folder.appending(path: name, directoryHint: .isDirectory)
            rowCount = part.count
            try Self.write(
                part, of: source, label: label, others: others, to: location)
            return
        }
        let dataset = try owned.load(layout: layout, target: target, parquet: parquet)
        let part = isTraining ? dataset.training : dataset.holdout
        name = "table.csv"
        location = folder.appending(path: name)
        rowCount = part.count
        try Data(BundleTable.csv(part, layout: dataset.layout, label: label)).write(to: location)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o444], ofItemAtPath: location.path)
    }

    private static func write(
        _ files: [LocalFiles.File], of source: FileFolder, label: String?, others: [String],
        to folder: URL
    ) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let table = BundleTable.csv(files, label: label, others: others)
        for file in files {
            try source.copy(
                file.path, digest: file.digest, to: folder.appending(path: file.path))
        }
        let tableURL = folder.appending(path: FileFolder.tableName)
        try Data(table).write(to: tableURL)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o444], ofItemAtPath: tableURL.path)
        try openToReaders(folder)
    }

    /// Whatever the node's umask is.
    private static func openToReaders(_ folder: URL) throws {
        let below = FileManager.default.enumerator(atPath: folder.path)
        let folders = (below?.compactMap { $0 as? String } ?? []).filter { path in
            var isFolder: ObjCBool = false
            let place = folder.appending(path: path).path
            return FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
                && isFolder.boolValue
        }
        for path in folders.map({ folder.appending(path: $0).path }) + [folder.path] {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: path)
        }
    }
}
