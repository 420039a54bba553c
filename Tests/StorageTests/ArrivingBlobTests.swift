import Contracts
import Foundation
import Memory
import SampleLab
import Storage
import Testing

/// Reading uploads that are still on their way.
@Suite struct ArrivingBlobTests {
    private let folder: TemporaryFolder
    private let uploads: BlobUploads
    private let north: MemberID
    private let south: MemberID
    private let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    private let digest: BlobDigest

    init() throws {
        folder = try TemporaryFolder()
        uploads = try BlobUploads(into: BlobStore(folder: folder.file("blobs")))
        (north, south) = (try MemberID("north"), try MemberID("south"))
        digest = BlobDigest(of: content)
    }

    private func begin(
        _ member: MemberID? = nil, at offset: Int? = 0, piece: [UInt8]? = nil
    ) throws -> BlobUpload {
        let piece = BlobDigest(of: piece ?? Array(content[(offset ?? 0)...])).text
        return try uploads.begin(
            digest, by: member ?? north, at: offset, length: content.count,
            pieceDigest: stride(from: 0, to: 64, by: 2).compactMap {
                UInt8(piece.dropFirst($0).prefix(2), radix: 16)
            })
    }

    private func send(_ range: Range<Int>, over upload: BlobUpload) throws {
        try content[range].withUnsafeBytes { try upload.write($0) }
    }

    /// Reads it all on a thread of its own, a part at a time.
    private func reading(_ blob: ArrivingBlob) -> Task<[UInt8], any Error> {
        Task {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(
                        with: Result {
                            let file = try blob.bytes()
                            var read: [UInt8] = []
                            while read.count < file.count {
                                var part = [UInt8](
                                    repeating: 0, count: min(7_000, file.count - read.count))
                                try part.withUnsafeMutableBytes {
                                    try file.read(from: read.count, into: $0)
                                }
                                read += part
                            }
                            return read
                        })
                }
            }
        }
    }

    private func part(_ file: FileBytes, _ range: Range<Int>) throws -> [UInt8] {
        var part = [UInt8](repeating: 0, count: range.count)
        try part.withUnsafeMutableBytes { try file.read(from: range.lowerBound, into: $0) }
        return part
    }

    @Test("What comes in pieces, over connections that break, is read as it comes")
    func pieces() async throws {
        let blob = uploads.arriving(digest, from: north)
        let read = reading(blob)
        let first = try begin()
        try send(0..<1, over: first)
        try send(1..<30_000, over: first)
        let file = try blob.bytes()
        #expect(file.count == content.count)
        #expect(try part(file, 20_000..<30_000) == Array(content[20_000..<30_000]))
        first.stop()
        let second = try begin(at: 30_000)
        try send(30_000..<99_999, over: second)
        #expect(!blob.hasArrived)
        try send(99_999..<100_000, over: second)
        _ = try second.finish(isLast: true)
        #expect(try await read.value == content)
        #expect(blob.hasArrived)
        #expect(
            try part(file, 0..<content.count) == content, "after it was moved to its place, too")
    }

    @Test("Who comes when half of it is there reads that half at once")
    func inTheMiddle() async throws {
        let upload = try begin()
        try send(0..<50_000, over: upload)
        let blob = uploads.arriving(digest, from: north)
        let file = try blob.bytes()
        #expect(file.count == content.count)
        #expect(try part(file, 0..<50_000) == Array(content[..<50_000]))
        let read = reading(blob)
        try send(50_000..<content.count, over: upload)
        _ = try upload.finish(isLast: true)
        #expect(try await read.value == content)
    }

    @Test(
        "A blob that is there, from whomever, or comes before anybody reads, is read from the store"
    )
    func there() async throws {
        let early = uploads.arriving(digest, from: north)
        let other = uploads.arriving(digest, from: south)
        let upload = try begin()
        try send(0..<content.count, over: upload)
        _ = try upload.finish(isLast: true)
        #expect(early.hasArrived && !other.hasArrived)
        other.isInStore()
        let late = uploads.arriving(digest, from: south)
        for blob in [early, other, late] {
            #expect(blob.hasArrived)
            #expect(try await reading(blob).value == content)
        }
    }

    @Test(
        "Bytes that came under a name, and were never hashed to the end, do not pass for the blob")
    func notHashed() async throws {
        let blob = uploads.arriving(digest, from: south)
        let wrong = try begin(south)
        try [UInt8](repeating: 1, count: 50_000).withUnsafeBytes { try wrong.write($0) }
        let file = try blob.bytes()
        #expect(try part(file, 0..<10) == [UInt8](repeating: 1, count: 10))
        let right = try begin(north)
        try send(0..<content.count, over: right)
        _ = try right.finish(isLast: true)
        blob.isInStore()
        #expect(!blob.hasArrived)
        #expect(throws: ArrivingBlob.Lost.self) { try part(file, 0..<10) }
    }

    @Test(
        "Who has read what turns out to be something else has lost the blob",
        arguments: ["wrong blob", "wrong piece", "begun anew", "taken back"])
    func lost(how: String) async throws {
        let blob = uploads.arriving(digest, from: north)
        let read = reading(blob)
        let upload = try begin()
        var wrong = content
        wrong[99_999] ^= 1
        try wrong[..<60_000].withUnsafeBytes { try upload.write($0) }
        let file = try blob.bytes()
        _ = try part(file, 0..<60_000)
        switch how {
        case "wrong blob":
            try wrong[60_000...].withUnsafeBytes { try upload.write($0) }
            #expect(throws: UploadRefusal.self) { try upload.finish(isLast: true) }
        case "wrong piece":
            upload.stop()
            let second = try begin(at: 60_000)
            try wrong[60_000..<90_000].withUnsafeBytes { try second.write($0) }
            _ = try part(file, 60_000..<90_000)
            #expect(throws: UploadRefusal.wrongPiece) { try second.finish(isLast: false) }
        case "begun anew": _ = try begin(at: nil)
        default: uploads.cancel(digest, by: north)
        }
        #expect(throws: ArrivingBlob.Lost.self) { try part(file, 0..<1) }
        #expect(!blob.hasArrived)
        await #expect(throws: ArrivingBlob.Lost.self) { try await read.value }
    }

    @Test("Another connection that goes on with the upload loses nothing")
    func superseded() async throws {
        let blob = uploads.arriving(digest, from: north)
        let read = reading(blob)
        let first = try begin()
        try send(0..<10_000, over: first)
        _ = try part(blob.bytes(), 0..<10_000)
        let second = try begin(at: 10_000)
        #expect(throws: UploadRefusal.superseded) { try send(10_000..<20_000, over: first) }
        try send(10_000..<content.count, over: second)
        #expect(throws: UploadRefusal.superseded) { try first.finish(isLast: true) }
        _ = try second.finish(isLast: true)
        #expect(try await read.value == content)
    }

    @Test(
        "A reader that is told to stop stops, whether the upload has begun or not", arguments: 0...1
    )
    func stopped(begins: Int) async throws {
        let blob = uploads.arriving(digest, from: north)
        let read = reading(blob)
        if begins == 1 { try send(0..<10, over: begin()) }
        uploads.forget(blob, from: north)
        await #expect(throws: ArrivingBlob.Lost.self) { try await read.value }
    }
}
