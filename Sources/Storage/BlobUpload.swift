package import Contracts
import Crypto
import Synchronization

/// One connection's turn at sending a blob.
///
/// It ends when the connection does, or when the member goes on over another one: whatever comes
/// afterwards is refused, so that two never write at once.
package final class BlobUpload: Sendable {
    package let digest: BlobDigest
    let member: MemberID
    private let length: Int
    private let uploads: BlobUploads
    private let turn: Mutex<Turn?>
    /// How many bytes of the blob have come.
    private let count: Atomic<Int>

    private struct Turn: ~Copyable {
        var blob: PartialBlob
        /// Where this connection began.
        let start: PartialBlob.Mark
        /// Of what came over this connection; `nil` where that is the whole blob, which is hashed
        /// anyway.
        var pieceHash: SHA256?
    }

    private let pieceDigest: [UInt8]?

    /// - Parameter pieceDigest: The SHA-256 that the bytes of this connection should have; `nil`
    ///   where there are none.
    init(
        _ blob: consuming PartialBlob, digest: BlobDigest, member: MemberID, length: Int,
        pieceDigest: [UInt8]?, uploads: BlobUploads
    ) {
        self.digest = digest
        self.member = member
        self.length = length
        self.pieceDigest = pieceDigest
        self.uploads = uploads
        let start = blob.mark
        count = Atomic(start.count)
        let isWhole = start.count == 0 && pieceDigest.map { BlobDigest(sha256: $0) } == digest
        turn = Mutex(Turn(blob: blob, start: start, pieceHash: isWhole ? nil : SHA256()))
    }

    /// Takes the next bytes.
    ///
    /// - Throws: ``UploadRefusal/superseded``, ``UploadRefusal/wrongLength(bytes:announced:)``, or
    ///   what writing throws.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        try turn.withLock { turn in
            guard var now = turn.take() else { throw UploadRefusal.superseded }
            do {
                guard bytes.count <= length - now.blob.count else {
                    throw UploadRefusal.wrongLength(
                        bytes: now.blob.count + bytes.count, announced: length)
                }
                try now.blob.append(bytes)
                count.store(now.blob.count, ordering: .releasing)
                uploads.wrote(self, upTo: now.blob.count)
                now.pieceHash?.update(bufferPointer: bytes)
            } catch {
                turn = consume now
                throw error
            }
            turn = consume now
        }
    }

    /// Tells a reader who comes in the middle where this stands, without waiting for the disk.
    func introduce(to reader: ArrivingBlob) {
        reader.began(at: count.load(ordering: .acquiring), length: length)
    }

    /// Ends the turn; what has come stays.
    package func stop() {
        let mark = turn.withLock { turn -> PartialBlob.Mark? in
            guard let now = turn.take() else { return nil }
            return now.blob.mark
        }
        if let mark { uploads.stopped(self, at: mark) }
    }

    /// Ends the turn with the bytes complete that were to come over this connection.
    ///
    /// - Parameter isLast: Whether the blob ends here, too.
    /// - Returns: How far the blob is: ``BlobUploads/Progress/whole(_:)`` once it is durable and in
    ///   its place.
    /// - Throws: ``UploadRefusal``, or what writing throws.
    package func finish(isLast: Bool) throws -> BlobUploads.Progress {
        do {
            return try turn.withLock { turn in
                guard let now = turn.take() else { throw UploadRefusal.superseded }
                return try finish(now, isLast: isLast)
            }
        } catch {
            // Whatever stopped it otherwise has said so itself.
            uploads.failed(self)
            throw error
        }
    }

    private func finish(
        _ turn: consuming Turn, isLast: Bool
    ) throws -> BlobUploads.Progress {
        let count = turn.blob.count
        if let hash = turn.pieceHash, let pieceDigest, Array(hash.finalize()) != pieceDigest {
            try turn.blob.rewind(to: turn.start)
            uploads.stopped(self, at: turn.start)
            throw UploadRefusal.wrongPiece
        }
        guard isLast else {
            uploads.stopped(self, at: turn.blob.mark)
            return .partial(count)
        }
        guard count == length else {
            uploads.stopped(self, at: turn.blob.mark)
            throw UploadRefusal.wrongLength(bytes: count, announced: length)
        }
        do {
            try turn.blob.finish(expecting: digest, in: uploads.store)
        } catch StorageError.wrongDigest(_, let found) {
            throw UploadRefusal.wrongBlob(expected: digest, found: found)
        }
        uploads.finished(self, count: count)
        return .whole(count)
    }
}
