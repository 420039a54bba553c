/// The right edge of an append-only Merkle tree: the roots of the perfect subtrees that together
/// hold every leaf, largest first.
///
/// A frontier is all that an append needs to know; the entries live in a store. It is a value,
/// so a caller whose write fails keeps the old one and has nothing to undo.
///
/// Leaves and subtrees are hashed as in RFC 6962 §2.1.
///
/// - Invariant: There is one peak for each one bit in `size`.
package struct TreeFrontier: Hashable, Sendable {
    /// How many leaves the tree holds.
    package private(set) var size: UInt64
    private var peaks: [TreeHash]

    /// The frontier of a tree over these entries, in this order.
    package init(over entries: some Sequence<[UInt8]> = EmptyCollection()) {
        self.init(size: 0, peaks: [])
        for entry in entries {
            append(.leaf(entry))
        }
    }

    /// The frontier of a tree whose tiles are stored, as after a restart.
    ///
    /// What it reads it takes for true; compare ``head`` with a checkpoint.
    ///
    /// - Throws: What `readTile` throws, and ``StoredTreeError`` where a tile is too short.
    /// - Complexity: One tile for each level, O(log `size`).
    package init(size: UInt64, reading readTile: @escaping StoredTree.TileReader) throws {
        self = try StoredTree(reading: readTile).frontier(at: size)
    }

    init(size: UInt64, peaks: [TreeHash]) {
        precondition(peaks.count == size.nonzeroBitCount, "one peak for each one bit of the size")
        self.size = size
        self.peaks = peaks
    }

    /// Adds a leaf at the right edge.
    ///
    /// - Parameter leaf: The entry's hash, from ``TreeHash/leaf(_:)``.
    /// - Returns: The leaf's index, counted from 0.
    /// - Complexity: O(1) hashes amortised, O(log `size`) at worst.
    @discardableResult
    package mutating func append(_ leaf: TreeHash) -> UInt64 {
        append(leaf) { _, _ in }
    }

    /// Adds a leaf, and tells of each perfect subtree that it completes, from the leaf itself
    /// (height 0) upwards. Who keeps tiles gets their hashes that way at no further cost.
    @inline(__always)
    mutating func append(
        _ leaf: TreeHash, completed: (_ height: Int, _ hash: TreeHash) -> Void
    ) -> UInt64 {
        precondition(size < .max, "the tree is full")
        let index = size

        // Each trailing one bit of the old size is a perfect subtree that the new leaf completes
        // into one of twice its size, as a carry does in binary addition.
        var carry = leaf
        completed(0, carry)
        for height in 0..<(~size).trailingZeroBitCount {
            carry = .parent(peaks.removeLast(), carry)
            completed(height + 1, carry)
        }
        peaks.append(carry)
        size += 1

        assert(peaks.count == size.nonzeroBitCount)
        return index
    }

    /// The hash that commits to every leaf and its place.
    ///
    /// - Complexity: O(log `size`) hashes.
    package var root: TreeHash { Self.root(ofPeaks: peaks) }

    package var head: TreeHead { TreeHead(size: size, root: root) }

    /// The root of the tree that these perfect subtrees make, largest first.
    static func root(ofPeaks peaks: [TreeHash]) -> TreeHash {
        guard let smallest = peaks.last else { return .empty }
        return peaks.dropLast().reversed().reduce(smallest) { .parent($1, $0) }
    }
}
