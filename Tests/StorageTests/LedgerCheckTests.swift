import Contracts
import Encodings
import Foundation
import GRDB
import Ledger
import MerkleLog
import Randomness
import SampleLab
import Storage
import Testing

/// What `jointlab ledger fsck` finds.
@Suite struct LedgerCheckTests {
    private let folder: TemporaryFolder
    private let path: String
    private let lab: SampleLab
    private let database: LedgerDatabase

    init() async throws {
        folder = try TemporaryFolder()
        path = folder.file("ledger.sqlite").path
        var lab = try SampleLab()
        for size in [1, 4, 2] {
            try lab.invite(size)
            try lab.settle()
        }
        self.lab = lab
        database = try LedgerDatabase(path: path)
        try await lab.store(in: database)
    }

    private func change(_ sql: String, _ arguments: StatementArguments = []) async throws {
        try await DatabaseQueue(path: path).write {
            try $0.execute(sql: sql, arguments: arguments)
            #expect($0.changesCount > 0, "the test has changed nothing: \(sql)")
        }
    }

    private func tile() async throws -> [UInt8]? {
        try await DatabaseQueue(path: path).read {
            try Data.fetchOne($0, sql: "SELECT hashes FROM tiles").map { Array($0) }
        }
    }

    @Test("A sound ledger is what it should be, and is counted")
    func sound() throws {
        let result = try database.check()
        #expect(result.difference == nil)
        #expect(result.entries == UInt64(lab.entries.count))
        #expect(result.batches == lab.batches.count)
        #expect(result.receipts == 7)
        #expect(result.tiles == 1)
    }

    @Test("A ledger of several full tiles is sound, and every tile is counted")
    func manyTiles() async throws {
        var long = lab
        for _ in 0..<3 {
            try long.invite(190)
            long.endBatch()
        }
        try await long.store(in: database)
        let result = try database.check()
        #expect(result.difference == nil)
        #expect(result.entries == UInt64(long.entries.count))
        #expect(result.tiles == 4)
    }

