import Contracts
import Foundation
import SampleLab
import Storage
import Testing

@Suite struct SettlingBlobsTests {
    private let folder: TemporaryFolder
    private let place: URL
    private let content: [UInt8] = Array("weights".utf8)
    private let digest: BlobDigest

    init() throws {
        folder = try TemporaryFolder()
        place = folder.file("blobs")
        digest = BlobDigest(of: content)
    }

    private func files() throws -> [String] {
        try names(in: place).filter { !$0.hasSuffix("/") }
    }

    /// Where the blob ends up.
    private var durable: String { "\(digest.text.prefix(2))/\(digest)" }

    private func untilSettled() async throws {
        for _ in 0..<2_000 where try files() != [durable] {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try files() == [durable])
    }

    /// The folder that blobs wait in until they are durable.
    private func waitingRoom() throws -> URL {
        let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return place.appending(path: "settling").appending(
            path: boot.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test("What becomes durable soon is there at once, for others too, and is moved to its place")
    func soon() async throws {
        let blobs = try BlobStore(folder: place, durability: .soon(after: .zero))
        #expect(try blobs.write(content) == digest)
        for store in [blobs, BlobStore(readingFolder: place), try BlobStore(sharingFolder: place)] {
            #expect(store.has(digest))
            #expect(try store.read(digest) == content)
            #expect(try store.digests() == [digest])
        }
        try await untilSettled()
        #expect(try blobs.read(digest) == content)
        #expect(try BlobStore(folder: place).digests() == [digest])
    }

    @Test("While blobs are moved to their places, readers miss none")
    func noneIsMissed() async throws {
        let blobs = try BlobStore(folder: place, durability: .soon(after: .zero))
        for number in 0..<200 {
            let content = Array("blob \(number)".utf8)
            let digest = try blobs.write(content)
            for _ in 0..<20 {
                guard blobs.has(digest), try blobs.read(digest) == content else {
                    Issue.record("blob \(number) was not found")
                    return
                }
            }
        }
    }

    @Test("What a program left in this boot is settled by the next one")
    func sameBoot() async throws {
        let room = try waitingRoom()
        try FileManager.default.createDirectory(at: room, withIntermediateDirectories: true)
        try Data(content).write(to: room.appending(path: digest.text))
        #expect(try BlobStore(readingFolder: place).read(digest) == content)
        _ = try BlobStore(folder: place, durability: .soon(after: .zero))
        try await untilSettled()
    }

    @Test("What may not have reached the disk before another boot is not there, and then is gone")
    func otherBoot() throws {
        let room = place.appending(path: "settling/00000000-0000-0000-0000-000000000000")
        try FileManager.default.createDirectory(at: room, withIntermediateDirectories: true)
        // The disk has its name, and not its content.
        try Data(repeating: 0, count: content.count).write(to: room.appending(path: digest.text))
        #expect(!BlobStore(readingFolder: place).has(digest))
        let blobs = try BlobStore(folder: place, durability: .soon(after: .zero))
        #expect(!blobs.has(digest))
        #expect(try files() == [])
        #expect(try blobs.digests() == [])
    }

    @Test("A blob for which there is no folder stays, and is settled once there is one")
    func noFolder() async throws {
        let blobs = try BlobStore(folder: place, durability: .soon(after: .zero))
        // No folder can be made where a file has its name.
        let obstacle = place.appending(path: String(digest.text.prefix(2)))
        try Data().write(to: obstacle)
        _ = try blobs.write(content)
        let other: [UInt8] = [7]
        let last = try blobs.write(other)
        let settled = place.appending(path: "\(last.text.prefix(2))/\(last)").path
        for _ in 0..<2_000 where !FileManager.default.fileExists(atPath: settled) {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try blobs.read(digest) == content)
        try blobs.remove(last)
        try FileManager.default.removeItem(at: obstacle)
        _ = try BlobStore(folder: place, durability: .soon(after: .zero))
        try await untilSettled()
    }

    @Test("A blob that is removed is gone, whether it had settled or not")
    func removed() async throws {
        let blobs = try BlobStore(folder: place, durability: .soon(after: .zero))
        _ = try blobs.write(content)
        try blobs.remove(digest)
        #expect(!blobs.has(digest))
        // Others are settled after it, and it does not come back with them.
        let other = try blobs.write([7])
        let place = place.appending(path: "\(other.text.prefix(2))/\(other)").path
        for _ in 0..<2_000 where !FileManager.default.fileExists(atPath: place) {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(!blobs.has(digest))
        try blobs.remove(other)
        _ = try blobs.write(content)
        try await untilSettled()
        try blobs.remove(digest)
        #expect(!blobs.has(digest))
    }
}
