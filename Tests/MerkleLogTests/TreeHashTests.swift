import Crypto
import MerkleLog
import Randomness
import Testing

@Suite struct TreeHashTests {
    @Test("The hashes are those of RFC 6962", arguments: [0, 1, 31, 63, 64, 65, 300, 65_535])
    func hashesAreTheDefinedOnes(count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        let entry = random.bytes(count)
        let (left, right) = (random.hash(), random.hash())

        #expect(TreeHash.leaf(entry).bytes == Array(SHA256.hash(data: [0] + entry)))
        #expect(
            TreeHash.parent(left, right).bytes
                == Array(SHA256.hash(data: [1] + left.bytes + right.bytes)))
    }

    /// transparency-dev/merkle, testonly/constants.go.
    @Test("The hash of no entry and of an empty entry are the published ones")
    func knownHashes() {
        #expect(
            "\(TreeHash.empty)"
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            "\(TreeHash.leaf([]))"
                == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
        #expect(TreeHash.empty.base64 == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    }

    @Test("A hash is 32 bytes, in whatever collection they come")
    func bytesRoundTrip() throws {
        var random = SeededRandom(seed: 1)
        let bytes = random.bytes(40)
        #expect(TreeHash(bytes: bytes.prefix(32))?.bytes == Array(bytes.prefix(32)))
        #expect(TreeHash(bytes: bytes.dropFirst(8))?.bytes == Array(bytes.suffix(32)))
        #expect(TreeHash(bytes: bytes.suffix(32).reversed())?.bytes == bytes.suffix(32).reversed())
        #expect(TreeHash(bytes: bytes.prefix(31)) == nil)
        #expect(TreeHash(bytes: bytes.prefix(33)) == nil)
        #expect(TreeHash(bytes: []) == nil)
    }

    @Test("In base64 a hash has one spelling")
    func base64HasOneSpelling() throws {
        let hash = TreeHash.leaf([1, 2, 3])
        #expect(TreeHash(base64: hash.base64) == hash)
        #expect(TreeHash(base64: hash.base64.dropLast()) == nil)
        #expect(TreeHash(base64: hash.base64 + "\n") == nil)
        #expect(TreeHash(base64: " " + hash.base64) == nil)
        #expect(TreeHash(base64: "") == nil)
    }

    @Test("Two hashes are equal when all their bytes are")
    func everyByteCounts() {
        let hash = TreeHash.leaf([7])
        for index in 0..<TreeHash.byteCount {
            var bytes = hash.bytes
            bytes[index] ^= 1
            #expect(TreeHash(bytes: bytes) != hash)
        }
        #expect(Set([hash, .leaf([7]), .leaf([8])]).count == 2)
    }

    @Test("A checksum over hashes is the checksum over their bytes")
    func checksum() {
        let hashes = (0..<10).map { TreeHash.leaf([$0]) }
        var checksum = SHA256()
        for hash in hashes { hash.update(&checksum) }
        #expect(checksum.finalize() == SHA256.hash(data: hashes.flatMap(\.bytes)))
    }
}
