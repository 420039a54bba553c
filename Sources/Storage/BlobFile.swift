package import Contracts
import Crypto
import Foundation
import Glibc
package import Memory

/// A stored blob that is read in pieces, by many at once, and never held as a whole.
///
/// What is read is what the disk holds: a reader that must be sure of it hashes it, or asks
/// ``verify()``.
package final class BlobFile: Sendable {
    package let digest: BlobDigest
    /// How many bytes the blob has.
    package let count: Int
    private let descriptor: Int32
    private let path: String

    private static let pieceBytes = 256 << 10

    /// - Parameter places: Looked at one after the other.
    fileprivate init(_ digest: BlobDigest, at places: [URL]) throws {
        self.digest = digest
        var (path, descriptor): (String, Int32) = ("", -1)
        for place in places where descriptor < 0 {
            path = place.path
            descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        }
        (self.path, self.descriptor) = (path, descriptor)
        guard descriptor >= 0 else { throw SyncedFile.failure(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let failure = SyncedFile.failure(path)
            close(descriptor)
            throw failure
        }
        count = Int(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// Fills a buffer with the bytes from a place on.
    ///
    /// - Throws: `StorageError` where the blob does not have as many, and what reading throws.
    package func read(from offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, offset <= count, buffer.count <= count - offset else {
            throw StorageError.unusable(
                path: path,
                problem: "\(buffer.count) bytes from \(offset) on were asked for, and it has "
                    + "\(count)")
        }
        var done = 0
        while done < buffer.count {
            let read = pread(
                descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done,
                off_t(offset + done))
            guard read > 0 else {
                if read < 0, errno == EINTR { continue }
                throw read < 0
                    ? SyncedFile.failure(path)
                    : .unusable(path: path, problem: "it has become shorter")
            }
            done += read
        }
    }

    /// All of it, read when it is asked for.
    package var bytes: FileBytes { FileBytes(count: count) { try self.read(from: $0, into: $1) } }

    /// The SHA-256 of the bytes from a place on.
    package func sha256(from offset: Int = 0) throws -> [UInt8] {
        var hash = SHA256()
        try withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 64) { buffer in
            var place = offset
            while place < count {
                let piece = UnsafeMutableRawBufferPointer(
                    rebasing: buffer.prefix(min(buffer.count, count - place)))
                try read(from: place, into: piece)
                hash.update(bufferPointer: UnsafeRawBufferPointer(piece))
                place += piece.count
            }
        }
        return Array(hash.finalize())
    }

    /// Tells the system that nobody will read it soon, so that it does not keep in memory what others
    /// have more use for. What is not on the disk yet stays.
    package func releaseCache() {
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// Reads it all once.
    ///
    /// - Throws: ``StorageError/wrongDigest(expected:found:)`` where the disk has lost what was
    ///   written, and what reading throws.
    package func verify() throws {
        let found = BlobDigest(sha256: try sha256())
        guard found == digest else {
            throw StorageError.wrongDigest(expected: digest.text, found: found.text)
        }
    }
}

extension BlobStore {
    /// Opens a blob to read it in pieces.
    ///
    /// - Throws: `StorageError` where it is not here.
    package func open(_ digest: BlobDigest) throws -> BlobFile {
        try BlobFile(digest, at: places(of: digest))
    }

    /// A blob as a whole.
    ///
    /// - Throws: ``StorageError/wrongDigest(expected:found:)`` where the disk has lost what was
    ///   written, and what reading throws.
    package func read(_ digest: BlobDigest) throws -> [UInt8] {
        let bytes = try open(digest).bytes.array
        let found = BlobDigest(of: bytes)
        guard found == digest else {
            throw StorageError.wrongDigest(expected: digest.text, found: found.text)
        }
        return bytes
    }
}
