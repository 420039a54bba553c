import Contracts
import Foundation
import SampleLab
import Storage
import Synchronization
import Testing

@Suite struct BlobUploadsTests {
    /// A clock that only the test moves.
    private final class Clock: Sendable {
        let date = Mutex(Date())

        func advance(by seconds: Double) {
            date.withLock { $0 += seconds }
        }
    }

    private let folder: TemporaryFolder
    private let place: URL
    private let clock = Clock()
    private let north: MemberID
    private let south: MemberID
    private let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    init() throws {
        folder = try TemporaryFolder()
        place = folder.file("blobs")
        north = try MemberID("north")
        south = try MemberID("south")
    }

    private var digest: BlobDigest { BlobDigest(of: content) }

    private func uploads(_ limits: UploadLimits = UploadLimits()) throws -> BlobUploads {
        let clock = clock
        return try BlobUploads(into: BlobStore(folder: place), limits: limits) {
            clock.date.withLock(\.self)
        }
    }

    /// What the digest in a request's signature says of these bytes.
    private func signed(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let name = BlobDigest(of: Array(bytes)).text
        return stride(from: 0, to: 64, by: 2).compactMap {
            UInt8(name.dropFirst($0).prefix(2), radix: 16)
        }
    }

    private func begin(
        _ uploads: BlobUploads, by member: MemberID? = nil, at offset: Int? = 0,
        piece: [UInt8]? = nil
    ) throws -> BlobUpload {
        try uploads.begin(
            digest, by: member ?? north, at: offset, length: content.count,
            pieceDigest: signed(piece ?? Array(content[(offset ?? 0)...])))
    }

    private func send(_ range: Range<Int>, over upload: BlobUpload) throws {
        try content[range].withUnsafeBytes { try upload.write($0) }
    }

    /// Sends a small blob as a whole.
    @discardableResult
    private func send(
        _ bytes: [UInt8], by member: MemberID, to uploads: BlobUploads
    ) throws -> BlobDigest {
        let digest = BlobDigest(of: bytes)
        let upload = try uploads.begin(
            digest, by: member, at: 0, length: bytes.count, pieceDigest: signed(bytes))
        try bytes.withUnsafeBytes { try upload.write($0) }
        #expect(try upload.finish(isLast: true) == .whole(bytes.count))
        return digest
    }

    @Test("An upload goes on where it stopped, after any interruption and after a restart")
    func goesOn() throws {
        var uploads = try uploads()
        #expect(try uploads.progress(of: digest, by: north) == .partial(0))
        var upload = try begin(uploads)
        try send(0..<40_000, over: upload)
        upload.stop()
        #expect(try uploads.progress(of: digest, by: north) == .partial(40_000))
        upload = try begin(uploads, at: 40_000)
        try send(40_000..<50_000, over: upload)
        // The process is killed here: nobody says stop.
        uploads = try self.uploads()
        #expect(try uploads.progress(of: digest, by: north) == .partial(50_000))
    }

