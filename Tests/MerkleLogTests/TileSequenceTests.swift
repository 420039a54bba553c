import MerkleLog
import Randomness
import Testing

@Suite struct TileSequenceTests {
    /// The examples of C2SP tlog-tiles, "Partial Tiles".
    @Test("A log has the tiles that the specification counts")
    func specifiedExamples() {
        let tiles = Array(TileSequence(ofLogOfSize: 70_000))
        #expect(tiles.count == 273 + 1 + 1 + 1 + 1)
        #expect(tiles.filter { $0.level == 0 && !$0.isPartial }.count == 273)
        #expect(
            tiles.filter { $0.level > 0 || $0.isPartial }.map(\.path) == [
                "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1",
            ])
        #expect(TileSequence(ofLogOfSize: 256).map(\.path) == ["tile/0/000", "tile/1/000.p/1"])
        #expect(Array(TileSequence(ofLogOfSize: 0)).isEmpty)
        #expect(TileSequence(ofLogOfSize: 1).map(\.path) == ["tile/0/000.p/1"])
    }

    @Test(
        "A partial tile is as wide as the specification says", arguments: 0..<100 as Range<UInt64>)
    func widths(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let size = UInt64.random(in: 0...100_000, using: &random)
        let tiles = Array(TileSequence(ofLogOfSize: size))
        var covered: UInt64 = 1
        for level in 0..<4 {
            let onLevel = tiles.filter { $0.level == level }
            let partial = size / covered % 256
            #expect(onLevel.count == Int(size / covered / 256) + (partial > 0 ? 1 : 0))
            #expect(onLevel.map(\.index) == Array(0..<UInt64(onLevel.count)))
            for index in 0..<UInt64(onLevel.count + 2) {
                let tile = TileCoordinate(level: level, index: index, inLogOfSize: size)
                #expect(tile == onLevel.first { $0.index == index })
            }
            #expect(onLevel.filter(\.isPartial).map(\.width) == (partial > 0 ? [Int(partial)] : []))
            covered *= 256
        }
    }

    @Test("What a growing log adds is what it has and had not", arguments: 0..<200 as Range<UInt64>)
    func changes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let sizes: [UInt64] = [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 66_000]
        let oldSize =
            random.chance(0.5)
            ? sizes.randomElement(using: &random) ?? 0 : .random(in: 0...70_000, using: &random)
        let newSize = oldSize + .random(in: 0...3_000, using: &random)

        let had = Set(TileSequence(ofLogOfSize: oldSize))
        let expected = TileSequence(ofLogOfSize: newSize).filter { !had.contains($0) }
        #expect(Array(TileSequence(from: oldSize, to: newSize)) == expected, "seed \(seed)")

        let bundles = TileSequence(from: oldSize, to: newSize).entryBundles
        #expect(
            bundles.map { [$0.index, UInt64($0.width)] }
                == expected.filter { $0.level == 0 }.map { [$0.index, UInt64($0.width)] })
    }

    @Test("The largest log has tiles on eight levels")
    func largestLog() {
        let changed = Array(TileSequence(from: .max - 1, to: .max))
        #expect(changed.map(\.level) == [0])
        #expect(changed.map(\.width) == [255])
        #expect(TileCoordinate(level: 0, index: .max, inLogOfSize: .max) == nil)
        #expect(TileCoordinate(level: 8, index: 0, inLogOfSize: .max) == nil)
        #expect(TileCoordinate(level: 7, index: 0, inLogOfSize: .max)?.width == 255)
        let carried = Array(TileSequence(from: 1 << 56 - 1, to: 1 << 56))
        #expect(carried.map(\.level) == Array(0...7))
        #expect(carried.map(\.width) == Array(repeating: 256, count: 7) + [1])
    }
}
