import Contracts
import Encodings
import Identity
import Ledger
import MerkleLog
import MerkleMap
import Randomness
import Testing

@Suite struct EntryTests {
    /// One entry of each kind.
    private static func samples() throws -> [[UInt8]] {
        var ledger = try TestLedger(["ada"])
        try ledger.batch()
        try ledger.settle(["ada"])
        return ledger.entries
    }

    @Test("Every kind of entry comes back from its bytes")
    func roundTrip() throws {
        var kinds: Set<String> = []
        for bytes in try Self.samples() {
            let entry = try Entry(parsing: bytes)
            #expect(entry.bytes == bytes)
            kinds.insert(try #require(entry.json["kind"]?.string))
        }
        #expect(kinds == ["genesis", "transaction", "state", "certificate"])
    }

    @Test("An entry's form is pinned")
    func form() throws {
        let root = MapHash(sha256: Array("root".utf8))
        let entry = Entry(time: TestLedger.start, content: .state(root: root))
        #expect(
            String(decoding: entry.bytes, as: UTF8.self)
                == #"{"kind":"state","root":"\#(root.base64)","time":1767225600000}"#)
    }

    @Test(
        "An entry with any bit changed is refused, or is another entry with a spelling of its own")
    func everyBit() throws {
        for bytes in try Self.samples() {
            for place in bytes.indices {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[place] ^= 1 << bit
                    guard let entry = try? Entry(parsing: changed) else { continue }
                    #expect(entry.bytes == changed)
                }
            }
        }
    }

    static let otherSpellings: [(String, @Sendable (String) -> String)] = [
        ("a blank", { " " + $0 }), ("a newline", { $0 + "\n" }),
        ("a blank inside", { $0.replacing(#""kind":"#, with: #""kind": "#) }),
        ("an escape", { $0.replacing(#""state""#, with: #""st\u0061te""#) }),
        (
            "another order",
            { $0.replacing(#"{"kind":"state","#, with: "{").dropLast() + #","kind":"state"}"# }
        ),
        ("a null more", { $0.dropLast() + #","zzz":null}"# }),
        ("a field more", { $0.dropLast() + #","zzz":1}"# }),
        ("a field twice", { $0.dropLast() + #","time":1}"# }),
        ("another number", { $0.replacing("1767225600000", with: "1.7672256e12") }),
        ("a negative time", { $0.replacing("1767225600000", with: "-1") }),
        ("a byte order mark", { "\u{FEFF}" + $0 }),
    ]

    @Test("An entry has one spelling", arguments: otherSpellings)
    func oneSpelling(what: String, change: @Sendable (String) -> String) throws {
        let entry = Entry(
            time: TestLedger.start, content: .state(root: MapHash(sha256: [1])))
        let text = String(decoding: entry.bytes, as: UTF8.self)
        let changed = change(text)
        #expect(changed != text)
        #expect(throws: EntryError.self, "\(what)") { try Entry(parsing: Array(changed.utf8)) }
    }

    static let refused: [(String, String)] = [
        ("", "it is not JSON: line 1, column 1: the text ends where a value should stand"),
        ("[]", "it is not well formed: the value should be an object, and is an array"),
        (#"{"time":1}"#, "it is not well formed: kind is missing"),
        (#"{"kind":"state"}"#, "it is not well formed: time is missing"),
        (
            #"{"kind":"none","time":1}"#,
            "it is not well formed: kind is “none”, which is no kind of entry"
        ),
        (
            #"{"kind":"state","root":"AA==","time":1}"#,
            "it is not well formed: root should be 32 bytes in base64"
        ),
        (
            #"{"checkpoint":"x","kind":"certificate","time":1}"#,
            "it is not well formed: checkpoint is none: "
        ),
        (
            #"{"kind":"transaction","time":1,"transaction":{}}"#,
            "it is not well formed: transaction.payload is missing"
        ),
    ]

    @Test("What is no entry is refused with the reason", arguments: refused)
    func refusals(text: String, message: String) {
        let error = #expect(throws: EntryError.self) { try Entry(parsing: Array(text.utf8)) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test("An entry has 65,535 bytes at most")
    func size() throws {
        let envelope = Envelope(
            payloadType: "x", payload: [UInt8](repeating: 0x20, count: 49_200),
            signatures: [.init(keyID: Secrets("ada").signing.publicKey.id, bytes: [1])])
        var entry = Entry(time: TestLedger.start, content: .transaction(envelope)).bytes
        #expect(entry.count > Entry.bytesMax)
        #expect(throws: EntryError.tooLarge(bytes: entry.count)) { try Entry(parsing: entry) }
        entry.removeLast(entry.count - Entry.bytesMax)
        #expect(throws: EntryError.self) { try Entry(parsing: entry) }
    }

    @Test(
        "Damaged entries are refused or read, and never crash", arguments: 0..<100 as Range<UInt64>)
    func damage(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let samples = try Self.samples()
        for _ in 0..<30 {
            var bytes = samples[Int(random.uniformInteger(below: UInt64(samples.count)))]
            for _ in 0...random.uniformInteger(below: 4) {
                let place = Int(random.uniformInteger(below: UInt64(bytes.count)))
                switch random.uniformInteger(below: 4) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                case 2: bytes.insert(contentsOf: bytes.prefix(place), at: place)
                default: bytes[place] ^= UInt8(truncatingIfNeeded: random.next())
                }
            }
            if let entry = try? Entry(parsing: bytes) { #expect(entry.bytes == bytes) }
        }
    }
}