    @Test("Bytes that do not begin where the upload stands are refused, and change nothing")
    func offsets() throws {
        let uploads = try uploads()
        let upload = try begin(uploads)
        try send(0..<10, over: upload)
        upload.stop()
        for offset in [0, 9, 11, content.count] {
            #expect(throws: UploadRefusal.wrongOffset(offset: offset, expected: 10)) {
                try begin(uploads, at: offset)
            }
        }
        #expect(throws: UploadRefusal.wrongLength(bytes: 10, announced: 5)) {
            try uploads.begin(digest, by: north, at: 10, length: 5, pieceDigest: nil)
        }
        #expect(try uploads.progress(of: digest, by: north) == .partial(10))
        // But whoever says so begins anew.
        let anew = try begin(uploads, at: nil)
        try send(0..<content.count, over: anew)
        #expect(try anew.finish(isLast: true) == .whole(content.count))
        #expect(try uploads.store.read(digest) == content)
    }

    @Test("What two members send in part is apart, and each may finish it")
    func apart() throws {
        let uploads = try uploads()
        let first = try begin(uploads, by: north)
        let second = try begin(uploads, by: south)
        try send(0..<60_000, over: first)
        try send(0..<10, over: second)
        try send(60_000..<content.count, over: first)
        #expect(try first.finish(isLast: true) == .whole(content.count))
        try send(10..<content.count, over: second)
        #expect(try second.finish(isLast: true) == .whole(content.count))
        #expect(try uploads.store.read(digest) == content)
        let third = try begin(uploads, by: north)
        try send(0..<1, over: third)
        third.stop()
        #expect(throws: UploadRefusal.wrongOffset(offset: 1, expected: 0)) {
            try begin(uploads, by: south, at: 1)
        }
    }

    @Test("Of one member's two connections for a blob the newer counts; the older is cut off")
    func superseded() throws {
        let uploads = try uploads()
        let older = try begin(uploads)
        try send(0..<100, over: older)
        #expect(throws: UploadRefusal.wrongOffset(offset: 0, expected: 100)) { try begin(uploads) }
        let newer = try begin(uploads, at: 100)
        #expect(throws: UploadRefusal.superseded) { try send(100..<200, over: older) }
        #expect(throws: UploadRefusal.superseded) { try older.finish(isLast: true) }
        older.stop()
        try send(100..<content.count, over: newer)
        #expect(try newer.finish(isLast: true) == .whole(content.count))
        #expect(try uploads.store.read(digest) == content)
    }

    @Test("Many connections of two members for one blob leave it as it is")
    func contention() async throws {
        let uploads = try uploads()
        let members = [north, south]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let member = members[number % 2]
                    while true {
                        guard
                            case .partial(let offset) = try uploads.progress(of: digest, by: member)
                        else { return }
                        do {
                            let upload = try begin(uploads, by: member, at: offset)
                            defer { upload.stop() }
                            let end = min(offset + 5_000, content.count)
                            try send(offset..<end, over: upload)
                            if end == content.count { _ = try upload.finish(isLast: true) }
                        } catch is UploadRefusal {
                            await Task.yield()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try uploads.store.read(digest) == content)
    }

    @Test("Bytes whose digest is not the signed one are not kept; what came before them is")
    func wrongPiece() throws {
        let uploads = try uploads()
        var upload = try begin(uploads)
        try send(0..<100, over: upload)
        upload.stop()
        upload = try begin(uploads, at: 100, piece: Array(content[100..<300]))
        try send(100..<299, over: upload)
        try [UInt8]([content[299] ^ 1]).withUnsafeBytes { try upload.write($0) }
        #expect(throws: UploadRefusal.wrongPiece) { try upload.finish(isLast: false) }
        upload.stop()
        #expect(try uploads.progress(of: digest, by: north) == .partial(100))
        upload = try begin(uploads, at: 100, piece: Array(content[100..<300]))
        try send(100..<300, over: upload)
        #expect(try upload.finish(isLast: false) == .partial(300))
        upload = try begin(uploads, at: 300)
        try send(300..<content.count, over: upload)
        #expect(try upload.finish(isLast: true) == .whole(content.count))
    }

    @Test("A whole that is not what its name says is removed, and the member can begin anew")
    func wrongBlob() throws {
        let uploads = try uploads()
        let wrong = [UInt8](repeating: 7, count: content.count)
        let upload = try begin(uploads, piece: wrong)
        try wrong.withUnsafeBytes { try upload.write($0) }
        #expect(
            throws: UploadRefusal.wrongBlob(
                expected: digest, found: BlobDigest(of: wrong).text)
        ) { try upload.finish(isLast: true) }
        upload.stop()
        #expect(!uploads.store.has(digest))
        #expect(try uploads.progress(of: digest, by: north) == .partial(0))
        try send(content, by: north, to: uploads)
    }

    @Test("More bytes than were announced are refused, and fewer are no blob")
    func wrongLength() throws {
        let uploads = try uploads()
        let upload = try begin(uploads)
        try send(0..<content.count, over: upload)
        #expect(
            throws: UploadRefusal.wrongLength(
                bytes: content.count + 1, announced: content.count)
        ) { try [UInt8]([1]).withUnsafeBytes { try upload.write($0) } }
        upload.stop()
        #expect(try uploads.progress(of: digest, by: north) == .partial(content.count))
        let short = try begin(uploads, by: south, piece: Array(content[..<5]))
        try send(0..<5, over: short)
        #expect(throws: UploadRefusal.wrongLength(bytes: 5, announced: content.count)) {
            try short.finish(isLast: true)
        }
    }

    // MARK: - Bounds

    @Test("A blob that is larger than any is not begun")
    func tooLarge() throws {
        var limits = UploadLimits()
        limits.blobBytesMax = content.count - 1
        #expect(
            throws: UploadRefusal.tooLarge(bytes: content.count, max: content.count - 1)
        ) { try begin(try uploads(limits)) }
        for length in [-1, Int.min, Int.max] {
            #expect(throws: UploadRefusal.self) {
                try uploads().begin(digest, by: north, at: 0, length: length, pieceDigest: nil)
            }
        }
    }

    @Test("What is announced, unfinished or unnamed counts against the member's quota, no other's")
    func quota() throws {
        var limits = UploadLimits()
        limits.memberBytesMax = 150_000
        var uploads = try uploads(limits)
        let other = try send([UInt8](repeating: 1, count: 60_000), by: north, to: uploads)
        let refusal = UploadRefusal.quota(
            member: north, bytes: content.count, used: 60_000, max: 150_000)
        #expect(throws: refusal) { try begin(uploads) }
        #expect(throws: Never.self) { try begin(uploads, by: south).stop() }
        // It is known after a restart.
        uploads = try self.uploads(limits)
        #expect(throws: refusal) { try begin(uploads) }
        // Once the ledger names it, it is not the member's any more.
        uploads.release([other])
        let upload = try begin(uploads)
        #expect(
            throws: UploadRefusal.quota(
                member: north, bytes: 60_000, used: content.count, max: 150_000)
        ) { try send([UInt8](repeating: 2, count: 60_000), by: north, to: uploads) }
        try send(0..<10, over: upload)
        upload.stop()
        // What was announced and did not come counts no longer.
        try send([UInt8](repeating: 2, count: 60_000), by: north, to: uploads)
        #expect(uploads.store.has(other))
    }

    @Test("The smallest blobs count, too, and unfinished ones are counted")
    func small() throws {
        var limits = UploadLimits()
        limits.memberBytesMax = 5 * 4_096
        limits.partialsMax = 2
        let uploads = try uploads(limits)
        for number in 0..<3 as Range<UInt8> { try send([number], by: north, to: uploads) }
        for number in 3..<5 as Range<UInt8> {
            let digest = BlobDigest(of: [number])
            try uploads.begin(digest, by: north, at: 0, length: 1, pieceDigest: nil).stop()
        }
        let next = BlobDigest(of: [9])
        #expect(
            throws: UploadRefusal.quota(member: north, bytes: 1, used: 20_480, max: 20_480)
        ) { try uploads.begin(next, by: north, at: 0, length: 1, pieceDigest: nil) }
        uploads.release([BlobDigest(of: [0])])
        #expect(throws: UploadRefusal.tooMany(member: north, max: 2)) {
            try uploads.begin(next, by: north, at: 0, length: 1, pieceDigest: nil)
        }
        uploads.cancel(BlobDigest(of: [3]), by: north)
        #expect(throws: Never.self) {
            try uploads.begin(next, by: north, at: 0, length: 1, pieceDigest: nil)
        }
    }

    @Test("A member takes back its own unfinished upload, and nothing else")
    func cancel() throws {
        let uploads = try uploads()
        let upload = try begin(uploads)
        try send(0..<100, over: upload)
        uploads.cancel(digest, by: south)
        #expect(try uploads.progress(of: digest, by: south) == .partial(0))
        try send(100..<200, over: upload)
        uploads.cancel(digest, by: north)
        #expect(throws: UploadRefusal.superseded) { try send(200..<300, over: upload) }
        #expect(try uploads.progress(of: digest, by: north) == .partial(0))
        try send(content, by: north, to: uploads)
        uploads.cancel(digest, by: north)
        #expect(uploads.store.has(digest))
    }

    @Test("An abandoned upload goes after a day, and a blob that is never named after a week")
    func sweep() throws {
        let uploads = try uploads()
        let mine = try send([UInt8](repeating: 1, count: 100), by: north, to: uploads)
        let named = try send([UInt8](repeating: 2, count: 100), by: north, to: uploads)
        let shared = try send([UInt8](repeating: 3, count: 100), by: north, to: uploads)
        try begin(uploads).stop()
        let kept: Set = [named]
        clock.advance(by: 86_000)
        uploads.sweep(keeping: kept)
        #expect(try files("uploads/north").count == 3)
        clock.advance(by: 1_000)
        uploads.sweep(keeping: kept)
        #expect(Set(try files("uploads/north")) == [mine.text, shared.text])
        clock.advance(by: 7 * 86_400 - 88_000)
        try send([UInt8](repeating: 3, count: 100), by: south, to: uploads)
        clock.advance(by: 3_000)
        uploads.sweep(keeping: kept)
        #expect(!uploads.store.has(mine))
        #expect(uploads.store.has(named))
        // The other member sent it later.
        #expect(uploads.store.has(shared))
        clock.advance(by: 8 * 86_400)
        uploads.sweep(keeping: kept)
        #expect(!uploads.store.has(shared))
        #expect(uploads.store.has(named))
    }

    private func files(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: place.appending(path: name).path)
    }
}

