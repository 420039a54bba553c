import Foundation
package import Glibc
import Synchronization

/// A file that is written for good: what has been synced survives a loss of power.
package struct SyncedFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Makes a file that must not exist yet.
    package init(creating path: String, mode: mode_t) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.failure(path) }
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
    package static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644) throws {
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

    private static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
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
        .unusable(path: path, problem: String(cString: strerror(errno)))
    }
}
