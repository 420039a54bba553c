import Foundation
import Ledger
import MerkleLog
import SampleLab
import Storage
import Testing

/// A process that is killed while it writes: whatever it had been told was written is there.
@Suite struct CrashTests {
    /// Batches that a process writes before and while it is killed.
    private static func lab() throws -> SampleLab {
        var lab = try SampleLab()
        for size in 1...12 {
            try lab.invite(size)
            lab.endBatch()
        }
        return lab
    }

    @Test(
        "A kill in the middle of a write loses nothing that had returned",
        arguments: [0, 1, 2, 3, 5, 8, 10, 11])
    func killedWhileWriting(acknowledged: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("ledger.sqlite").path
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, acknowledged = acknowledged as Int] in
            let database = try LedgerDatabase(path: path)
            let lab = try Self.lab()
            for batch in lab.batches.prefix(acknowledged) {
                try await database.append(batch)
            }
            // The next write is under way, somewhere, when the kill comes.
            async let next: Void = database.append(lab.batches[acknowledged])
            kill(getpid(), SIGKILL)
            try await next
        }

        let lab = try Self.lab()
        let database = try LedgerDatabase(path: path)
        let size = try database.size()
        let whole = lab.batches.prefix { $0.size <= size }
        #expect(whole.count == acknowledged || whole.count == acknowledged + 1)
        #expect(size == whole.last?.size ?? 0, "a part of a batch is there")
        #expect(try database.entries(from: 0, count: 1_000) == Array(lab.entries.prefix(Int(size))))
        #expect(try database.check().difference == nil)
        #expect(try database.replay()?.head == whole.last?.batch.checkpoint.statement.head)

        try await lab.store(in: database)
        #expect(try database.replay()?.head == lab.sequencer.replica.head)
    }

    @Test("A kill in the middle of an upload leaves nothing under the blob's digest")
    func killedWhileUploading() async throws {
        let folder = try TemporaryFolder()
        let place = folder.file("blobs")
        await #expect(processExitsWith: .signal(SIGKILL)) { [place = place as URL] in
            let blobs = try BlobStore(folder: place)
            _ = try blobs.write(Array("whole".utf8))
            var writer = try blobs.writer()
            try Array("a part".utf8).withUnsafeBytes { try writer.write($0) }
            kill(getpid(), SIGKILL)
            _ = try writer.finish(expecting: nil)
        }
        #expect(try names(in: place).filter { $0.hasPrefix("incoming/") }.count == 2)
        _ = try BlobStore(folder: place)
        let left = try names(in: place).filter { !$0.hasSuffix("/") }
        #expect(left.count == 1)
        #expect(left.first?.hasPrefix("incoming/") == false)
    }

    @Test("A lock goes with the process that held it, however that ended")
    func lockOfAKilledProcess() async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .signal(SIGKILL)) { [url = folder.url as URL] in
            let lock = try FolderLock(url)
            kill(getpid(), SIGKILL)
            withExtendedLifetime(lock) {}
        }
        _ = try FolderLock(folder.url)
    }
}
