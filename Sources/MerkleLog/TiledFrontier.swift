/// The right edge of an append-only Merkle tree whose tiles are kept: a frontier, and on each
/// level the hashes of the one tile that is not full.
///
/// It is all that an append needs to know in order to say what to store. A store keeps one row
/// for each level and index and writes over it; the partial tiles of earlier sizes are the
/// beginnings of that row.
///
/// It is a value, so a caller whose write fails keeps the old one and has nothing to undo.
package struct TiledFrontier: Hashable, Sendable {
    package private(set) var frontier: TreeFrontier
    /// For each level the hashes behind its last full tile, none to 255.
    private var edge: [[TreeHash]]

    /// The frontier of the empty tree.
    package init() {
        frontier = TreeFrontier()
        edge = []
    }

    /// The frontier of a tree whose tiles are stored, as after a restart.
    ///
    /// What it reads it takes for true; compare ``TreeFrontier/head`` with a checkpoint.
    ///
    /// - Throws: What `readTile` throws, and ``StoredTreeError`` where a tile is too short.
    /// - Complexity: One tile for each level, O(log `size`).
    package init(size: UInt64, reading readTile: @escaping StoredTree.TileReader) throws {
        var edge: [[TreeHash]] = []
        var count = size
        while count > 0 {
            let (index, width) = count.quotientAndRemainder(
                dividingBy: UInt64(TileCoordinate.widthMax))
            edge.append(try Self.prefix(Int(width), ofTile: index, level: edge.count, readTile))
            count = index
        }
        self.edge = edge
        // Every perfect subtree of the frontier lies in one of the tiles just read.
        frontier = try TreeFrontier(size: size) { [edge] level, _ in edge[level] }
    }

    private static func prefix(
        _ width: Int, ofTile index: UInt64, level: Int, _ readTile: StoredTree.TileReader
    ) throws -> [TreeHash] {
        guard width > 0 else { return [] }
        let hashes = try readTile(level, index)
        guard hashes.count >= width else {
            throw StoredTreeError.tooShort(
                level: level, index: index, found: hashes.count, needed: width)
        }
        guard hashes.count <= TileCoordinate.widthMax else {
            throw StoredTreeError.tooLong(level: level, index: index, found: hashes.count)
        }
        return Array(hashes.prefix(width))
    }

    package var size: UInt64 { frontier.size }

    package var head: TreeHead { frontier.head }

    /// Adds leaves at the right edge.
    ///
    /// - Parameter leaves: The entries' hashes, from ``TreeHash/leaf(_:)``.
    /// - Returns: The whole content of every tile that is new or has grown, by level and index;
    ///   their coordinates are those of ``TileSequence``.
    /// - Complexity: One hash for each leaf, amortised, and no more than without tiles.
    package mutating func append(_ leaves: some Sequence<TreeHash>) -> [Tile] {
        let oldSize = size
        var edge = exchange(&self.edge, with: [])
        var tiles: [Tile] = []
        for leaf in leaves {
            let index = frontier.size
            _ = frontier.append(leaf) { height, hash in
                guard height.isMultiple(of: TileCoordinate.height) else { return }
                let level = height / TileCoordinate.height
                if level == edge.count { edge.append([]) }
                edge[level].append(hash)
                guard edge[level].count == TileCoordinate.widthMax else { return }
                tiles.append(
                    Tile(
                        level: level, index: index >> (height + TileCoordinate.height),
                        hashes: exchange(&edge[level], with: [])))
            }
        }
        for (level, hashes) in edge.enumerated() where !hashes.isEmpty {
            let shift = level * TileCoordinate.height
            guard size >> shift > oldSize >> shift else { continue }
            tiles.append(
                Tile(level: level, index: size >> (shift + TileCoordinate.height), hashes: hashes))
        }
        self.edge = edge
        return tiles.sorted { $0.coordinate < $1.coordinate }
    }
}
