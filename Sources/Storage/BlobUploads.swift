package import Contracts
package import Foundation
import Glibc
import Synchronization

/// What members send to be kept, as far as nothing answers for it yet: blobs of which only the first
/// bytes have come, and whole ones that the ledger does not name.
///
/// Each member's lie in a folder of their own: nobody goes on with, or learns of, what another has
/// sent in part. A whole blob has a second name (a hard link) there, so that all of it is found again
/// after a restart. All is bounded: see ``UploadLimits``.
package final class BlobUploads: Sendable {
    /// How far a member's upload is.
    package enum Progress: Hashable, Sendable {
        /// So many bytes have come; none, where there is no upload.
        case partial(Int)
        /// The blob is here, whoever sent it.
        case whole(Int)
    }

    /// Each blob takes a place on the disk, however small it is.
    private static let blobBytesMin = 4_096
    private static let partialSuffix = ".part"

    /// Tells one attempt to go on with an upload from another.
    private final class Turn: Sendable {}

    private struct Partial {
        let turn = Turn()
        /// How many bytes are here while nobody sends.
        var count: Int
        /// What has been announced, while somebody does: it counts against the quota from the start.
        var reserved = 0
        var touched: Date
        var mark: PartialBlob.Mark?
        var active: BlobUpload?
    }

    private struct Whole {
        let count: Int
        var touched: Date
    }

    private struct Account {
        var partials: [BlobDigest: Partial] = [:]
        var wholes: [BlobDigest: Whole] = [:]

        var used: Int {
            partials.values.reduce(0) { $0 + max($1.count, $1.reserved, blobBytesMin) }
                + wholes.values.reduce(0) { $0 + max($1.count, blobBytesMin) }
        }
    }

    package let store: BlobStore
    package let limits: UploadLimits
    private let folder: URL
    private let now: @Sendable () -> Date
    private let accounts: Mutex<[MemberID: Account]>
    private let arrivals = Arrivals()

    /// - Parameter now: The clock that files' times are of.
    /// - Throws: What reading the folder throws.
    package init(
        into store: BlobStore, limits: UploadLimits = UploadLimits(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        self.store = store
        self.limits = limits
        self.now = now
        folder = store.folder.appending(path: "uploads", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        accounts = Mutex(try Self.found(in: folder))
    }

    // MARK: - On disk

    private static func found(in folder: URL) throws -> [MemberID: Account] {
        let files = FileManager.default
        var accounts: [MemberID: Account] = [:]
        for name in try files.contentsOfDirectory(atPath: folder.path) {
            guard let member = try? MemberID(name) else { continue }
            let place = folder.appending(path: name, directoryHint: .isDirectory)
            for name in try files.contentsOfDirectory(atPath: place.path) {
                var status = stat()
                guard let digest = BlobDigest(name.prefix(64)),
                    stat(place.appending(path: name).path, &status) == 0
                else { continue }
                let count = Int(status.st_size)
                let touched = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
                if name.hasSuffix(partialSuffix) {
                    accounts[member, default: Account()].partials[digest] = Partial(
                        count: count, touched: touched)
                } else {
                    accounts[member, default: Account()].wholes[digest] = Whole(
                        count: count, touched: touched)
                }
            }
        }
        return accounts
    }

    private func partial(_ digest: BlobDigest, of member: MemberID) -> URL {
        folder.appending(path: member.text, directoryHint: .isDirectory)
            .appending(path: digest.text + Self.partialSuffix)
    }

    private func whole(_ digest: BlobDigest, of member: MemberID) -> URL {
        folder.appending(path: member.text, directoryHint: .isDirectory)
            .appending(path: digest.text)
    }

    // MARK: - Uploads

    /// How far the member's upload is. An earlier connection that is still sending is cut off, so
    /// that the answer stays true.
    package func progress(of digest: BlobDigest, by member: MemberID) throws -> Progress {
        stop(digest, of: member)
        if store.has(digest) {
            // It is not given up while somebody means to use it.
            accounts.withLock { $0[member]?.wholes[digest]?.touched = now() }
            return .whole(try store.open(digest).count)
        }
        return .partial(accounts.withLock { $0[member]?.partials[digest]?.count } ?? 0)
    }

    /// Takes an upload up.
    ///
    /// - Parameters:
    ///   - offset: Where the bytes begin that are to come; `nil` begins anew whatever is here.
    ///   - length: How many bytes the blob has.
    ///   - pieceDigest: The SHA-256 of the bytes that are to come; `nil` where there are none.
    /// - Throws: ``UploadRefusal`` or `StorageError`.
    package func begin(
        _ digest: BlobDigest, by member: MemberID, at offset: Int?, length: Int,
        pieceDigest: [UInt8]?
    ) throws -> BlobUpload {
        guard (0...limits.blobBytesMax).contains(length) else {
            throw UploadRefusal.tooLarge(bytes: length, max: limits.blobBytesMax)
        }
        stop(digest, of: member)
        let (before, turn) = try reserve(length, for: digest, of: member)
        do {
            let url = partial(digest, of: member)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            var blob = try opened(url, from: before?.mark)
            if let offset {
                guard blob.count == offset else {
                    throw UploadRefusal.wrongOffset(offset: offset, expected: blob.count)
                }
                guard offset <= length else {
                    throw UploadRefusal.wrongLength(bytes: offset, announced: length)
                }
            } else {
                try requireTurn(turn, at: digest, of: member)
                try blob.clear()
            }
            let count = blob.count
            let upload = BlobUpload(
                blob, digest: digest, member: member, length: length,
                pieceDigest: pieceDigest, uploads: self)
            // Whoever has taken the upload back, or up, while the file was being looked at may have put
            // another file in its place.
            try requireTurn(turn, at: digest, of: member) { row in
                row.active = upload
                row.mark = nil
            }
            arrivals.tell(digest, of: member) { $0.began(at: count, length: length) }
            return upload
        } catch {
            accounts.withLock {
                guard $0[member]?.partials[digest]?.turn === turn else { return }
                $0[member]?.partials[digest] = before
            }
            throw error
        }
    }

    private func requireTurn(
        _ turn: Turn, at digest: BlobDigest, of member: MemberID,
        _ change: (inout Partial) -> Void = { _ in }
    ) throws(UploadRefusal) {
        try accounts.withLock { accounts throws(UploadRefusal) in
            guard var row = accounts[member]?.partials[digest], row.turn === turn else {
                throw .superseded
            }
            change(&row)
            accounts[member]?.partials[digest] = row
        }
    }

    private func opened(_ url: URL, from mark: PartialBlob.Mark?) throws -> PartialBlob {
        do {
            return try PartialBlob(resuming: url, from: mark)
        } catch StorageError.inUse {
            throw UploadRefusal.superseded
        }
    }

    /// - Returns: What was known of the upload before.
    private func reserve(
        _ length: Int, for digest: BlobDigest, of member: MemberID
    ) throws(UploadRefusal) -> (Partial?, Turn) {
        try accounts.withLock { accounts throws(UploadRefusal) in
            var account = accounts[member] ?? Account()
            let before = account.partials.removeValue(forKey: digest)
            // It has begun since the one before was stopped.
            guard before?.active == nil else { throw .superseded }
            let used = account.used
            guard max(length, Self.blobBytesMin) <= limits.memberBytesMax - used else {
                throw .quota(
                    member: member, bytes: length, used: used, max: limits.memberBytesMax)
            }
            guard account.partials.count < limits.partialsMax else {
                throw .tooMany(member: member, max: limits.partialsMax)
            }
            let row = Partial(
                count: before?.count ?? 0, reserved: length, touched: now(), mark: before?.mark)
            account.partials[digest] = row
            accounts[member] = account
            return (before, row.turn)
        }
    }

    private func stop(_ digest: BlobDigest, of member: MemberID) {
        accounts.withLock { $0[member]?.partials[digest]?.active }?.stop()
    }

    /// Forgets what a member has sent of a blob. One that is here as a whole stays.
    package func cancel(_ digest: BlobDigest, by member: MemberID) {
        stop(digest, of: member)
        let isGone = accounts.withLock { accounts in
            // One that has begun anew since is not what was meant.
            guard let row = accounts[member]?.partials[digest], row.active == nil else {
                return false
            }
            accounts[member]?.partials[digest] = nil
            unlink(partial(digest, of: member).path)
            return true
        }
        if isGone { arrivals.tell(digest, of: member) { $0.cancel() } }
    }

    // MARK: - Reading what is on its way

    /// A member's upload of a blob, for who reads it while it comes; it need not have begun.
    package func arriving(_ digest: BlobDigest, from member: MemberID) -> ArrivingBlob {
        let reader = ArrivingBlob(digest, into: store, partial: partial(digest, of: member))
        arrivals.add(reader, of: member)
        // After it is known here: what happens meanwhile is said twice rather than never.
        accounts.withLock { $0[member]?.partials[digest]?.active }?.introduce(to: reader)
        if store.has(digest) { reader.isInStore() }
        return reader
    }

    /// Nobody reads it any more.
    package func forget(_ reader: ArrivingBlob, from member: MemberID) {
        reader.cancel()
        arrivals.remove(reader, of: member)
    }

    // MARK: - What uploads say of themselves

    private func isActive(_ upload: BlobUpload, in accounts: [MemberID: Account]) -> Bool {
        accounts[upload.member]?.partials[upload.digest]?.active === upload
    }

    func wrote(_ upload: BlobUpload, upTo count: Int) {
        arrivals.tell(upload.digest, of: upload.member) { $0.reached(count) }
    }

    func stopped(_ upload: BlobUpload, at mark: PartialBlob.Mark) {
        let row = Partial(count: mark.count, touched: now(), mark: mark)
        guard replace(upload, by: row) else { return }
        arrivals.tell(upload.digest, of: upload.member) { $0.reached(mark.count) }
    }

    /// - Returns: Whether it was still this upload's turn.
    private func replace(_ upload: BlobUpload, by row: Partial?) -> Bool {
        accounts.withLock { accounts in
            guard isActive(upload, in: accounts) else { return false }
            accounts[upload.member]?.partials[upload.digest] = row
            return true
        }
    }

    func failed(_ upload: BlobUpload) {
        guard replace(upload, by: nil) else { return }
        arrivals.tell(upload.digest, of: upload.member) { $0.cancel() }
    }

    func finished(_ upload: BlobUpload, count: Int) {
        let (digest, member) = (upload.digest, upload.member)
        accounts.withLock { accounts in
            if isActive(upload, in: accounts) { accounts[member]?.partials[digest] = nil }
            let name = whole(digest, of: member).path
            // Of an earlier upload of the same: the file that is in its place is another.
            unlink(name)
            // Where this fails, the blob does not count after the next restart.
            _ = link(store.url(of: digest).path, name)
            accounts[member, default: Account()].wholes[digest] = Whole(
                count: count, touched: now())
        }
        arrivals.tell(digest, of: member) { $0.finished() }
    }

    // MARK: - Giving up

    /// Counts these no longer: the ledger names them now.
    package func release(_ named: Set<BlobDigest>) {
        accounts.withLock { accounts in
            for (member, account) in accounts {
                for digest in account.wholes.keys where named.contains(digest) {
                    accounts[member]?.wholes[digest] = nil
                    unlink(whole(digest, of: member).path)
                }
            }
        }
    }

    /// Removes what has been left lying for too long.
    ///
    /// - Parameter named: What the ledger names, or is about to: these stay.
    package func sweep(keeping named: Set<BlobDigest>) {
        release(named)
        let time = now()
        accounts.withLock { accounts in
            for (member, account) in accounts {
                for (digest, row) in account.partials
                where row.active == nil
                    && time.timeIntervalSince(row.touched) > limits.partialLifetimeSeconds
                {
                    accounts[member]?.partials[digest] = nil
                    unlink(partial(digest, of: member).path)
                }
                for (digest, row) in account.wholes
                where time.timeIntervalSince(row.touched) > limits.unnamedLifetimeSeconds {
                    accounts[member]?.wholes[digest] = nil
                    giveUp(digest, of: member)
                }
            }
        }
    }

    /// Removes the blob, unless another member has sent it, too.
    private func giveUp(_ digest: BlobDigest, of member: MemberID) {
        unlink(whole(digest, of: member).path)
        var status = stat()
        let path = store.url(of: digest).path
        if stat(path, &status) == 0, status.st_nlink == 1 { unlink(path) }
    }
}
