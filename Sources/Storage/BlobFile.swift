package import Contracts
import Crypto
import Foundation
import Glibc

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

    fileprivate init(_ digest: BlobDigest, at path: String) throws {
        self.digest = digest
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
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

    /// The SHA-256 of the bytes from a place on.
    package func sha256(from offset: Int = 0) throws -> [UInt8] {
        var hash = SHA256()
        try withUnsafeTemporaryAllocation(byteCount: 256 << 10, alignment: 64) { buffer in
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
        try BlobFile(digest, at: url(of: digest).path)
    }
}
