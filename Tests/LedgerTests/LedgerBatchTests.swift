import Encodings
import Ledger
import Randomness
import Testing

@Suite struct LedgerBatchTests {
    private static func sample() throws -> LedgerBatch {
        var ledger = try TestLedger(["ada"])
        return try ledger.batch(2).batch
    }

    @Test("A batch comes back from what is sent")
    func roundTrip() throws {
        let batch = try Self.sample()
        #expect(try LedgerBatch(JSONValue(parsing: batch.json.canonicalBytes)) == batch)
        let empty = LedgerBatch(start: 0, entries: [], checkpoint: batch.checkpoint)
        #expect(try LedgerBatch(JSONValue(parsing: empty.json.canonicalBytes)) == empty)
    }

    static let malformed: [(key: String, value: JSONValue?, problem: String)] = [
        ("start", -1, "start should be from 0 to 9223372036854775807, and is -1"),
        ("start", "0", "start should be an integer, and is a string"),
        ("start", .number(0.5), "start should be an integer, and is a number"),
        ("start", nil, "start is missing"),
        ("entries", nil, "entries is missing"),
        ("entries", "AA==", "entries should be an array, and is a string"),
        ("entries", ["AA==", 1], "entries[1] should be a string, and is an integer"),
        ("entries", ["AA==", "%"], "entries[1] should be base64 with padding"),
        ("entries", ["AA"], "entries[0] should be base64 with padding"),
        ("checkpoint", nil, "checkpoint is missing"),
        ("checkpoint", "", "checkpoint is no signed checkpoint: "),
        ("checkpoint", "x\n", "checkpoint is no signed checkpoint: "),
        ("checkpoint", "a\n1\nAA==\n\n— a AAAAAAA=\n", "checkpoint is no signed checkpoint: "),
        ("more", 1, "more is not a known field"),
    ]

    @Test("What is no batch is refused with the place and the reason", arguments: malformed)
    func refusals(key: String, value: JSONValue?, problem: String) throws {
        var fields = try #require(try Self.sample().json.object)
        fields[key] = value
        let error = #expect(throws: JSONShapeError.self) { try LedgerBatch(.object(fields)) }
        #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
    }

    @Test(
        "A damaged batch is refused or read, and never crashes", arguments: 0..<100 as Range<UInt64>
    )
    func damage(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let sent = try Self.sample().json.canonicalBytes
        for _ in 0..<20 {
            var bytes = sent
            for _ in 0...random.uniformInteger(below: 3) {
                let place = Int(random.uniformInteger(below: UInt64(bytes.count)))
                bytes[place] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let json = try? JSONValue(parsing: bytes), let batch = try? LedgerBatch(json)
            else { continue }
            #expect(try LedgerBatch(batch.json) == batch, "seed \(seed)")
        }
    }
}
