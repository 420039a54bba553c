import MerkleLog
import Randomness
import Testing

@Suite struct TiledFrontierTests {
    @Test("Each batch returns the tiles that changed, whole", arguments: 0..<30 as Range<UInt64>)
    func batches(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var leaves: [TreeHash] = []
        var frontier = TiledFrontier()
        var plain = TreeFrontier()
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let batch = (0..<Int.random(in: 0...400, using: &random)).map { _ in random.hash() }
            let oldSize = frontier.size
            let tiles = frontier.append(batch)
            leaves += batch
            for leaf in batch { plain.append(leaf) }

            #expect(frontier.frontier == plain, "seed \(seed)")
            #expect(frontier.head == plain.head, "seed \(seed)")
            #expect(
                tiles.map(\.coordinate) == Array(TileSequence(from: oldSize, to: frontier.size)),
                "seed \(seed)")
            for tile in tiles {
                #expect(tile.hashes == defined(tile.coordinate, leaves), "seed \(seed)")
            }
        }
    }

    /// C2SP tlog-tiles, "Merkle Tree".
    private func defined(_ coordinate: TileCoordinate, _ leaves: [TreeHash]) -> [TreeHash] {
        let covered = (0..<coordinate.level).reduce(1) { count, _ in count * 256 }
        return (0..<coordinate.width).map { position in
            let start = (Int(coordinate.index) * 256 + position) * covered
            return DefinedTree.root(leaves[start..<start + covered])
        }
    }

    @Test("It does not matter how leaves are cut into batches", arguments: 0..<10 as Range<UInt64>)
    func cuts(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let leaves = (0..<Int.random(in: 0...1_500, using: &random)).map { _ in random.hash() }

        var frontier = TiledFrontier()
        var cut = MemoryTiles()
        var rest = leaves[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Int.random(in: 1...300, using: &random))
            rest = rest.dropFirst(batch.count)
            cut.store(frontier.append(batch))
        }

        let whole = MemoryTiles(over: leaves)
        for coordinate in TileSequence(ofLogOfSize: UInt64(leaves.count)) {
            #expect(cut.tile(coordinate) == whole.tile(coordinate), "seed \(seed)")
        }
    }

    @Test(
        "A restart from the stored tiles goes on as if nothing had happened",
        arguments: [
            0, 1, 255, 256, 257, 511, 512, 1_000, 65_535, 65_536, 65_537, 70_000,
        ] as [UInt64])
    func restart(size: UInt64) throws {
        var frontier = TiledFrontier()
        _ = frontier.append((0..<size).map(LargeTree.leaf))

        var restarted = try TiledFrontier(size: size, reading: LargeTree.tiles.read)

        #expect(restarted == frontier)
        let more = (0..<600).map { LargeTree.leaf($0) }
        #expect(restarted.append(more) == frontier.append(more))
        #expect(restarted == frontier)
    }

    @Test("A restart from tiles that are too short is refused")
    func missingTiles() {
        #expect(throws: StoredTreeError.tooShort(level: 0, index: 273, found: 112, needed: 113)) {
            try TiledFrontier(size: LargeTree.size + 1, reading: LargeTree.tiles.read)
        }
        #expect(throws: StoredTreeError.tooLong(level: 0, index: 0, found: 257)) {
            try TiledFrontier(size: 3) { _, _ in Array(repeating: .empty, count: 257) }
        }
    }

    @Test("Whoever keeps the old frontier has nothing to undo")
    func values() {
        var random = SeededRandom(seed: 5)
        var frontier = TiledFrontier()
        _ = frontier.append((0..<300).map { _ in random.hash() })
        let old = frontier
        let batch = (0..<300).map { _ in random.hash() }

        var lost = frontier
        _ = lost.append((0..<10).map { _ in random.hash() })

        #expect(frontier == old)
        let tiles = frontier.append(batch)
        var again = old
        #expect(again.append(batch) == tiles)
    }

    @Test("No leaves change no tile")
    func emptyBatch() {
        var frontier = TiledFrontier()
        #expect(frontier.append([]).isEmpty)
        _ = frontier.append((0..<300).map(LargeTree.leaf))
        #expect(frontier.append([]).isEmpty)
    }

    /// FiloSottile/sunlight, cmd/skylight/testdata (ISC licence): a mirrored log of 300 records.
    @Test("The tiles of a published mirror are reproduced")
    func publishedMirror() throws {
        var frontier = TiledFrontier()
        let tiles = frontier.append((0..<300).map { TreeHash.leaf(Array("record \($0)".utf8)) })

        #expect(frontier.head.root.base64 == "gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=")
        #expect(
            tiles.map { "\($0.coordinate) \(sha256($0.content))" } == [
                "tile/0/000 "
                    + "66a1d43136a854a5776d5bce14bf101c925fc7d4b32f1be23b658f636ebfcddb",
                "tile/0/001.p/44 "
                    + "699f078d937f13343d71ad39321757de3ecf391e8d7a1b2015ad38bd36f5d60a",
                "tile/1/000.p/1 "
                    + "dcef9e571841bfe2defd16306f8a7d69f5054092fb8b7f983970c646f7f5fd85",
            ])
    }
}
