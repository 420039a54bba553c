package import Contracts
import Encodings
import NIOCore
package import Storage
package import Transport

/// How a transfer is taken up again after an interruption.
package struct TransferRetries: Hashable, Sendable {
    /// So often in a row without a byte of progress; then the last error is thrown.
    package var attemptsMax = 6
    package var firstWait = Duration.milliseconds(100)
    package var lastWait = Duration.seconds(5)

    package init() {}
}

/// Transfers that survive interruptions: what has come stays, and what is left is asked for again.
extension SignedClient {
    /// A blob of no more than this is sent sooner than the other side is asked whether it has it.
    private static let smallBytes = 256 << 10

    /// Why an attempt ended that may be repeated.
    private struct Interruption {
        let error: any Error
        let hasProgressed: Bool
    }

    /// Downloads a blob into a store, unless it is there. A download that was interrupted, in this
    /// process or an earlier one, goes on where it stopped; nothing is held but the piece under way.
    ///
    /// - Returns: Whether it came now, and was hashed on its way.
    /// - Throws: ``Problem`` or ``ConnectionFailure`` where it cannot be had, `StorageError` where it
    ///   cannot be written.
    @discardableResult
    package func download(
        _ digest: BlobDigest, into store: BlobStore, retries: TransferRetries = TransferRetries()
    ) async throws -> Bool {
        var hasCome = false
        try await persist(retries) {
            guard !store.has(digest) else { return nil }
            hasCome = true
            return try await downloadOnce(digest, into: store)
        }
        return hasCome
    }

    /// Uploads a blob of a store, unless the other side has it. An upload that was interrupted, in
    /// this process or an earlier one, goes on where it stopped; nothing is held but the piece under
    /// way.
    ///
    /// - Throws: ``Problem`` or ``ConnectionFailure`` where it is not taken, `StorageError` where it
    ///   cannot be read.
    package func upload(
        _ digest: BlobDigest, from store: BlobStore, retries: TransferRetries = TransferRetries()
    ) async throws {
        let file = try store.open(digest)
        var reached = 0
        try await persist(retries) {
            try await uploadOnce(file, reached: &reached)
        }
    }

    private func persist(
        _ retries: TransferRetries, _ attempt: () async throws -> Interruption?
    ) async throws {
        var failures = 0
        var wait = retries.firstWait
        while let interruption = try await attempt() {
            if interruption.hasProgressed { (failures, wait) = (0, retries.firstWait) }
            failures += 1
            guard failures < retries.attemptsMax else { throw interruption.error }
            // Not all at once when a coordinator comes back.
            try await Task.sleep(for: wait * Double.random(in: 0.5...1))
            wait = min(wait * 2, retries.lastWait)
        }
    }

    // MARK: - Down

    private func downloadOnce(
        _ digest: BlobDigest, into store: BlobStore
    ) async throws -> Interruption? {
        var partial: PartialBlob
        do {
            partial = try store.partial(digest)
        } catch let error as StorageError {
            // Somebody else on this machine downloads it already.
            guard case .inUse = error else { throw error }
            return Interruption(error: error, hasProgressed: false)
        }
        let before = partial.count
        do {
            try await receiveRest(of: digest, &partial)
        } catch  where Self.mayGoBetter(error) {
            return Interruption(error: error, hasProgressed: partial.count > before)
        }
        do {
            try partial.finish(expecting: digest, in: store)
            return nil
        } catch StorageError.wrongDigest {
            let problem = Problem(
                status: 502, code: "blob.wrong_digest",
                detail: "the coordinator sent something else under \(digest)")
            // It may have been what was here before; that is gone now.
            guard before > 0 else { throw problem }
            return Interruption(error: problem, hasProgressed: false)
        }
    }

    private func receiveRest(of digest: BlobDigest, _ partial: inout PartialBlob) async throws {
        switch try await blob(digest, from: partial.count) {
        case .nothing(let length):
            guard length == partial.count else {
                try partial.clear()
                throw ConnectionFailure(
                    baseURL: baseURL, problem: "the blob is shorter than what had come of it")
            }
        case .bytes(let bytes):
            if bytes.start == 0 { try partial.clear() }
            try await bytes.forEachPiece { try partial.append($0) }
        }
    }

    // MARK: - Up

    private func uploadOnce(_ file: BlobFile, reached: inout Int) async throws -> Interruption? {
        var offset = 0
        do {
            if file.count <= Self.smallBytes {
                try await uploadAtOnce(file)
                return nil
            }
            let progress = try await uploadProgress(of: file.digest)
            if progress.isComplete { return nil }
            offset = progress.offset
            guard offset <= file.count else {
                try await cancelUpload(of: file.digest)
                throw ConnectionFailure(
                    baseURL: baseURL, problem: "it had more of the blob than there is")
            }
            try await sendRest(
                of: file.digest, from: offset, length: file.count,
                restDigest: offset == 0
                    ? Hex.decode(file.digest.text) ?? [] : try file.sha256(from: offset),
                BlobPieces(file: file, from: offset))
            return nil
        } catch  where Self.mayGoBetter(error) || (offset > 0 && Self.isWrongContent(error)) {
            defer { reached = max(reached, offset) }
            return Interruption(error: error, hasProgressed: offset > reached)
        }
    }

    private func uploadAtOnce(_ file: BlobFile) async throws {
        var bytes = [UInt8](repeating: 0, count: file.count)
        try bytes.withUnsafeMutableBytes { try file.read(from: 0, into: $0) }
        let found = BlobDigest(of: bytes)
        guard found == file.digest else {
            throw StorageError.wrongDigest(expected: file.digest.text, found: found.text)
        }
        try await upload(bytes)
    }

    // MARK: - Which errors are worth another attempt

    /// Whether it was the connection or the other side, and not what was asked.
    private static func mayGoBetter(_ error: any Error) -> Bool {
        guard let problem = error as? Problem else { return error is ConnectionFailure }
        let isMoving = problem.code == "upload.offset" || problem.code == "upload.superseded"
        return isMoving || problem.status == 429 || (problem.status >= 500 && problem.status != 507)
    }

    private static func isWrongContent(_ error: any Error) -> Bool {
        (error as? Problem)?.code == "digest.wrong"
    }
}

/// A stored blob's bytes from a place on, read as they are asked for.
private struct BlobPieces: AsyncSequence, Sendable {
    let file: BlobFile
    let from: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        private static let pieceBytes = 256 << 10

        let file: BlobFile
        var offset: Int

        mutating func next() async throws -> ByteBuffer? {
            let count = Swift.min(Self.pieceBytes, file.count - offset)
            guard count > 0 else { return nil }
            var piece = ByteBufferAllocator().buffer(capacity: count)
            try piece.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                try file.read(from: offset, into: .init(rebasing: bytes[..<count]))
                return count
            }
            offset += count
            return piece
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: file, offset: from) }
}
