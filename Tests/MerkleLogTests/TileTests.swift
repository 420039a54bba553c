import MerkleLog
import Randomness
import Testing

@Suite struct TileTests {
    @Test("A tile's file leads back to its hashes", arguments: [1, 2, 11, 42, 255, 256])
    func roundTrip(width: Int) throws {
        var random = SeededRandom(seed: UInt64(width))
        let hashes = (0..<width).map { _ in random.hash() }
        let tile = Tile(level: 3, index: 77, hashes: hashes)
        #expect(tile.coordinate == TileCoordinate(level: 3, index: 77, width: width))
        #expect(tile.content == hashes.flatMap(\.bytes))
        #expect(try Tile(tile.coordinate, content: tile.content) == tile)
    }

    @Test("A file of another length is refused", arguments: [0, 1, 31, 32, 63, 65, 96, 8_192])
    func wrongLength(byteCount: Int) {
        #expect(throws: TileContentError.wrongLength(byteCount: byteCount, width: 2)) {
            try Tile(
                TileCoordinate(level: 0, index: 0, width: 2),
                content: Array(repeating: 0, count: byteCount))
        }
    }
}
