import Crypto
package import Foundation
package import Learning

/// A folder of files with a table of labels, `labels.csv`: its column `file` names a file below the
/// folder in each row.
package struct FileFolder: Hashable, Sendable {
    package static let tableName = "labels.csv"

    package let path: String

    package init(path: String) {
        self.path = path
    }

    private var table: String { "\(path)/\(Self.tableName)" }

    /// The table's rows, each with the digest of its file. All files are read once.
    ///
    /// - Throws: `DatasetError`, also for a file that is absent, named twice, or reached by a link or
    ///   from outside the folder.
    func rows() throws(DatasetError) -> RowText {
        let rows = try DigestedRows(self, table: RowText(file: table))
        return RowText(
            name: table, options: RowText.writtenOptions, counting: .rows, read: rows.read(into:))
    }

    /// Copies a file, if it still is the one of this digest.
    ///
    /// - Parameter digest: In hexadecimal.
    /// - Throws: `DatasetError`: `commitmentDiffers`, or that one of the files cannot be used.
    package func copy(
        _ file: String, digest: String, to target: URL
    ) throws(DatasetError) {
        let place = DatasetError.Place(file: "\(path)/\(file)")
        do {
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: target)
            let output = try FileHandle(forWritingTo: target)
            defer { try? output.close() }
            let found = try Self.digest(of: open(file, at: place)) { part in
                try output.write(contentsOf: part)
            }
            guard found == digest else {
                throw DatasetError(
                    .commitmentDiffers, at: place, "the file is not the one that was registered",
                    remedy: "restore it, or take the folder up anew")
            }
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o444], ofItemAtPath: target.path)
        } catch let error as DatasetError {
            throw error
        } catch {
            throw DatasetError(
                .fileUnreadable, at: place, "it cannot be copied for the trainer: \(error)",
                remedy: "check the disk")
        }
    }

    /// Opens a file step by step, so that no link leads out of the folder.
    ///
    /// - Throws: `DatasetError`: `fileUnreadable` or `valueUnreadable`.
    fileprivate func open(_ file: String, at place: DatasetError.Place) throws(DatasetError)
        -> FileHandle
    {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains(where: { ["", ".", ".."].contains($0) }), !file.contains("\0") else {
            throw DatasetError(
                .valueUnreadable, at: place,
                "the file is not named by a path below the folder",
                remedy: "write it as in images/1.png, without a / at its start and without ..")
        }
        var descriptor = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for (step, part) in parts.enumerated() {
            let folder = descriptor
            guard folder >= 0 else { break }
            let kind = step < parts.count - 1 ? O_DIRECTORY : O_NONBLOCK
            descriptor = openat(folder, part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind)
            let failure = errno
            close(folder)
            errno = failure
        }
        guard descriptor >= 0 else { throw Self.failure(errno, at: place) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw DatasetError(
                .fileUnreadable, at: place, "what the row names is no plain file",
                remedy: "name a file")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func failure(_ code: CInt, at place: DatasetError.Place) -> DatasetError {
        let (problem, remedy) =
            switch code {
            case ENOENT: ("there is no such file", "add it, or take the row out")
            case ELOOP, ENOTDIR:
                ("a link or a file stands where a folder should", "put the file itself there")
            default:
                (
                    "the file cannot be read: \(String(cString: strerror(code)))",
                    "let this user read it"
                )
            }
        return DatasetError(.fileUnreadable, at: place, problem, remedy: remedy)
    }

    fileprivate static func digest(
        of file: FileHandle, onPart: (Data) throws -> Void = { _ in }
    ) throws -> String {
        var hash = SHA256()
        while let part = try file.read(upToCount: 1 << 20), !part.isEmpty {
            hash.update(data: part)
            try onPart(part)
        }
        return hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

/// The rows of a folder's table, each with its file's digest behind it.
private final class DigestedRows {
    private let folder: FileFolder
    private var cursor: RowCursor
    private let file: Int
    private var seen: Set<String> = []
    private var waiting: [UInt8] = []
    private var given = 0

    init(_ folder: FileFolder, table: RowText) throws(DatasetError) {
        self.folder = folder
        cursor = try RowCursor(table)
        guard let file = cursor.columns.firstIndex(of: FileKinds.column) else {
            throw DatasetError(
                .columnUnknown, at: .init(file: table.name),
                "there is no column \(FileKinds.column)",
                remedy: "add one that names a file in each row")
        }
        self.file = file
        for name in cursor.columns + [FileKinds.digestColumn] {
            RowText.append(name.utf8, to: &waiting)
            waiting.append(UInt8(ascii: ","))
        }
        waiting[waiting.count - 1] = UInt8(ascii: "\n")
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        if given == waiting.count {
            given = 0
            waiting.removeAll(keepingCapacity: true)
            guard try cursor.advance() else { return 0 }
            try appendRow()
        }
        let part = waiting[given...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        given += part.count
        return part.count
    }

    private func appendRow() throws(DatasetError) {
        let name = cursor.text(file)
        let place = cursor.place(column: file)
        guard name != FileFolder.tableName else {
            throw DatasetError(
                .valueUnreadable, at: place, "the table names itself", remedy: "take the row out")
        }
        guard seen.insert(name).inserted else {
            throw DatasetError(
                .valueUnreadable, at: place, "the file \(name) is named a second time",
                remedy: "keep one of the rows")
        }
        let digest: String
        do {
            digest = try FileFolder.digest(of: folder.open(name, at: place))
        } catch let error as DatasetError {
            throw error
        } catch {
            throw DatasetError(
                .fileUnreadable, at: place, "the file cannot be read: \(error)",
                remedy: "check the disk")
        }
        for column in cursor.columns.indices {
            RowText.append(cursor.bytes(column), to: &waiting)
            waiting.append(UInt8(ascii: ","))
        }
        RowText.append(digest.utf8, to: &waiting)
        waiting.append(UInt8(ascii: "\n"))
    }
}
