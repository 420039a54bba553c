import Contracts
import Foundation
import Randomness
import SampleLab
import Storage
import Testing

@Suite struct BlobStoreTests {
    private let folder: TemporaryFolder
    private let place: URL

    init() throws {
        folder = try TemporaryFolder()
        place = folder.file("blobs")
    }

    private func files() throws -> [String] {
        try names(in: place).filter { !$0.hasSuffix("/") }
    }

    @Test("A blob is found under the SHA-256 of its content, wherever it was cut on its way in")
    func contentAddressed() throws {
        let blobs = try BlobStore(folder: place)
        var random = SeededRandom(seed: 1)
        let content = (0..<100_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let digest = BlobDigest(of: content)
        #expect(!blobs.has(digest))
        var writer = try blobs.writer()
        var rest = content[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(random.uniformInteger(in: 1...9_000)))
            try piece.withUnsafeBytes { try writer.write($0) }
            rest = rest.dropFirst(piece.count)
        }
        #expect(try writer.finish(expecting: digest) == digest)
        #expect(blobs.has(digest))
        #expect(try blobs.read(digest) == content)
        #expect(try contents(of: blobs.url(of: digest).path) == Data(content))
        #expect(try files() == ["\(digest.text.prefix(2))/\(digest)"])
    }

    @Test("No content is a content too")
    func empty() throws {
        let blobs = try BlobStore(folder: place)
        let digest = try blobs.write([])
        #expect(
            digest.text == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(try blobs.read(digest) == [])
    }

    @Test("Content that is not what was announced leaves nothing behind")
    func wrongDigest() throws {
        let blobs = try BlobStore(folder: place)
        let announced = BlobDigest(of: [1])
        var writer = try blobs.writer()
        try [UInt8]([2]).withUnsafeBytes { try writer.write($0) }
        var thrown: StorageError?
        do {
            _ = try writer.finish(expecting: announced)
        } catch let error as StorageError {
            thrown = error
        }
        #expect(
            thrown
                == .wrongDigest(expected: announced.text, found: BlobDigest(of: [2]).text))
        #expect(try files() == [])
        #expect(!blobs.has(announced))
        #expect(!blobs.has(BlobDigest(of: [2])))
    }

    @Test("A blob that is given up leaves nothing behind")
    func givenUp() throws {
        let blobs = try BlobStore(folder: place)
        do {
            var writer = try blobs.writer()
            try [UInt8]([2]).withUnsafeBytes { try writer.write($0) }
            #expect(try files().count == 1)
        }
        #expect(try files() == [])
    }

    @Test("Many writers of the same and of other content do not get in one another's way")
    func concurrentWriters() async throws {
        let blobs = try BlobStore(folder: place)
        let contents = (0..<8).map { [UInt8](repeating: $0, count: 20_000) }
        let digests = try await withThrowingTaskGroup(of: BlobDigest.self) { group in
            for number in 0..<80 {
                group.addTask { try blobs.write(contents[number % contents.count]) }
            }
            return try await group.reduce(into: Set<BlobDigest>()) { $0.insert($1) }
        }
        #expect(digests == Set(contents.map { BlobDigest(of: $0) }))
        #expect(try files().count == contents.count)
        for content in contents {
            #expect(try blobs.read(BlobDigest(of: content)) == content)
        }
    }

    @Test("A store removes what an earlier process had not finished, and one that reads does not")
    func leftovers() throws {
        let blobs = try BlobStore(folder: place)
        let digest = try blobs.write([7])
        try Data([1, 2]).write(to: place.appending(path: "incoming/unfinished"))
        #expect(try BlobStore(readingFolder: place).read(digest) == [7])
        #expect(try files().count == 2)
        let again = try BlobStore(folder: place)
        #expect(try files().count == 1)
        #expect(try again.read(digest) == [7])
    }

    @Test("A store that only reads makes no folder")
    func readingMakesNothing() {
        let blobs = BlobStore(readingFolder: place)
        #expect(!blobs.has(BlobDigest(of: [1])))
        #expect(!FileManager.default.fileExists(atPath: place.path))
    }

    @Test("What the disk has changed since is not read")
    func rot() throws {
        let blobs = try BlobStore(folder: place)
        let digest = try blobs.write(Array("weights".utf8))
        try Data("Weights".utf8).write(to: blobs.url(of: digest))
        #expect(
            throws: StorageError.wrongDigest(
                expected: digest.text, found: BlobDigest(of: Array("Weights".utf8)).text)
        ) { try blobs.read(digest) }
        // Writing it again heals it.
        _ = try blobs.write(Array("weights".utf8))
        #expect(try blobs.read(digest) == Array("weights".utf8))
    }
}