    @Test(
        "A changed bit of any entry is found, and the entry is named",
        arguments: 0..<150 as Range<UInt64>)
    func changedEntry(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let index = random.uniformInteger(in: 0...lab.entries.count - 1)
        var entry = lab.entries[index]
        let place = random.uniformInteger(in: 0...entry.count - 1)
        entry[place] ^= 1 << UInt8(random.uniformInteger(in: 0...7))
        try await change("UPDATE entries SET bytes = ? WHERE idx = ?", [Data(entry), index])
        let result = try database.check()
        let difference = try #require(
            result.difference, "seed \(seed): byte \(place) of entry \(index)")
        // One that still executes is found by the tile over it, when its batch ends.
        let end = try #require(lab.batches.first { $0.size > UInt64(index) })
        #expect(
            (UInt64(index)..<end.size).contains(result.entries),
            "seed \(seed): \(result.entries) entries before byte \(place) of \(index): \(difference)"
        )
    }

    @Test(
        "A changed byte of any tile is found, and the tile is named",
        arguments: 0..<40 as Range<UInt64>)
    func changedTile(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        var content = try #require(try await tile())
        #expect(content.count == 32 * lab.entries.count)
        content[random.uniformInteger(in: 0...content.count - 1)] ^= UInt8(
            random.uniformInteger(in: 1...255))
        try await change("UPDATE tiles SET hashes = ?", [Data(content)])
        let difference = try #require(try database.check().difference, "seed \(seed)")
        #expect(difference.contains("the stored tile tile/0/000.p/"), "seed \(seed)")
    }

    @Test("Bytes behind a tile's hashes, and tiles that nothing makes, are found")
    func tilesTooMany() async throws {
        let content = try #require(try await tile())
        for wrong in [
            content + [0], content + [UInt8](repeating: 0, count: 32), content.dropLast(),
        ] {
            try await change("UPDATE tiles SET hashes = ?", [Data(wrong)])
            #expect(try database.check().difference?.contains("tile/0/000.p/") == true)
        }
        try await change("UPDATE tiles SET hashes = ?", [Data(content)])
        #expect(try database.check().difference == nil)
        try await change("INSERT INTO tiles (level, idx, hashes) VALUES (3, 7, zeroblob(32))")
        #expect(
            try database.check().difference == "2 tiles are stored, and the entries make 1")
    }

    @Test(
        "A changed byte of any checkpoint is found, and the checkpoint is named",
        arguments: 0..<100 as Range<UInt64>)
    func changedCheckpoint(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let batch = lab.batches[random.uniformInteger(in: 0...lab.batches.count - 1)]
        var bytes = batch.batch.checkpoint.bytes
        let place = random.uniformInteger(in: 0...bytes.count - 1)
        bytes[place] ^= 1 << UInt8(random.uniformInteger(in: 0...7))
        try await change(
            "UPDATE batches SET checkpoint = ? WHERE size = ?", [Data(bytes), Int64(batch.size)])
        let difference = try #require(
            try database.check().difference, "seed \(seed): byte \(place) of \(batch.size)")
        #expect(difference.contains("the checkpoint of size \(batch.size) "), "seed \(seed)")
    }

    @Test("A checkpoint that is missing, or stands beside the others, is found")
    func checkpointMissingOrTooMany() async throws {
        let size = lab.batches[2].size
        try await change("DELETE FROM batches WHERE size = ?", [Int64(size)])
        #expect(try database.check().difference == "the checkpoint of size \(size) is missing")
        let bytes = Data(lab.batches[2].batch.checkpoint.bytes)
        for size in [Int64(size), 1_000] {
            try await change(
                "INSERT INTO batches (size, checkpoint) VALUES (?, ?)", [size, bytes])
        }
        let count = lab.batches.count
        #expect(
            try database.check().difference
                == "\(count + 1) checkpoints are stored, and the entries make \(count)")
    }

    @Test("A node, which is sent many batches in one piece, needs the last one's checkpoint alone")
    func ofNode() async throws {
        let path = folder.file("node.sqlite").path
        let node = try LedgerDatabase(path: path)
        let read = try database.batch(from: 0, entriesMax: 1_000, bytesMax: 1 << 20)
        let whole = try #require(read)
        let tiles = TileSequence(ofLogOfSize: UInt64(whole.entries.count)).map {
            Tile(level: $0.level, index: $0.index, hashes: whole.entries.map { .leaf($0) })
        }
        try await node.append(
            ExecutedBatch(batch: whole, tiles: tiles, receipts: lab.receipts))
        let result = try node.check(keepsEveryCheckpoint: false)
        #expect(result.difference == nil)
        #expect(result.batches == 1)
        #expect(try node.check().difference?.hasSuffix("is missing") == true)
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "DELETE FROM batches") }
        #expect(
            try node.check(keepsEveryCheckpoint: false).difference
                == "the checkpoint of size \(lab.entries.count) is missing")
    }

    @Test("A ledger that grows while it is looked at is sound, however often it does")
    func growing() async throws {
        let (database, lab) = (database, lab)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var lab = lab
                for _ in 0..<20 {
                    try lab.invite(1)
                    lab.endBatch()
                    try await lab.store(in: database)
                }
            }
            group.addTask {
                for _ in 0..<5 {
                    let difference = try database.check().difference
                    #expect(difference == nil)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("An entry that is missing is found and named, wherever it stood")
    func missingEntry() async throws {
        for index in 0..<lab.entries.count - 1 {
            try await change("DELETE FROM entries WHERE idx = ?", [index])
            let result = try database.check()
            #expect(
                result.difference == "entry \(index) is missing, and there are others behind it")
            #expect(throws: (any Error).self) { try database.replay() }
            try await change(
                "INSERT INTO entries (idx, bytes) VALUES (?, ?)", [index, Data(lab.entries[index])])
        }
        #expect(try database.check().difference == nil)
        try await change("DELETE FROM entries WHERE idx = ?", [lab.entries.count - 1])
        #expect(try database.check().difference == "the last batch has no end")
    }

    @Test("Two entries in each other's place are found")
    func swappedEntries() async throws {
        let pair = try #require(lab.receipts.map { Int($0.index) }.suffix(2) as ArraySlice?)
        let (first, second) = (pair[pair.startIndex], pair[pair.startIndex + 1])
        for (index, other) in [(first, second), (second, first)] {
            try await change(
                "UPDATE entries SET bytes = ? WHERE idx = ?", [Data(lab.entries[other]), index])
        }
        let result = try database.check()
        #expect(result.difference != nil)
        #expect(result.entries >= UInt64(first))
    }

    @Test("A changed, missing or made-up receipt is found and named")
    func receipts() async throws {
        let receipt = try #require(lab.receipts.dropFirst(2).first)
        let place = "of entry \(receipt.index)"
        let json = Data(receipt.json.canonicalBytes)
        let index = Int64(receipt.index)
        for wrong in ["{}", "nonsense", String(decoding: json, as: UTF8.self) + " "] {
            try await change(
                "UPDATE receipts SET json = ? WHERE idx = ?", [Data(wrong.utf8), index])
            #expect(try database.check().difference?.contains(place) == true, "\(wrong)")
        }
        try await change("UPDATE receipts SET json = ? WHERE idx = ?", [json, index])
        #expect(try database.check().difference == nil)
        try await change(
            "UPDATE receipts SET tx = ? WHERE idx = ?", [String(repeating: "0", count: 64), index])
        #expect(
            try database.check().difference
                == "the receipt \(place) is stored under another transaction")
        try await change("DELETE FROM receipts WHERE idx = ?", [index])
        #expect(try database.check().difference == "the stored receipt \(place) is missing")
        for index in [index, 9_999] {
            try await change(
                "INSERT INTO receipts (idx, tx, json) VALUES (?, ?, ?)",
                [index, receipt.transaction.text, json])
        }
        #expect(
            try database.check().difference == "8 receipts are stored, and the entries make 7")
    }
}
