package import Contracts
import Crypto
package import Foundation
import Glibc
package import Memory

/// Weights, updates and documents in a folder, each under its SHA-256.
///
/// A blob is written beside its place and moved there, so that whatever stands under a digest has that
/// digest, after any crash.
package struct BlobStore: Sendable {
    /// When a blob that was written is safe from a loss of power.
    package enum Durability: Sendable {
        /// What has been written survives a loss of power.
        case atOnce
        /// It does some time later. For copies of what another keeps: nobody has to wait for the disk,
        /// and one that is removed before that is never written to it.
        case soon(after: Duration)
    }

    /// What nobody has gone on with for so long is given up.
    package static let partialLifetimeSeconds = 86_400.0

    let folder: URL
    private let incoming: URL
    private let partial: URL
    /// `nil` where blobs are durable at once.
    let settling: SettlingBlobs?

    /// The store of a process that has the folder to itself, but for ``init(sharingFolder:)``.
    ///
    /// - Parameter durability: `soon` is `atOnce` where the system does not tell one boot from another.
    /// - Throws: What making the folder throws.
    package init(folder: URL, durability: Durability = .atOnce) throws {
        let settling: SettlingBlobs? =
            switch durability {
            case .atOnce: nil
            case .soon(let delay): try SettlingBlobs(in: folder, after: delay)
            }
        self.init(folder, settling: settling)
        try makeFolders()
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
        try makeFolders()
    }

    /// A store that another process writes to; this one only reads.
    package init(readingFolder folder: URL) {
        self.init(folder, settling: nil)
    }

    private init(_ folder: URL, settling: SettlingBlobs?) {
        self.folder = folder
        self.settling = settling
        incoming = folder.appending(path: "incoming", directoryHint: .isDirectory)
        partial = folder.appending(path: "partial", directoryHint: .isDirectory)
    }

    private func makeFolders() throws {
        for place in [incoming, partial] {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        }
    }

    /// Where a blob is, or would be.
    package func url(of digest: BlobDigest) -> URL {
        places(of: digest).first { FileManager.default.fileExists(atPath: $0.path) }
            ?? durableURL(of: digest)
    }

    /// Where a blob may be, in an order in which one that is moved meanwhile is not missed.
    func places(of digest: BlobDigest) -> [URL] {
        let durable = durableURL(of: digest)
        return SettlingBlobs.url(of: digest, in: folder).map { [durable, $0, durable] } ?? [durable]
    }

    func durableURL(of digest: BlobDigest) -> URL {
        folder.appending(path: String(digest.text.prefix(2)), directoryHint: .isDirectory)
            .appending(path: digest.text)
    }

    package func has(_ digest: BlobDigest) -> Bool {
        places(of: digest).contains { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// All blobs that are here, in the order of their digests.
    package func digests() throws -> [BlobDigest] {
        // Before the rest: what is moved to its place meanwhile is then found there.
        let waiting = SettlingBlobs.digests(in: folder)
        guard let walk = FileManager.default.enumerator(atPath: folder.path) else { return [] }
        let named = walk.compactMap { path in
            (path as? String).flatMap { BlobDigest(String($0.split(separator: "/").last ?? "")) }
        }
        return Set(named + waiting).filter(has).sorted()
    }

    /// Writes a blob that is in memory.
    package func write(_ bytes: [UInt8]) throws -> BlobDigest {
        try write(FileBytes(bytes))
    }

    /// Writes a blob from where it lies.
    package func write(_ bytes: FileBytes) throws -> BlobDigest {
        var writer = try self.writer()
        try bytes.forEachPiece { try writer.write($0) }
        return try writer.finish(expecting: nil)
    }

    /// The folder that a blob stands in, made so that it is still there after a loss of power.
    func prepareFolder(of digest: BlobDigest) throws {
        let place = durableURL(of: digest).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        // Also where it was there already: another writer may have made it a moment ago.
        try SyncedFile.syncFolder(of: place.path)
    }

    /// Puts a file that has been written in its place.
    func place(_ file: borrowing SyncedFile, at path: String, as digest: BlobDigest) throws {
        if let settling { return try settling.take(path, as: digest) }
        try file.sync()
        try prepareFolder(of: digest)
        try SyncedFile.move(path, to: durableURL(of: digest).path)
    }

    /// Begins a blob that comes in pieces.
    package func writer() throws -> BlobWriter {
        try BlobWriter(store: self, temporary: incoming.appending(path: UUID().uuidString))
    }

    /// Takes up a blob of which an earlier writer may have left the first bytes.
    ///
    /// - Throws: `StorageError.inUse` while another writes it.
    package func partial(_ digest: BlobDigest) throws -> PartialBlob {
        try PartialBlob(
            resuming: partial.appending(path: digest.text), writesEarly: settling == nil)
    }

    /// Forgets a blob; one that is not here is no mistake.
    package func remove(_ digest: BlobDigest) throws {
        for place in places(of: digest) {
            guard unlink(place.path) == 0 || errno == ENOENT else {
                throw SyncedFile.failure(place.path)
            }
        }
    }
}

/// A blob on its way in. One that is not finished leaves nothing behind.
package struct BlobWriter: ~Copyable {
    private let store: BlobStore
    private let temporary: URL
    private let file: SyncedFile
    private var hash = SHA256()
    private var early: EarlyWriting
    private var reserved = ReservedSpace()
    private var count = 0
    private var isInPlace = false

    fileprivate init(store: BlobStore, temporary: URL) throws {
        self.store = store
        self.temporary = temporary
        early = EarlyWriting(isWanted: store.settling == nil)
        file = try SyncedFile(creating: temporary.path, mode: 0o600)
    }

    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        hash.update(bufferPointer: bytes)
        reserved.willWrite(bytes.count, at: count, of: file)
        try file.write(bytes)
        count += bytes.count
        early.wrote(bytes.count, to: file)
    }

    /// Puts the blob in its place, durable as the store has it.
    ///
    /// - Throws: ``StorageError/wrongDigest(expected:found:)`` where its content is another.
    package consuming func finish(expecting expected: BlobDigest?) throws -> BlobDigest {
        let digest = BlobDigest(sha256: Array(hash.finalize()))
        if let expected, expected != digest {
            throw StorageError.wrongDigest(expected: expected.text, found: digest.text)
        }
        reserved.release(from: count, of: file)
        try store.place(file, at: temporary.path, as: digest)
        isInPlace = true
        return digest
    }

    deinit {
        if !isInPlace { try? FileManager.default.removeItem(at: temporary) }
    }
}
