package import Contracts
import Crypto
package import Foundation
import Glibc

/// Weights, updates and documents in a folder, each under its SHA-256.
///
/// A blob is written beside its place, synced, and moved there, so that whatever stands under a
/// digest has that digest, after any crash.
package struct BlobStore: Sendable {
    /// What nobody has gone on with for so long is given up.
    package static let partialLifetimeSeconds = 86_400.0

    let folder: URL
    private let incoming: URL
    private let partial: URL

    /// The store of a process that has the folder to itself, but for ``init(sharingFolder:)``.
    ///
    /// - Throws: What making the folder throws.
    package init(folder: URL) throws {
        try self.init(sharingFolder: folder)
        // What an earlier process had not finished.
        for leftover in try FileManager.default.contentsOfDirectory(
            at: incoming, includingPropertiesForKeys: nil)
        {
            try? FileManager.default.removeItem(at: leftover)
        }
        let given = Date(timeIntervalSinceNow: -Self.partialLifetimeSeconds)
        for leftover in try FileManager.default.contentsOfDirectory(
            at: partial, includingPropertiesForKeys: [.contentModificationDateKey])
        {
            let values = try? leftover.resourceValues(forKeys: [.contentModificationDateKey])
            guard let touched = values?.contentModificationDate, touched < given else { continue }
            try? FileManager.default.removeItem(at: leftover)
        }
    }

    /// A store that another process may own, and both write to: a command's beside its daemon.
    ///
    /// - Throws: What making the folder throws.
    package init(sharingFolder folder: URL) throws {
        self.init(readingFolder: folder)
        for place in [incoming, partial] {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        }
    }

    /// A store that another process writes to; this one only reads.
    package init(readingFolder folder: URL) {
        self.folder = folder
        incoming = folder.appending(path: "incoming", directoryHint: .isDirectory)
        partial = folder.appending(path: "partial", directoryHint: .isDirectory)
    }

    /// Where a blob is, or would be.
    package func url(of digest: BlobDigest) -> URL {
        folder.appending(path: String(digest.text.prefix(2)), directoryHint: .isDirectory)
            .appending(path: digest.text)
    }

    package func has(_ digest: BlobDigest) -> Bool {
        FileManager.default.fileExists(atPath: url(of: digest).path)
    }

    /// All blobs that are here, in the order of their digests.
    package func digests() throws -> [BlobDigest] {
        guard let walk = FileManager.default.enumerator(atPath: folder.path) else { return [] }
        return walk.compactMap { path in
            (path as? String).flatMap { BlobDigest(String($0.split(separator: "/").last ?? "")) }
        }.filter(has).sorted()
    }

    /// - Throws: ``StorageError/wrongDigest(expected:found:)`` where the disk has lost what was
    ///   written, and what reading throws.
    package func read(_ digest: BlobDigest) throws -> [UInt8] {
        let bytes = Array(try Data(contentsOf: url(of: digest)))
        let found = BlobDigest(of: bytes)
        guard found == digest else {
            throw StorageError.wrongDigest(expected: digest.text, found: found.text)
        }
        return bytes
    }

    /// Writes a blob that is in memory.
    package func write(_ bytes: [UInt8]) throws -> BlobDigest {
        var writer = try self.writer()
        try bytes.withUnsafeBytes { try writer.write($0) }
        return try writer.finish(expecting: nil)
    }

    /// The folder that a blob stands in, made so that it is still there after a loss of power.
    func prepareFolder(of digest: BlobDigest) throws {
        let place = url(of: digest).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        // Also where it was there already: another writer may have made it a moment ago.
        try SyncedFile.syncFolder(of: place.path)
    }

    /// Begins a blob that comes in pieces.
    package func writer() throws -> BlobWriter {
        try BlobWriter(store: self, temporary: incoming.appending(path: UUID().uuidString))
    }

    /// Takes up a blob of which an earlier writer may have left the first bytes.
    ///
    /// - Throws: `StorageError.inUse` while another writes it.
    package func partial(_ digest: BlobDigest) throws -> PartialBlob {
        try PartialBlob(resuming: partial.appending(path: digest.text))
    }

    /// Forgets a blob; one that is not here is no mistake.
    package func remove(_ digest: BlobDigest) throws {
        let path = url(of: digest).path
        guard unlink(path) == 0 || errno == ENOENT else { throw SyncedFile.failure(path) }
    }
}

/// A blob on its way in. One that is not finished leaves nothing behind.
package struct BlobWriter: ~Copyable {
    private let store: BlobStore
    private let temporary: URL
    private let file: SyncedFile
    private var hash = SHA256()
    private var isInPlace = false

    fileprivate init(store: BlobStore, temporary: URL) throws {
        self.store = store
        self.temporary = temporary
        file = try SyncedFile(creating: temporary.path, mode: 0o600)
    }

    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        hash.update(bufferPointer: bytes)
        try file.write(bytes)
    }

    /// Makes the blob durable and puts it in its place.
    ///
    /// - Throws: ``StorageError/wrongDigest(expected:found:)`` where its content is another.
    package consuming func finish(expecting expected: BlobDigest?) throws -> BlobDigest {
        let digest = BlobDigest(sha256: Array(hash.finalize()))
        if let expected, expected != digest {
            throw StorageError.wrongDigest(expected: expected.text, found: digest.text)
        }
        try file.sync()
        try store.prepareFolder(of: digest)
        try SyncedFile.move(temporary.path, to: store.url(of: digest).path)
        isInPlace = true
        return digest
    }

    deinit {
        if !isInPlace { try? FileManager.default.removeItem(at: temporary) }
    }
}
