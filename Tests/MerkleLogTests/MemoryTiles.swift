import MerkleLog

/// The rows of a tile store: one for each level and index, written over as it grows.
struct MemoryTiles {
    private struct Place: Hashable {
        let level: Int
        let index: UInt64
    }

    private var rows: [Place: [TreeHash]] = [:]

    /// The tiles of a tree over these leaves, added in one batch.
    init(over leaves: some Sequence<TreeHash> = EmptyCollection()) {
        var frontier = TiledFrontier()
        store(frontier.append(leaves))
    }

    mutating func store(_ tiles: [Tile]) {
        for tile in tiles {
            rows[Place(level: tile.coordinate.level, index: tile.coordinate.index)] = tile.hashes
        }
    }

    var read: StoredTree.TileReader {
        { [rows] level, index in rows[Place(level: level, index: index)] ?? [] }
    }

    var tree: StoredTree { StoredTree(reading: read) }

    /// The beginning of a row, as a tile.
    func tile(_ coordinate: TileCoordinate) -> Tile? {
        guard let row = rows[Place(level: coordinate.level, index: coordinate.index)],
            row.count >= coordinate.width
        else { return nil }
        return Tile(
            level: coordinate.level, index: coordinate.index,
            hashes: Array(row.prefix(coordinate.width)))
    }
}
