/// A Merkle tree whose tiles are stored somewhere: every root it ever had and every proof, from
/// the tiles alone.
///
/// The tiles may be those of a larger tree, because a tile of an earlier one is the beginning of
/// the same tile today. What the reader returns is taken for true; whoever does not trust its
/// store compares the head with a checkpoint or verifies the proof.
package struct StoredTree {
    /// Reads the hashes of the tile with this level and index, as many as there are, at most 256;
    /// none where there is no such tile.
    package typealias TileReader = (_ level: Int, _ index: UInt64) throws -> [TreeHash]

    private let readTile: TileReader

    package init(reading readTile: @escaping TileReader) {
        self.readTile = readTile
    }

    /// The size and root that the tree had when it held `size` leaves.
    ///
    /// - Throws: What the reader throws, and ``StoredTreeError`` where a tile is too short.
    package func head(at size: UInt64) throws -> TreeHead {
        TreeHead(size: size, root: try hash(of: SubtreeRange(ofTreeOfSize: size)))
    }

    /// The frontier that the tree had when it held `size` leaves.
    ///
    /// - Throws: As ``head(at:)``.
    package func frontier(at size: UInt64) throws -> TreeFrontier {
        var tiles = TileMemo(reading: readTile)
        let peaks = try SubtreeRange(ofTreeOfSize: size).perfectSubtrees.map { subtree in
            try tiles.hash(of: subtree)
        }
        return TreeFrontier(size: size, peaks: peaks)
    }

    /// The hash of a subtree.
    ///
    /// - Throws: As ``head(at:)``.
    package func hash(of subtree: SubtreeRange) throws -> TreeHash {
        var tiles = TileMemo(reading: readTile)
        return try tiles.hash(of: subtree)
    }

    /// Proves that the leaf at `index` stood in the tree when it held `size` leaves.
    ///
    /// - Throws: As ``head(at:)``, and ``ProofError/indexOutside(index:start:end:)``.
    package func inclusionProof(of index: UInt64, at size: UInt64) throws -> InclusionProof {
        try inclusionProof(of: index, in: SubtreeRange(ofTreeOfSize: size))
    }

    /// Proves that a leaf stands in a subtree.
    ///
    /// - Parameter index: Counted from the first leaf of the whole tree.
    /// - Throws: As ``head(at:)``, and ``ProofError/indexOutside(index:start:end:)``.
    package func inclusionProof(
        of index: UInt64, in subtree: SubtreeRange
    ) throws -> InclusionProof {
        guard subtree.start <= index, index < subtree.end else {
            throw ProofError.indexOutside(
                index: index, start: subtree.start, end: subtree.end)
        }
        var tiles = TileMemo(reading: readTile)
        var siblings: [TreeHash] = []
        var range = subtree
        while range.count > 1 {
            let (left, right) = range.halves
            let (taken, sibling) = index < left.end ? (left, right) : (right, left)
            siblings.append(try tiles.hash(of: sibling))
            range = taken
        }
        return InclusionProof(siblings.reversed())
    }

    /// Proves that the tree of `newSize` leaves begins with the tree of `oldSize` leaves.
    ///
    /// - Throws: As ``head(at:)``; ``ProofError``: `sizesReversed` or `emptyTree`.
    package func consistencyProof(
        from oldSize: UInt64, to newSize: UInt64
    ) throws -> ConsistencyProof {
        guard oldSize <= newSize else {
            throw ProofError.sizesReversed(old: oldSize, new: newSize)
        }
        guard oldSize > 0 else { throw ProofError.emptyTree }
        return try consistencyProof(from: SubtreeRange(ofTreeOfSize: oldSize), to: newSize)
    }

    /// Proves that the tree of `size` leaves holds a subtree.
    ///
    /// - Throws: As ``head(at:)``, and ``ProofError/subtreeOutside(end:size:)``.
    package func consistencyProof(
        from subtree: SubtreeRange, to size: UInt64
    ) throws -> ConsistencyProof {
        guard subtree.end <= size else {
            throw ProofError.subtreeOutside(end: subtree.end, size: size)
        }
        guard subtree.count > 0 else { return ConsistencyProof([]) }

        var tiles = TileMemo(reading: readTile)
        var siblings: [TreeHash] = []
        var range = SubtreeRange(ofTreeOfSize: size)
        var wanted = subtree
        // A verifier that holds the subtree's hash need not be sent it. Once the subtree has been
        // cut in two, what is left of it has a hash that the verifier does not hold.
        var isCut = false
        while range != wanted {
            let (left, right) = range.halves
            if wanted.end <= left.end {
                siblings.append(try tiles.hash(of: right))
                range = left
            } else {
                siblings.append(try tiles.hash(of: left))
                range = right
                if wanted.start < left.end {
                    wanted = wanted.halves.right
                    isCut = true
                }
            }
        }
        if isCut { siblings.append(try tiles.hash(of: wanted)) }
        return ConsistencyProof(siblings.reversed())
    }
}

/// The tiles that one computation has read, each of them once.
private struct TileMemo {
    private struct Place: Hashable {
        let level: Int
        let index: UInt64
    }

    private let readTile: StoredTree.TileReader
    private var tiles: [Place: [TreeHash]] = [:]

    init(reading readTile: @escaping StoredTree.TileReader) {
        self.readTile = readTile
    }

    mutating func hash(of range: SubtreeRange) throws -> TreeHash {
        TreeFrontier.root(ofPeaks: try range.perfectSubtrees.map { try hash(of: $0) })
    }

    mutating func hash(of subtree: PerfectSubtree) throws -> TreeHash {
        // A tile holds the hashes of every eighth height; the heights between are hashed again.
        let level = subtree.height / TileCoordinate.height
        let count = 1 << (subtree.height % TileCoordinate.height)
        let first = subtree.index * UInt64(count)
        let offset = Int(first % UInt64(TileCoordinate.widthMax))
        let place = Place(level: level, index: first / UInt64(TileCoordinate.widthMax))
        let tile = try tile(at: place)
        guard offset + count <= tile.count else {
            throw StoredTreeError.tooShort(
                level: level, index: place.index, found: tile.count, needed: offset + count)
        }
        return Self.hash(tile, from: offset, count: count)
    }

    private mutating func tile(at place: Place) throws -> [TreeHash] {
        if let known = tiles[place] { return known }
        let tile = try readTile(place.level, place.index)
        guard tile.count <= TileCoordinate.widthMax else {
            throw StoredTreeError.tooLong(
                level: place.level, index: place.index, found: tile.count)
        }
        tiles[place] = tile
        return tile
    }

    private static func hash(_ tile: [TreeHash], from offset: Int, count: Int) -> TreeHash {
        guard count > 1 else { return tile[offset] }
        let half = count / 2
        return .parent(
            hash(tile, from: offset, count: half), hash(tile, from: offset + half, count: half))
    }
}

/// A stored tile that cannot be what it should be.
package enum StoredTreeError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooShort(level: Int, index: UInt64, found: Int, needed: Int)
    case tooLong(level: Int, index: UInt64, found: Int)

    package var description: String {
        switch self {
        case .tooShort(let level, let index, let found, let needed):
            "tile \(index) of level \(level) holds \(found) hashes where \(needed) are needed"
        case .tooLong(let level, let index, let found):
            "tile \(index) of level \(level) holds \(found) hashes; a tile has at most 256"
        }
    }
}
