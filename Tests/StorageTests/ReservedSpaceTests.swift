import Contracts
import Foundation
import Glibc
import SampleLab
import Storage
import Testing

/// Room on the disk that large blobs are written into.
@Suite struct ReservedSpaceTests {
    private let folder: TemporaryFolder
    private let place: URL
    private let content = [UInt8](repeating: 7, count: 9 << 20)

    init() throws {
        folder = try TemporaryFolder()
        place = folder.file("blobs")
    }

    /// How much of the disk a file takes, whatever its length; `nil` where there is none.
    private func spaceTaken(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : nil
    }

    /// The disk's own bookkeeping aside.
    private func expect(_ path: String, takesNoMoreThan count: Int) throws {
        let taken = try #require(spaceTaken(path))
        #expect(taken <= count + (1 << 20), "\(taken) bytes for \(count)")
    }

    @Test("A blob that is in its place takes no more of the disk than it has bytes")
    func whole() throws {
        let blobs = try BlobStore(folder: place)
        let digest = try blobs.write(content)
        try expect(blobs.url(of: digest).path, takesNoMoreThan: content.count)
        #expect(try blobs.read(digest) == content)

        let other = content + [1]
        let name = BlobDigest(of: other)
        var partial = try blobs.partial(name)
        for start in stride(from: 0, to: other.count, by: 100_000) {
            try other[start..<min(start + 100_000, other.count)].withUnsafeBytes {
                try partial.append($0)
            }
        }
        try partial.finish(expecting: name, in: blobs)
        try expect(blobs.url(of: name).path, takesNoMoreThan: other.count)
        #expect(try blobs.read(name) == other)
    }

    @Test("The beginning of a blob that nobody goes on with gives back what was set aside for more")
    func beginning() throws {
        let blobs = try BlobStore(folder: place)
        let digest = BlobDigest(of: content)
        let path = place.appending(path: "partial/\(digest)").path
        func write(_ range: Range<Int>) throws {
            var partial = try blobs.partial(digest)
            #expect(partial.count == range.lowerBound)
            try content[range].withUnsafeBytes { try partial.append($0) }
            if range.upperBound == content.count {
                try partial.finish(expecting: digest, in: blobs)
            }
        }
        try write(0..<6_000_000)
        try expect(path, takesNoMoreThan: 6_000_000)
        try write(6_000_000..<content.count)
        #expect(try blobs.read(digest) == content)
    }
}
