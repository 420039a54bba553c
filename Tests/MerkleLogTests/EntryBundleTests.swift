import MerkleLog
import Randomness
import Testing

@Suite struct EntryBundleTests {
    @Test("A bundle's file leads back to its entries", arguments: 0..<100 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let entries = (0..<Int.random(in: 1...256, using: &random)).map { _ in
            random.bytes(.random(in: 0...(random.chance(0.02) ? 65_535 : 40), using: &random))
        }
        let bundle = try EntryBundle(entries)
        #expect(bundle.entries == entries)
        #expect(try EntryBundle(content: bundle.content) == bundle)
        #expect(bundle.leaves == entries.map { TreeHash.leaf($0) })
    }

    @Test("The length of an entry stands before it, most significant byte first")
    func format() throws {
        #expect(
            try EntryBundle([[], [0x61], Array(repeating: 7, count: 258)]).content
                == [0, 0, 0, 1, 0x61, 1, 2] + Array(repeating: 7, count: 258))
    }

    @Test("The longest entry fits, and a longer one is refused by its place")
    func longEntries() throws {
        let longest = [UInt8](repeating: 1, count: 65_535)
        let content = try EntryBundle([longest]).content
        #expect(content.prefix(2) == [0xFF, 0xFF])
        #expect(try EntryBundle(content: content).entries == [longest])
        #expect(throws: EntryBundleError.entryTooLong(position: 1, byteCount: 65_536)) {
            try EntryBundle([[], longest + [1]])
        }
    }

    @Test("A bundle holds 1 to 256 entries")
    func counts() throws {
        #expect(throws: EntryBundleError.wrongCount(0)) { try EntryBundle([]) }
        #expect(throws: EntryBundleError.wrongCount(257)) {
            try EntryBundle(Array(repeating: [], count: 257))
        }
        #expect(throws: EntryBundleError.wrongCount(0)) { try EntryBundle(content: []) }
        #expect(throws: EntryBundleError.wrongCount(257)) {
            try EntryBundle(content: Array(repeating: 0, count: 2 * 257))
        }
        #expect(try EntryBundle(content: Array(repeating: 0, count: 2 * 256)).entries.count == 256)
    }

    /// Some from transparency-dev/tessera, api/state_test.go (Apache-2.0).
    @Test(
        "A bundle that is cut off is refused, with the place",
        arguments: [
            ([0x01], 0, 0),
            ([0x00, 0x02, 0x61], 0, 0),
            ([0x00, 0x00, 0x00, 0x01, 0x61, 0x00], 2, 5),
            ([0x00, 0x00, 0x00, 0x01, 0x61, 0xFF, 0xFF, 0x00], 2, 5),
        ] as [([UInt8], Int, Int)])
    func cutOff(content: [UInt8], position: Int, offset: Int) {
        #expect(throws: EntryBundleError.cutOff(position: position, offset: offset)) {
            try EntryBundle(content: content)
        }
    }
}
