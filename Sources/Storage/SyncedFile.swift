import Foundation
import Glibc
import Synchronization

/// A file that is written for good: what has been synced survives a loss of power.
package struct SyncedFile: ~Copyable {
    let descriptor: Int32
    private let path: String

    /// Makes a file that must not exist yet.
    package init(creating path: String, mode: UInt32) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    /// Opens a file to go on behind its end, or makes it, and locks it.
    ///
    /// - Throws: `StorageError.inUse` where it is locked: a second writer, in this process or
    ///   another, is refused.
    package init(resuming path: String, mode: UInt32) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.failure(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? StorageError.inUse(path: path) : Self.failure(path)
        }
        // The one who had the lock may have moved the file to its place in the meantime.
        guard try isNamed(path) else { throw StorageError.inUse(path: path) }
    }

    /// Opens what somebody has written, to make it durable.
    init(reading path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    /// Whether the name still, or by now, means this file.
    func isNamed(_ path: String) throws -> Bool {
        var opened = stat()
        var named = stat()
        guard fstat(descriptor, &opened) == 0 else { throw Self.failure(path) }
        return stat(path, &named) == 0 && opened.st_ino == named.st_ino
            && opened.st_dev == named.st_dev
    }

    deinit {
        Glibc.close(descriptor)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            guard written > 0 else {
                if errno == EINTR { continue }
                throw Self.failure(path)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    package func size() throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path) }
        return Int(status.st_size)
    }

    /// Reads the file from its beginning, piece by piece.
    package func forEachPiece(_ receive: (UnsafeRawBufferPointer) throws -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: 256 << 10, alignment: 64) { buffer in
            var offset = 0
            while true {
                let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
                guard count >= 0 else {
                    if errno == EINTR { continue }
                    throw Self.failure(path)
                }
                guard count > 0 else { return }
                try receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                offset += count
            }
        }
    }

    /// Cuts the file off.
    package func truncate(to size: Int) throws {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.failure(path) }
    }

    package func sync() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
    }

    /// Moves a synced file to its place, over whatever stands there.
    package static func move(_ from: String, to: String) throws {
        guard rename(from, to) == 0 else { throw failure(to) }
        try syncFolder(of: to)
    }

    /// Makes the names of two writers of one file in this process different.
    private static let replacements = Atomic<UInt64>(0)

    /// Writes a whole file, so that a reader sees the old content or the new one.
    package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o644) throws {
        let number = replacements.wrappingAdd(1, ordering: .relaxed).newValue
        let temporary = "\(path).new-\(getpid())-\(number)"
        // What a process of the same number left when it was killed.
        unlink(temporary)
        do {
            try write(bytes, to: temporary, mode: mode)
            try move(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws {
        let file = try SyncedFile(creating: path, mode: mode)
        try bytes.withUnsafeBytes { try file.write($0) }
        try file.sync()
    }

    /// Makes the names in a folder durable.
    static func syncFolder(of path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(folder) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(folder) }
    }

    static func failure(_ path: String) -> StorageError {
        errno == ENOSPC || errno == EDQUOT
            ? .full(path: path)
            : .unusable(path: path, problem: String(cString: strerror(errno)))
    }
}
