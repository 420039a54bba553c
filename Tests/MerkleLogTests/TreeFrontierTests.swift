import Encodings
import MerkleLog
import Randomness
import Testing

@Suite struct TreeFrontierTests {
    @Test("The root is the one that RFC 6962 defines", arguments: 0..<100 as Range<UInt64>)
    func rootIsTheDefinedOne(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let leaves = (0..<Int.random(in: 0...200, using: &random)).map { _ in random.hash() }

        var frontier = TreeFrontier()
        for (index, leaf) in leaves.enumerated() {
            #expect(frontier.append(leaf) == UInt64(index))
        }

        #expect(frontier.root == DefinedTree.root(leaves[...]), "seed \(seed)")
        #expect(frontier.head == TreeHead(size: UInt64(leaves.count), root: frontier.root))
    }

    @Test("No root of 1 to 1,000 leaves has changed since the format was fixed")
    func rootsAreThoseOfTheFirstRelease() {
        var frontier = TreeFrontier()
        var digest = TreeHash.empty
        for number in 0..<1_000 {
            frontier.append(.leaf(Array("\(number)".utf8)))
            digest = .parent(digest, frontier.root)
        }
        #expect("\(digest)" == "08a92ffed334d0b64589977fdd13e64fc225e0b45c1359b7803a3a610a160a0b")
    }

    @Test("The roots are those of the reference implementation", arguments: 0...8)
    func rootsAreTheKnownOnes(entries: Int) {
        let frontier = TreeFrontier(over: KnownTree.entries.prefix(entries))
        #expect("\(frontier.root)" == KnownTree.roots[entries])
    }

    @Test(
        "A frontier of stored tiles goes on as if it had read every entry",
        arguments: [
            0, 1, 2, 3, 255, 256, 257, 300, 511, 512, 65_535, 65_536, 65_537, 66_000,
        ] as [UInt64])
    func frontierIsRecovered(size: UInt64) throws {
        var random = SeededRandom(seed: size)
        let leaves = (0..<size).map { _ in random.hash() }
        var frontier = TreeFrontier()
        for leaf in leaves { frontier.append(leaf) }

        // The store went on; the earlier frontier can be had from it all the same.
        let tiles = MemoryTiles(over: leaves + (0..<300).map { _ in random.hash() })
        var recovered = try TreeFrontier(size: size, reading: tiles.read)

        #expect(recovered == frontier)
        for _ in 0..<10 {
            let leaf = random.hash()
            recovered.append(leaf)
            frontier.append(leaf)
        }
        #expect(recovered == frontier)
    }

    @Test("A frontier cannot be recovered from tiles that are too short")
    func missingTiles() {
        let tiles = MemoryTiles(over: (0..<300).map { TreeHash.leaf([UInt8($0 & 0xFF)]) })
        #expect(throws: StoredTreeError.tooShort(level: 0, index: 1, found: 44, needed: 45)) {
            try TreeFrontier(size: 301, reading: tiles.read)
        }
        #expect(throws: StoredTreeError.tooShort(level: 1, index: 0, found: 1, needed: 2)) {
            try TreeFrontier(size: 512, reading: tiles.read)
        }
    }
}

/// transparency-dev/merkle, testonly/constants.go (Apache-2.0).
enum KnownTree {
    static let entries: [[UInt8]] = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ].compactMap { Hex.decode($0) }

    /// By number of entries.
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    /// Of complete subtrees, by height and index.
    static let subtrees = [
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
            "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
        ],
        [
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        ],
        [
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ]
}