/// Uploads of one blob over several connections at the same time.
@Suite struct UploadTurnTests {
    private let folder: TemporaryFolder
    private let uploads: BlobUploads
    private let north: MemberID
    private let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    private let digest: BlobDigest

    init() throws {
        folder = try TemporaryFolder()
        uploads = try BlobUploads(into: BlobStore(folder: folder.file("blobs")))
        north = try MemberID("north")
        digest = BlobDigest(of: content)
    }

    private func begin(at offset: Int?) throws -> BlobUpload {
        try uploads.begin(
            digest, by: north, at: offset, length: content.count, pieceDigest: nil)
    }

    @Test("Whoever goes on with an upload while others take it back stores the blob, or nothing")
    func together() async throws {
        let wrong = [UInt8](repeating: 1, count: 1_000_000)
        for round in 0..<60 {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        do {
                            switch (number + round) % 3 {
                            case 0:
                                let upload = try begin(at: nil)
                                for start in stride(from: 0, to: content.count, by: 700_000) {
                                    let end = min(start + 700_000, content.count)
                                    try content[start..<end].withUnsafeBytes {
                                        try upload.write($0)
                                    }
                                }
                                _ = try upload.finish(isLast: true)
                            case 1:
                                let upload = try begin(at: nil)
                                try wrong.withUnsafeBytes { try upload.write($0) }
                                upload.stop()
                            default:
                                uploads.cancel(digest, by: north)
                                let upload = try begin(at: 1_000_000)
                                try content[1_000_000...].withUnsafeBytes {
                                    try upload.write($0)
                                }
                                _ = try upload.finish(isLast: true)
                            }
                        } catch {
                            // Refused, or overtaken.
                        }
                    }
                }
            }
            if uploads.store.has(digest) {
                #expect(try uploads.store.open(digest).sha256() == Self.bytes(of: digest))
                try uploads.store.remove(digest)
            }
        }
        let last = try begin(at: nil)
        try content.withUnsafeBytes { try last.write($0) }
        #expect(try last.finish(isLast: true) == .whole(content.count))
    }

    @Test("Taking an upload back leaves one that began anew alone, and its own file to nobody")
    func takenBack() throws {
        let first = try begin(at: 0)
        try content[..<10].withUnsafeBytes { try first.write($0) }
        uploads.cancel(digest, by: north)
        #expect(throws: UploadRefusal.superseded) {
            try content[10...].withUnsafeBytes { try first.write($0) }
        }
        let second = try begin(at: 0)
        try content.withUnsafeBytes { try second.write($0) }
        #expect(throws: UploadRefusal.superseded) { try first.finish(isLast: true) }
        #expect(try second.finish(isLast: true) == .whole(content.count))
        #expect(try uploads.store.read(digest) == content)
    }

    private static func bytes(of digest: BlobDigest) -> [UInt8] {
        stride(from: 0, to: 64, by: 2).compactMap {
            UInt8(digest.text.dropFirst($0).prefix(2), radix: 16)
        }
    }
}
