package import Foundation

/// A bundle as a folder, as its author writes it and as a node unpacks it.
package enum BundleFolder {
    /// What a run leaves behind; it is no part of a bundle.
    private static let leftOut: Set = ["__pycache__"]

    /// Reads a folder. Hidden files and Python's caches are left out; all others must be regular
    /// files.
    ///
    /// - Throws: ``BundleError``.
    package static func archive(of folder: URL) throws(BundleError) -> BundleArchive {
        var files: [BundleArchive.File] = []
        var byteCount = 0
        try read(folder, prefix: "", into: &files, byteCount: &byteCount)
        return try BundleArchive(files)
    }

    /// Reads the folder of a bundle that was agreed on.
    ///
    /// - Throws: ``BundleError``, `wrongDigest` where a byte differs.
    package static func archive(
        of folder: URL, digest: String
    ) throws(BundleError) -> BundleArchive {
        let archive = try archive(of: folder)
        let found = archive.digest
        guard found == digest else { throw .wrongDigest(expected: digest, found: found) }
        return archive
    }

    /// Writes a bundle's files into a new folder, readable by all, writable by the owner.
    ///
    /// The folder appears with all files or not at all.
    ///
    /// - Throws: ``BundleError/unreadable(_:_:)`` where the disk refuses, or the folder exists.
    package static func unpack(_ archive: BundleArchive, to folder: URL) throws(BundleError) {
        let files = FileManager.default
        let partial = folder.deletingLastPathComponent()
            .appending(path: ".\(folder.lastPathComponent)-\(UUID().uuidString)")
        do {
            guard !files.fileExists(atPath: folder.path) else {
                throw CocoaError(.fileWriteFileExists)
            }
            try files.createDirectory(at: partial, withIntermediateDirectories: true)
            for file in archive.files {
                let target = partial.appending(path: file.path.text)
                try files.createDirectory(
                    at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(file.contents).write(to: target)
            }
            try files.moveItem(at: partial, to: folder)
        } catch {
            try? files.removeItem(at: partial)
            throw .unreadable(folder.lastPathComponent, error.localizedDescription)
        }
    }

    private static func read(
        _ folder: URL, prefix: String, into files: inout [BundleArchive.File], byteCount: inout Int
    ) throws(BundleError) {
        for name in try entries(of: folder, named: prefix) {
            guard !name.hasPrefix("."), !leftOut.contains(name) else { continue }
            let path = prefix + name
            let file = folder.appending(path: name)
            switch try kind(of: file, named: path) {
            case .typeDirectory:
                guard path.split(separator: "/").count < BundlePath.depthMax else {
                    throw .badName(path, "lies more than \(BundlePath.depthMax) folders deep")
                }
                try read(file, prefix: path + "/", into: &files, byteCount: &byteCount)
            case .typeRegular:
                guard files.count < BundleArchive.filesMax else {
                    throw .tooManyFiles(files.count + 1)
                }
                let contents = try contents(of: file, named: path)
                byteCount += contents.count
                guard byteCount <= BundleArchive.byteCountMax else { throw .tooLarge }
                files.append(.init(path: try BundlePath(path), contents: contents))
            default:
                throw .notRegularFile(path)
            }
        }
    }

    private static func entries(of folder: URL, named name: String) throws(BundleError) -> [String]
    {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        } catch {
            throw .unreadable(name.isEmpty ? folder.path : name, error.localizedDescription)
        }
    }

    private static func kind(
        of file: URL, named name: String
    ) throws(BundleError) -> FileAttributeType? {
        do {
            return try FileManager.default.attributesOfItem(atPath: file.path)[.type]
                as? FileAttributeType
        } catch {
            throw .unreadable(name, error.localizedDescription)
        }
    }

    private static func contents(of file: URL, named name: String) throws(BundleError) -> [UInt8] {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            let byteCount = (attributes[.size] as? NSNumber)?.intValue ?? 0
            guard byteCount <= BundleArchive.fileByteCountMax else {
                throw BundleError.fileTooLarge(name, byteCount: byteCount)
            }
            return Array(try Data(contentsOf: file))
        } catch let error as BundleError {
            throw error
        } catch {
            throw .unreadable(name, error.localizedDescription)
        }
    }
}
