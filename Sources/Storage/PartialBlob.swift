package import Contracts
import Crypto
package import Foundation
import Glibc

/// The first bytes of a blob, in a file that outlives whoever writes it: after any interruption a
/// transfer goes on where the file ends.
///
/// The file is locked, so that there is one writer.
package struct PartialBlob: ~Copyable {
    /// How far a partial blob is, and what hashing it has come to so far. Whoever keeps it spares
    /// the next writer to hash the file again.
    package struct Mark: Sendable {
        package let count: Int
        fileprivate let hash: SHA256
    }

    private let file: SyncedFile
    private let path: String
    private var hash: SHA256
    private var early: EarlyWriting
    private var reserved = ReservedSpace()
    /// How many bytes are here.
    package private(set) var count: Int

    /// Takes up what is there, or begins.
    ///
    /// - Parameters:
    ///   - mark: Where the last writer stopped, if that is known.
    ///   - writesEarly: Whether the disk is to begin while the rest is still to come.
    /// - Throws: `StorageError.inUse` while another writes it.
    package init(resuming url: URL, from mark: Mark? = nil, writesEarly: Bool = true) throws {
        let file = try SyncedFile(resuming: url.path, mode: 0o600)
        let here: Mark
        if let mark, try file.size() == mark.count {
            here = mark
        } else {
            var (hash, count) = (SHA256(), 0)
            try file.forEachPiece { piece in
                hash.update(bufferPointer: piece)
                count += piece.count
            }
            here = Mark(count: count, hash: hash)
        }
        path = url.path
        self.file = file
        (hash, count) = (here.hash, here.count)
        early = EarlyWriting(isWanted: writesEarly, from: here.count)
    }

    package var mark: Mark { Mark(count: count, hash: hash) }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        reserved.willWrite(bytes.count, at: count, of: file)
        do {
            try file.write(bytes)
        } catch {
            // Some of it may stand there: what is hashed and what is written are to be the same.
            try file.truncate(to: count)
            throw error
        }
        hash.update(bufferPointer: bytes)
        count += bytes.count
        early.wrote(bytes.count, to: file)
    }

    /// Forgets what came after a mark that was taken of it.
    package mutating func rewind(to mark: Mark) throws {
        // A file that has been emptied is written to the disk when it is closed, on some systems.
        if count > mark.count { try file.truncate(to: mark.count) }
        hash = mark.hash
        count = mark.count
        early.rewind(to: mark.count)
    }

    /// Forgets everything.
    package mutating func clear() throws {
        try rewind(to: Mark(count: 0, hash: SHA256()))
    }

    /// Removes the file.
    package consuming func discard() {
        unlink(path)
    }

    /// Puts the blob in its place in a store on the same disk, durable as the store has it.
    ///
    /// - Throws: ``StorageError/wrongDigest(expected:found:)`` where its content is another; the
    ///   file is then removed.
    package consuming func finish(expecting expected: BlobDigest, in store: BlobStore) throws {
        let found = BlobDigest(sha256: Array(hash.finalize()))
        guard found == expected else {
            unlink(path)
            throw StorageError.wrongDigest(expected: expected.text, found: found.text)
        }
        reserved.release(from: count, of: file)
        // What is moved to its place is what was hashed.
        guard try file.isNamed(path) else { throw StorageError.inUse(path: path) }
        try store.place(file, at: path, as: expected)
    }

    deinit {
        reserved.release(from: count, of: file)
    }
}
