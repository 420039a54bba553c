import MerkleLog
import Randomness
import Testing

@Suite struct TileCoordinateTests {
    /// Most of them from transparency-dev/tessera, api/layout/paths_test.go (Apache-2.0).
    @Test(
        "A tile has one path, both ways",
        arguments: [
            (0, 0, 256, "tile/0/000"),
            (0, 0, 255, "tile/0/000.p/255"),
            (0, 0, 1, "tile/0/000.p/1"),
            (1, 0, 256, "tile/1/000"),
            (0, 1, 256, "tile/0/001"),
            (0, 999, 256, "tile/0/999"),
            (0, 1_000, 256, "tile/0/x001/000"),
            (15, 455_667, 256, "tile/15/x455/667"),
            (15, 123_456_789, 41, "tile/15/x123/x456/789.p/41"),
            (0, 1_234_067, 256, "tile/0/x001/x234/067"),
            (0, 1_234_067, 89, "tile/0/x001/x234/067.p/89"),
            (63, 999_999_999_999_999_999, 255, "tile/63/x999/x999/x999/x999/x999/999.p/255"),
            (7, .max, 256, "tile/7/x018/x446/x744/x073/x709/x551/615"),
        ] as [(Int, UInt64, Int, String)])
    func paths(level: Int, index: UInt64, width: Int, path: String) throws {
        let tile = TileCoordinate(level: level, index: index, width: width)
        #expect(tile.path == path)
        #expect(try TileCoordinate(path: path) == tile)
        #expect(tile.isPartial == (width < 256))
    }

    @Test(
        "An entry bundle has one path, both ways",
        arguments: [
            (0, 256, "tile/entries/000"),
            (0, 8, "tile/entries/000.p/8"),
            (255, 256, "tile/entries/255"),
            (255, 253, "tile/entries/255.p/253"),
            (123_456_789, 256, "tile/entries/x123/x456/789"),
        ] as [(UInt64, Int, String)])
    func entryPaths(index: UInt64, width: Int, path: String) throws {
        let bundle = EntryBundleCoordinate(index: index, width: width)
        #expect(bundle.path == path)
        #expect(try EntryBundleCoordinate(path: path) == bundle)
    }

    @Test("Any tile's path leads back to it", arguments: 0..<200 as Range<UInt64>)
    func pathsRoundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let index = random.next() >> UInt64.random(in: 0...63, using: &random)
        let width = Int.random(in: 1...256, using: &random)
        let tile = TileCoordinate(
            level: .random(in: 0...63, using: &random), index: index, width: width)
        let bundle = EntryBundleCoordinate(index: index, width: width)
        #expect(try TileCoordinate(path: tile.path) == tile)
        #expect(try EntryBundleCoordinate(path: bundle.path) == bundle)
    }

    @Test(
        "Other spellings are refused",
        arguments: [
            ("", .wrongPrefix), ("tile", .wrongPrefix), ("tile/0", .wrongPrefix),
            ("/tile/0/000", .wrongPrefix), ("Tile/0/000", .wrongPrefix),
            ("tile/64/x001/002", .badLevel), ("tile/-1/x001/002", .badLevel),
            ("tile/abc/x001/002", .badLevel), ("tile/00/000", .badLevel), ("tile//000", .badLevel),
            ("tile/+1/000", .badLevel), ("tile/entries/000", .badLevel),
            ("tile/0/", .badIndex), ("tile/0/0", .badIndex), ("tile/0/0000", .badIndex),
            ("tile/0/x001", .badIndex), ("tile/0/x001/", .badIndex),
            ("tile/0/x001/x234", .badIndex),
            ("tile/0/x001/x234/", .badIndex), ("tile/8/001/002", .badIndex),
            ("tile/8/x001/0002", .badIndex), ("tile/8/x001/-02", .badIndex),
            ("tile/8/x001/-002", .badIndex), ("tile/0/000/", .badIndex), ("tile/0//000", .badIndex),
            ("tile/0/x000/001", .badIndex), ("tile/0/X001/002", .badIndex),
            ("tile/0/x018/x446/x744/x073/x709/x551/616", .badIndex),
            ("tile/63/x999/x999/x999/x999/x999/x999/999.p/255", .badIndex),
            ("tile/0/\u{0660}\u{0660}\u{0660}", .badIndex), ("tile/0/000 ", .badIndex),
            ("tile/0/x001/x234/067.p/", .badWidth), ("tile/0/x001/x234/067.p", .badWidth),
            ("tile/1/x001/.p/abc", .badWidth), ("tile/8/x001/002.p/256", .badWidth),
            ("tile/0/000.p/0", .badWidth), ("tile/0/000.p/01", .badWidth),
            ("tile/0/000.p/1/", .badWidth), ("tile/0/000.p/1.p/1", .badWidth),
            ("tile/0/000.q/1", .badWidth), ("tile/0/000.", .badWidth),
        ] as [(String, TilePathError)])
    func strictness(path: String, error: TilePathError) {
        #expect(throws: error) { try TileCoordinate(path: path) }
    }

    @Test(
        "Other spellings of a bundle's path are refused",
        arguments: [
            ("tile/0/000", .wrongPrefix), ("tile/entries", .wrongPrefix),
            ("tile/entries/", .badIndex), ("tile/entries/00", .badIndex),
            ("tile/entries/000.p/256", .badWidth),
        ] as [(String, TilePathError)])
    func bundleStrictness(path: String, error: TilePathError) {
        #expect(throws: error) { try EntryBundleCoordinate(path: path) }
    }

    /// transparency-dev/tessera, api/layout/paths_test.go (Apache-2.0).
    @Test(
        "An entry's bundle is as wide as the log reaches",
        arguments: [
            (0, 256, "tile/entries/000"),
            (255, 256, "tile/entries/000"),
            (251, 255, "tile/entries/000.p/255"),
            (256, 512, "tile/entries/001"),
            (3, 257, "tile/entries/000"),
            (256, 257, "tile/entries/001.p/1"),
            (123_456_789 * 256, 123_456_790 * 256, "tile/entries/x123/x456/789"),
            (.max - 1, .max, "tile/entries/x072/x057/x594/x037/x927/935.p/255"),
        ] as [(UInt64, UInt64, String)])
    func bundleOfEntry(entry: UInt64, size: UInt64, path: String) {
        #expect(EntryBundleCoordinate(holding: size, inLogOfSize: size) == nil)
        #expect(EntryBundleCoordinate(holding: entry, inLogOfSize: size)?.path == path)
    }
}
