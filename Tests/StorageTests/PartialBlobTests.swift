import Contracts
import Foundation
import Randomness
import SampleLab
import Storage
import Testing

@Suite struct PartialBlobTests {
    private let folder: TemporaryFolder
    private let place: URL
    private let content: [UInt8]
    private let digest: BlobDigest

    init() throws {
        folder = try TemporaryFolder()
        place = folder.file("blobs")
        var random = SeededRandom(seed: 11)
        content = (0..<300_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        digest = BlobDigest(of: content)
    }

    private func append(_ range: Range<Int>, to partial: inout PartialBlob) throws {
        try content[range].withUnsafeBytes { try partial.append($0) }
    }

    private func files() throws -> [String] {
        try names(in: place).filter { !$0.hasSuffix("/") }
    }

    @Test("What one writer left, the next goes on with, also in a store that was opened anew")
    func goesOn() throws {
        for cuts in [[0], [1], [299_999], [300_000], [5, 5, 70_000, 262_144, 262_145]] {
            let blobs = try BlobStore(folder: place)
            try blobs.remove(digest)
            var reached = 0
            for cut in cuts {
                var partial = try BlobStore(folder: place).partial(digest)
                #expect(partial.count == reached)
                try append(reached..<cut, to: &partial)
                reached = cut
            }
            var partial = try blobs.partial(digest)
            try append(reached..<content.count, to: &partial)
            try partial.finish(expecting: digest, in: blobs)
            #expect(try blobs.read(digest) == content)
            #expect(try files() == ["\(digest.text.prefix(2))/\(digest)"])
        }
    }

    @Test("A mark spares hashing, and one that does not fit the file does not count")
    func marks() throws {
        let blobs = try BlobStore(folder: place)
        let url = folder.file("part")
        var mark: PartialBlob.Mark?
        do {
            var partial = try PartialBlob(resuming: url)
            try append(0..<1_000, to: &partial)
            mark = partial.mark
            try append(1_000..<2_000, to: &partial)
        }
        // The mark is of half of it: the file is hashed.
        do {
            let partial = try PartialBlob(resuming: url, from: mark)
            #expect(partial.count == 2_000)
        }
        var partial = try PartialBlob(resuming: url)
        try partial.rewind(to: try #require(mark))
        #expect(partial.count == 1_000)
        try append(1_000..<content.count, to: &partial)
        try partial.finish(expecting: digest, in: blobs)
        #expect(try blobs.read(digest) == content)
    }

    @Test("While one writes, nobody else does, and who comes after the move begins anew")
    func oneWriter() throws {
        let blobs = try BlobStore(folder: place)
        var partial = try blobs.partial(digest)
        let path = place.appending(path: "partial/\(digest)").path
        #expect(throws: StorageError.inUse(path: path)) { _ = try blobs.partial(digest) }
        try append(0..<content.count, to: &partial)
        try partial.finish(expecting: digest, in: blobs)
        let next = try blobs.partial(digest)
        #expect(next.count == 0)
        #expect(try blobs.read(digest) == content)
    }

    @Test("Content that is not what was announced is removed")
    func wrongContent() throws {
        let blobs = try BlobStore(folder: place)
        var partial = try blobs.partial(digest)
        try append(0..<10, to: &partial)
        var thrown: StorageError?
        do {
            try partial.finish(expecting: digest, in: blobs)
        } catch let error as StorageError {
            thrown = error
        }
        #expect(
            thrown
                == .wrongDigest(
                    expected: digest.text, found: BlobDigest(of: Array(content[..<10])).text))
        #expect(try files() == [])
    }

    @Test("A store that opens keeps a young beginning and removes an old one; a sharer keeps both")
    func lifetime() throws {
        var blobs = try BlobStore(folder: place)
        let other = BlobDigest(of: [1])
        for name in [digest, other] {
            var partial = try blobs.partial(name)
            try append(0..<10, to: &partial)
        }
        let old = Date(timeIntervalSinceNow: -BlobStore.partialLifetimeSeconds - 60)
        try FileManager.default.setAttributes(
            [.modificationDate: old],
            ofItemAtPath: place.appending(path: "partial/\(other)").path)
        blobs = try BlobStore(sharingFolder: place)
        #expect(try files().count == 2)
        blobs = try BlobStore(folder: place)
        #expect(try files() == ["partial/\(digest)"])
    }

    // MARK: - Reading in pieces

    @Test("Any piece of a stored blob can be read, and nothing outside of it")
    func pieces() throws {
        let blobs = try BlobStore(folder: place)
        _ = try blobs.write(content)
        let file = try blobs.open(digest)
        #expect(file.count == content.count)
        #expect(file.digest == digest)
        try file.verify()
        var random = SeededRandom(seed: 2)
        for _ in 0..<200 {
            let first = random.uniformInteger(in: 0...content.count)
            let range = first..<random.uniformInteger(in: first...content.count)
            var piece = [UInt8](repeating: 0, count: range.count)
            try piece.withUnsafeMutableBytes { try file.read(from: first, into: $0) }
            #expect(piece == Array(content[range]), "\(range)")
        }
        for (offset, count) in [(-1, 1), (content.count, 1), (0, content.count + 1), (.max, 1)] {
            var piece = [UInt8](repeating: 0, count: count)
            #expect(throws: StorageError.self, "\(offset) \(count)") {
                try piece.withUnsafeMutableBytes { try file.read(from: offset, into: $0) }
            }
        }
        #expect(try file.sha256(from: 100) == Array(hashed(content[100...])))
        #expect(try file.sha256(from: content.count) == Array(hashed([])))
    }

    private func hashed(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
        let name = BlobDigest(of: Array(bytes)).text
        return stride(from: 0, to: 64, by: 2).compactMap {
            UInt8(name.dropFirst($0).prefix(2), radix: 16)
        }
    }

    @Test("A blob that is not here cannot be opened, and one that the disk has changed shows it")
    func verified() throws {
        let blobs = try BlobStore(folder: place)
        #expect(throws: StorageError.self) { try blobs.open(digest) }
        _ = try blobs.write(content)
        try Data("other".utf8).write(to: blobs.url(of: digest))
        let file = try blobs.open(digest)
        #expect(
            throws: StorageError.wrongDigest(
                expected: digest.text, found: BlobDigest(of: Array("other".utf8)).text)
        ) { try file.verify() }
    }
}
