import Contracts
import Encodings
import Foundation
import GRDB
import Identity
import Ledger
import MerkleLog
import Randomness
import SampleLab
import Storage
import Testing

@Suite struct LedgerDatabaseTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("ledger.sqlite").path
    }

    /// Batches of different sizes, and a database that holds them.
    private func filled(_ sizes: [Int] = [1, 3, 2, 5]) async throws -> (SampleLab, LedgerDatabase) {
        var lab = try SampleLab()
        for size in sizes {
            try lab.invite(size)
            lab.endBatch()
        }
        let database = try LedgerDatabase(path: path)
        try await lab.store(in: database)
        return (lab, database)
    }

    // MARK: - Durability

    @Test("A commit waits for the disk, when the file is made, is written to and is opened again")
    func commitsWaitForTheDisk() async throws {
        let full = LedgerDatabase.Durability(journalMode: "wal", synchronous: 2)
        let (_, database) = try await filled()
        #expect(try database.durability == full)
        try database.close()
        let again = try LedgerDatabase(path: path)
        #expect(try again.durability == full)
        _ = try again.replay()
        #expect(try again.durability == full)
    }

    @Test("A batch is written whole or not at all")
    func wholeOrNothing() async throws {
        var lab = try SampleLab()
        let database = try LedgerDatabase(path: path)
        try await lab.store(in: database)
        try lab.invite(3)
        let ended = lab.endBatch()
        let batch = try #require(ended)
        // The last row that is written, the second receipt of one entry, is one too many.
        let broken = ExecutedBatch(
            batch: batch.batch, tiles: batch.tiles,
            receipts: batch.receipts + batch.receipts.prefix(1))
        await #expect(throws: StorageError.self) { try await database.append(broken) }

        #expect(try database.size() == 2)
        #expect(try database.entries(from: 0, count: 100) == Array(lab.entries.prefix(2)))
        #expect(try database.receipt(at: 2) == nil)
        #expect(try database.tile(level: 0, index: 0).count == 2)
        #expect(try database.checkpoint(at: batch.size) == nil)
        #expect(try database.check().difference == nil)

        try await database.append(batch)
        #expect(try database.size() == batch.size)
        #expect(try database.check().difference == nil)
    }

    @Test("A batch that does not begin where the ledger ends is refused, and changes nothing")
    func conflict() async throws {
        let (lab, database) = try await filled()
        let size = try database.size()
        await #expect(throws: StorageError.conflict(expected: size, found: 0)) {
            try await database.append(lab.batches[0])
        }
        let last = try #require(lab.batches.last)
        let ahead = ExecutedBatch(
            batch: LedgerBatch(
                start: size + 1, entries: last.batch.entries, checkpoint: last.batch.checkpoint),
            tiles: last.tiles, receipts: last.receipts)
        await #expect(throws: StorageError.conflict(expected: size, found: size + 1)) {
            try await database.append(ahead)
        }
        #expect(try database.check().difference == nil)
        #expect(try database.size() == size)
    }

    @Test("A database that was closed is one whole file, and a copy of it is the ledger")
    func closedIsWhole() async throws {
        let (lab, database) = try await filled()
        try database.close()
        let copy = folder.file("copy.sqlite").path
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        #expect(try LedgerDatabase(path: copy).entries(from: 0, count: 100) == lab.entries)
    }

    @Test("What a database holds is there when it is opened again")
    func reopened() async throws {
        let (lab, database) = try await filled()
        try await database.set(.evidence, to: [1, 2, 3])
        try database.close()
        let again = try LedgerDatabase(path: path)
        #expect(try again.entries(from: 0, count: 1_000) == lab.entries)
        #expect(try again.get(.evidence) == [1, 2, 3])
        #expect(try again.checkpoint() == lab.sequencer.published)
        #expect(try again.replay()?.head == lab.sequencer.replica.head)
    }

    // MARK: - Reading

    @Test("Entries are read from any place, in any number")
    func entriesFromAnyPlace() async throws {
        let (lab, database) = try await filled()
        let entries = lab.entries
        for start in 0...entries.count + 1 {
            for count in [0, 1, 2, 5, 1_000] {
                #expect(
                    try database.entries(from: UInt64(start), count: count)
                        == Array(entries.dropFirst(start).prefix(count)))
            }
        }
    }

    @Test(
        "A place that no ledger reaches has no entries",
        arguments: [1_000_000, UInt64(Int64.max) - 1, UInt64(Int64.max), .max - 1, .max])
    func placesBeyondTheEnd(start: UInt64) async throws {
        let (_, database) = try await filled()
        #expect(try database.entries(from: start, count: 1_000).isEmpty)
        #expect(try database.batch(from: start, entriesMax: 10, bytesMax: 10) == nil)
        #expect(try database.receipt(at: start) == nil)
        #expect(try database.checkpoint(at: start) == nil)
        #expect(try database.tile(level: 0, index: start).isEmpty)
    }

    @Test("Every entry is passed on once, in order, however many there are")
    func forEachEntry() async throws {
        let (lab, database) = try await filled([400, 400, 400])
        var seen: [UInt64] = []
        try database.forEachEntry(from: 3) { index, entry in
            seen.append(index)
            #expect(entry == lab.entries[Int(index)])
        }
        #expect(seen == Array(3..<UInt64(lab.entries.count)))
    }

    @Test(
        "What is read for a node ends where a batch ends, within the limits or with one batch",
        arguments: 0..<40 as Range<UInt64>)
    func batchesEndAtBatchEnds(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let sizes = (0..<random.uniformInteger(in: 1...8)).map { _ in
            random.uniformInteger(in: 1...6)
        }
        let (lab, database) = try await filled(sizes)
        for _ in 0..<30 {
            let start = UInt64(random.uniformInteger(in: 0...lab.entries.count + 2))
            let entriesMax = random.uniformInteger(in: 0...12)
            let bytesMax = random.uniformInteger(in: 0...8_000)
            let read = try database.batch(from: start, entriesMax: entriesMax, bytesMax: bytesMax)
            #expect(
                read == definedBatch(lab, start, entriesMax, bytesMax),
                "seed \(seed), from \(start), at most \(entriesMax) entries and \(bytesMax) bytes")
        }
    }

    /// As many whole batches as fit, and at least one.
    private func definedBatch(
        _ lab: SampleLab, _ start: UInt64, _ entriesMax: Int, _ bytesMax: Int
    ) -> LedgerBatch? {
        var found: LedgerBatch?
        for batch in lab.batches where batch.size > start {
            let entries = Array(lab.entries[Int(start)..<Int(batch.size)])
            let bytes = entries.reduce(0) { $0 + $1.count }
            if found != nil, entries.count > entriesMax || bytes > bytesMax { break }
            found = LedgerBatch(
                start: start, entries: entries, checkpoint: batch.batch.checkpoint)
        }
        return found
    }

    @Test("The stored tiles give the root of every checkpoint that there was")
    func tilesGiveEveryRoot() async throws {
        let (lab, database) = try await filled([1, 200, 100, 3, 260])
        for batch in lab.batches {
            let head = batch.batch.checkpoint.statement.head
            #expect(try database.tree.head(at: head.size) == head)
            #expect(try database.checkpoint(at: head.size) == batch.batch.checkpoint)
        }
        #expect(try database.tile(level: 0, index: 0) == lab.entries.prefix(256).map { .leaf($0) })
        #expect(try database.tile(level: 1, index: 0).count == lab.entries.count / 256)
    }

    @Test("A receipt is found by its entry and by its transaction")
    func receipts() async throws {
        let (lab, database) = try await filled()
        #expect(lab.receipts.count == 11)
        for receipt in lab.receipts {
            #expect(try database.receipt(at: receipt.index) == receipt.json)
            #expect(try database.receipt(of: receipt.transaction) == receipt.json)
        }
        #expect(try database.receipt(at: 0) == nil)
        let unknown = try #require(TransactionID(String(repeating: "0", count: 64)))
        #expect(try database.receipt(of: unknown) == nil)
    }

    // MARK: - Contributions and records

    @Test("A member's first contribution to a round stays, and they come in the order of members")
    func firstContributionStays() async throws {
        let lab = try SampleLab()
        let database = try LedgerDatabase(path: path)
        let round = RoundID(job: try JobID("job-1"), number: 2)
        func contribution(_ name: String, _ round: RoundID, weight: Int64) throws
            -> SignedContribution
        {
            let member = try lab.member(name)
            let envelope = Contribution(
                lab: lab.id, round: round, member: member.id,
                update: BlobDigest(of: Array("\(weight)".utf8)), weight: weight,
                metricsMicro: ["loss": weight]
            ).signed(with: member.signingKey)
            return try SignedContribution(envelope) { _ in member.signingKey.publicKey }
        }

        for (name, weight) in [("south", 1), ("north", 2), ("south", 3)] as [(String, Int64)] {
            try await database.keep(try contribution(name, round, weight: weight))
        }
        let other = RoundID(job: round.job, number: 3)
        try await database.keep(try contribution("south", other, weight: 4))

        let kept = try database.contributions(to: round)
        #expect(
            try kept == [
                contribution("north", round, weight: 2).envelope,
                contribution("south", round, weight: 1).envelope,
            ])
        #expect(try database.contributions(to: other).count == 1)
        #expect(
            try database.contributions(to: RoundID(job: try JobID("job-2"), number: 2)).isEmpty)
    }

    @Test("A record is replaced as a whole and removed")
    func records() async throws {
        let (lab, database) = try await filled()
        #expect(try database.get(.certificate) == nil)
        #expect(try database.certificate() == nil)
        let checkpoint = lab.sequencer.published
        try await database.set(.certificate, to: lab.batches[0].batch.checkpoint.bytes)
        try await database.set(.certificate, to: checkpoint.bytes)
        #expect(try database.certificate() == checkpoint)
        try database.keepEvidence([9])
        #expect(try database.get(.evidence) == [9])
        try await database.set(.certificate, to: nil)
        #expect(try database.get(.certificate) == nil)
        #expect(try database.get(.evidence) == [9])
    }

    // MARK: - Files that are not what they should be

    @Test("A database of a newer version is refused, and left as it is")
    func newerVersion() async throws {
        let (_, database) = try await filled()
        try database.close()
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 7") }
        #expect(throws: StorageError.newer(found: 7, known: 3)) { try LedgerDatabase(path: path) }
        let version = try await DatabaseQueue(path: path).read {
            try Int.fetchOne($0, sql: "PRAGMA user_version")
        }
        #expect(version == 7)
    }

    @Test("A file that is no database is refused, and the error names it")
    func noDatabase() throws {
        try SyncedFile.replace(path, with: Array("these are my notes, and no ledger".utf8))
        #expect(
            throws: StorageError.unusable(
                path: path, problem: "file is not a database (SQLite 26)")
        ) { try LedgerDatabase(path: path) }
        let nowhere = folder.file("no/such/folder/ledger.sqlite").path
        let error = #expect(throws: StorageError.self) { try LedgerDatabase(path: nowhere) }
        #expect(error?.description.contains(nowhere) == true)
    }

    @Test("A file that was cut off or overwritten is refused where it is read, and named")
    func damagedFile() async throws {
        let (_, database) = try await filled([300])
        try database.close()
        let content = Array(try #require(try? contents(of: path)))
        #expect(content.count > 8 * 4_096)
        for damaged in [
            Array(content.prefix(2 * 4_096)),
            Array(content.prefix(4_096))
                + [UInt8](repeating: 0xA5, count: content.count - 4_096),
        ] {
            try SyncedFile.replace(path, with: damaged)
            let error = #expect(throws: StorageError.self) {
                _ = try LedgerDatabase(path: path).replay()
            }
            #expect(
                error?.description.hasPrefix("\(path): database disk image is malformed") == true)
        }
    }

    @Test("A ledger whose entries do not lead to its checkpoint is not taken up")
    func checkpointIsMissing() async throws {
        let (lab, database) = try await filled()
        #expect(try database.replay()?.stateRoot == lab.sequencer.replica.stateRoot)
        try await DatabaseQueue(path: path).write {
            try $0.execute(sql: "DELETE FROM batches WHERE size = (SELECT max(size) FROM batches)")
        }
        let error = #expect(throws: StorageError.self) { try database.replay() }
        #expect(error?.description.contains("`jointlab ledger fsck`") == true)
    }

    @Test("An empty database replays to nothing")
    func empty() throws {
        let database = try LedgerDatabase(path: path)
        #expect(try database.replay() == nil)
        #expect(try database.size() == 0)
        #expect(try database.checkpoint() == nil)
        #expect(try database.batch(from: 0, entriesMax: 1, bytesMax: 1) == nil)
        #expect(try database.check().difference == nil)
    }
}
