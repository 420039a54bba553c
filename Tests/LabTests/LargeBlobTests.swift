import Contracts
import Encodings
import Foundation
import LabAPI
import LabFixture
import NIOCore
import Participation
import Storage
import Testing
import Transport

extension LabSuite {
    /// Blobs that are larger than what the processes on their way may hold.
    @Suite("Large blobs")
    struct LargeBlobTests {
        private static let blobBytes = 128 << 20
        /// How much more the coordinator may come to hold, whatever passes through it.
        private static let growthBytesMax = 48 << 20

        /// A blob of which no two MiB are alike.
        private static func make(_ bytes: Int, in store: BlobStore) throws -> BlobDigest {
            var writer = try store.writer()
            var piece = [UInt64](repeating: 0, count: (1 << 20) / 8)
            for number in 0..<bytes >> 20 {
                for index in piece.indices {
                    piece[index] = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index)
                }
                try piece.withUnsafeBytes { try writer.write($0) }
            }
            return try writer.finish(expecting: nil)
        }

        @Test(
            "Several hundred MB pass through a coordinator, both ways at once, and it stays small")
        func memory() async throws {
            try await ProcessLab.with { lab in
                try await lab.startCoordinator()
                let client = try lab.member("office").coordinator
                let source = try BlobStore(folder: lab.folder.appending(path: "source"))
                let target = try BlobStore(folder: lab.folder.appending(path: "target"))
                _ = try await client.get("/v1/lab")
                let before = try lab.daemons.peakBytes(ProcessLab.coordinator)
                let first = try Self.make(Self.blobBytes, in: source)
                try await client.upload(first, from: source)
                let second = try Self.make(Self.blobBytes + (1 << 20), in: source)
                async let up: Void = client.upload(second, from: source)
                async let down = client.download(first, into: target)
                _ = try await (up, down)
                try await client.download(second, into: target)
                let growth = try lab.daemons.peakBytes(ProcessLab.coordinator) - before
                #expect(growth <= Self.growthBytesMax, "\(growth) bytes more than \(before)")
                try target.open(first).verify()
                try target.open(second).verify()
            }
        }

        @Test("A coordinator that is killed in the middle of an upload goes on with it")
        func killed() async throws {
            try await ProcessLab.with { lab in
                try await lab.startCoordinator()
                let client = try lab.member("office").coordinator
                let source = try BlobStore(folder: lab.folder.appending(path: "source"))
                let digest = try Self.make(64 << 20, in: source)
                let half = 32 << 20
                let file = try source.open(digest)
                let (pieces, queue) = AsyncStream.makeStream(of: ByteBuffer.self)
                for offset in stride(from: 0, to: half, by: 1 << 20) {
                    var piece = [UInt8](repeating: 0, count: 1 << 20)
                    try piece.withUnsafeMutableBytes { try file.read(from: offset, into: $0) }
                    queue.yield(ByteBuffer(bytes: piece))
                }
                let restDigest = try file.sha256()
                let sending = Task {
                    try await client.sendRest(
                        of: digest, from: 0, length: file.count, restDigest: restDigest, pieces)
                }
                let partial = lab.home(ProcessLab.coordinator).appending(
                    path: "blobs/uploads/office/\(digest).part")
                try await eventually("half of the blob is there") {
                    let attributes = try FileManager.default.attributesOfItem(
                        atPath: partial.path)
                    return (attributes[.size] as? NSNumber)?.intValue == half
                }
                lab.daemons.kill(ProcessLab.coordinator)
                queue.finish()
                await #expect(throws: (any Error).self) { try await sending.value }
                try await lab.restart(ProcessLab.coordinator)
                #expect(
                    try await client.uploadProgress(of: digest)
                        == .init(offset: half, isComplete: false))
                try await client.upload(digest, from: source)
                let blobs = BlobStore(
                    readingFolder: lab.home(ProcessLab.coordinator).appending(path: "blobs"))
                try blobs.open(digest).verify()
            }
        }
    }
}
