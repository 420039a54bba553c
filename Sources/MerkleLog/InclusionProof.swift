/// That a leaf stands at an index of a tree (RFC 6962 §2.1.1): the hashes of the subtrees beside
/// its path, from the leaf's sibling up to the root's child.
///
/// ``StoredTree`` makes them.
package struct InclusionProof: Hashable, Sendable {
    /// No tree of at most 2⁶⁴ − 1 leaves needs more.
    package static let hashCountMax = 64

    package let hashes: [TreeHash]

    package init(_ hashes: [TreeHash]) {
        self.hashes = hashes
    }

    /// - Throws: ``ProofError`` unless the leaf stands there.
    package func verify(
        leaf: TreeHash, at index: UInt64, in head: TreeHead
    ) throws(ProofError) {
        try verify(
            leaf: leaf, at: index, in: SubtreeRange(ofTreeOfSize: head.size), hash: head.root)
    }

    /// Checks a proof within a subtree (draft-ietf-plants-merkle-tree-certs §4.3).
    ///
    /// - Parameters:
    ///   - index: Counted from the first leaf of the whole tree.
    ///   - hash: The subtree's.
    /// - Throws: ``ProofError`` unless the leaf stands there.
    package func verify(
        leaf: TreeHash, at index: UInt64, in subtree: SubtreeRange, hash: TreeHash
    ) throws(ProofError) {
        guard subtree.start <= index, index < subtree.end else {
            throw .indexOutside(index: index, start: subtree.start, end: subtree.end)
        }
        // RFC 9162 §2.1.3.2. Both positions are on the level that the hash has reached; where
        // they meet, the path runs along the right edge and skips levels without a sibling.
        var position = index - subtree.start
        var last = subtree.count - 1
        var computed = leaf
        for (used, sibling) in hashes.enumerated() {
            guard last > 0 else { throw .tooManyHashes(count: hashes.count, used: used) }
            if position & 1 == 1 || position == last {
                computed = .parent(sibling, computed)
                while position & 1 == 0, position > 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                computed = .parent(computed, sibling)
            }
            position >>= 1
            last >>= 1
        }
        guard last == 0 else { throw .tooFewHashes(count: hashes.count) }
        guard computed == hash else { throw .wrongRoot(computed: computed, claimed: hash) }
    }
}
