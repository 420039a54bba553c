import MerkleLog

/// Whether the tiles lead to the checkpoint.
extension Verification {
    /// Checks that the tiles lead to the checkpoint.
    ///
    /// - Returns: For each level-0 tile its hashes, where the tiles are sound; they are then what the
    ///   checkpoint commits to.
    mutating func readTiles(_ head: TreeHead) -> [UInt64: [TreeHash]]? {
        var tiles: [TileCoordinate: [TreeHash]] = [:]
        for coordinate in TileSequence(ofLogOfSize: head.size) {
            do {
                let row = TileCoordinate(level: coordinate.level, index: coordinate.index)
                tiles[row] =
                    try Tile(coordinate, content: try audit.read(coordinate.path)).hashes
            } catch {
                // The first will do: whoever made the checkpoint up may claim any size.
                report.found(coordinate.path, "audit.tile", "\(error)")
                return nil
            }
        }
        report.checks.append(.init("tiles", tiles.count))
        let leaves = tiles.filter { $0.key.level == 0 }
        let isSound = checkTree(tiles, leaves: leaves, head)
        return isSound
            ? Dictionary(uniqueKeysWithValues: leaves.map { ($0.key.index, $0.value) }) : nil
    }

    /// Hashes the leaves upwards, and compares every tile and the root on the way.
    private mutating func checkTree(
        _ tiles: [TileCoordinate: [TreeHash]], leaves: [TileCoordinate: [TreeHash]],
        _ head: TreeHead
    ) -> Bool {
        var frontier = TiledFrontier()
        var computed: [TileCoordinate: [TreeHash]] = [:]
        for (_, hashes) in leaves.sorted(by: { $0.key < $1.key }) {
            for tile in frontier.append(hashes) {
                let row = TileCoordinate(
                    level: tile.coordinate.level, index: tile.coordinate.index)
                computed[row] = tile.hashes
            }
        }
        for (row, hashes) in computed.sorted(by: { $0.key < $1.key })
        where row.level > 0 && tiles[row] != hashes {
            report.found(
                row.path, "audit.tile", "its hashes are not those of the tiles below it")
        }
        guard frontier.head == head else {
            report.found(
                "tile/0", "audit.root",
                "the leaves lead to the root \(frontier.head.root.base64), and the checkpoint has "
                    + "\(head.root.base64)")
            return false
        }
        return true
    }
}
