package import Contracts
import Foundation
import Glibc
package import Memory

/// A blob that a member is sending, for somebody who reads it while it is on its way: reading waits until
/// the bytes are there, on the thread that reads.
///
/// What is read is what has come. It is the blob only once ``hasArrived``; an upload whose bytes turn out
/// to be others, or that begins anew, loses its reader.
package final class ArrivingBlob: @unchecked Sendable {
    package struct Lost: Error {}

    private enum Source {
        case beginning(BeginningFile)
        case whole(BlobFile)
    }

    package let digest: BlobDigest
    private let store: BlobStore
    private let partial: URL

    // All of these belong to whoever has locked the condition.
    private let condition = NSCondition()
    private var length: Int?
    private var count = 0
    private var readCount = 0
    private var isWhole = false
    private var isLost = false
    private var source: Source?

    /// - Parameter partial: Where its first bytes are, or will be.
    init(_ digest: BlobDigest, into store: BlobStore, partial: URL) {
        self.digest = digest
        self.store = store
        self.partial = partial
    }

    private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body()
    }

    // MARK: - Reading

    /// The blob, once it is known how long it is.
    ///
    /// - Throws: ``Lost``, or `StorageError`; so does reading.
    package func bytes() throws -> FileBytes {
        let count = try locked {
            while length == nil, !isWhole, !isLost { condition.wait() }
            if isLost { throw Lost() }
            return try length ?? store.open(digest).count
        }
        return FileBytes(count: count) { try self.read(from: $0, into: $1) }
    }

    private func read(from offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard !buffer.isEmpty else { return }
        switch try source(upTo: offset + buffer.count) {
        case .whole(let file): try file.read(from: offset, into: buffer)
        case .beginning(let file): try file.read(from: offset, into: buffer)
        }
        // A sender that begins anew is told of before its first byte is written: what was read before
        // that is not mixed with what comes after it.
        try locked { if isLost { throw Lost() } }
    }

    /// Waits until there are so many bytes.
    private func source(upTo end: Int) throws -> Source {
        try locked {
            while !isLost {
                if isWhole || count >= end, let place = try source ?? open() {
                    source = place
                    readCount = max(readCount, end)
                    return place
                }
                condition.wait()
            }
            throw Lost()
        }
    }

    /// - Returns: `nil` where the file is being moved to its place: it is told when it is there.
    private func open() throws -> Source? {
        if isWhole { return .whole(try store.open(digest)) }
        return try BeginningFile(path: partial.path).map { .beginning($0) }
    }

    /// Whether the blob is in its store, and nothing else has been read under its name.
    package var hasArrived: Bool { locked { isWhole && !isLost } }

    /// Ends all reading.
    package func cancel() {
        locked {
            isLost = true
            condition.broadcast()
        }
    }

    // MARK: - What the upload says

    private func change(_ body: () -> Void) {
        locked {
            guard !isWhole, !isLost else { return }
            body()
            condition.broadcast()
        }
    }

    /// - Parameter length: How many bytes the sender says that the blob has.
    func began(at count: Int, length: Int) {
        change {
            isLost = count < readCount || (self.length ?? length) != length
            self.length = length
            self.count = count
        }
    }

    func reached(_ count: Int) {
        change {
            isLost = count < readCount
            self.count = count
        }
    }

    /// This member's upload has ended, and its bytes are the blob's.
    func finished() {
        change { isWhole = true }
    }

    /// The blob is in the store, whoever sent it: bytes of this member's that have been read, and that
    /// nobody has hashed to the end, are not known to be the blob's.
    package func isInStore() {
        change {
            isLost = readCount > 0
            isWhole = !isLost
        }
    }
}

/// A file that somebody else appends to.
private final class BeginningFile: Sendable {
    private let descriptor: Int32
    private let path: String

    /// - Returns: `nil` where there is none.
    /// - Throws: `StorageError`.
    init?(path: String) throws {
        self.path = path
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SyncedFile.failure(path)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func read(from offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < buffer.count {
            let read = pread(
                descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done,
                off_t(offset + done))
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw SyncedFile.failure(path) }
            // Its writer has begun anew since.
            guard read > 0 else { throw ArrivingBlob.Lost() }
            done += read
        }
    }
}
