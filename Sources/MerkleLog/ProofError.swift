/// Why a proof does not show what it should.
package enum ProofError: Error, Hashable, Sendable, CustomStringConvertible {
    case indexOutside(index: UInt64, start: UInt64, end: UInt64)
    case notASubtree(start: UInt64, end: UInt64)
    case subtreeOutside(end: UInt64, size: UInt64)
    case sizesReversed(old: UInt64, new: UInt64)
    case emptyTree
    case tooFewHashes(count: Int)
    case tooManyHashes(count: Int, used: Int)
    /// The proof and the leaf or older hash that it starts from do not lead to this root.
    case wrongRoot(computed: TreeHash, claimed: TreeHash)
    /// The proof leads to the newer root, but from another older tree or subtree.
    case wrongOldHash(computed: TreeHash, claimed: TreeHash)

    package var description: String {
        switch self {
        case .indexOutside(let index, let start, let end):
            "leaf \(index) is not among the leaves \(start) up to \(end)"
        case .notASubtree(let start, let end):
            "the leaves \(start) up to \(end) do not make a subtree"
        case .subtreeOutside(let end, let size):
            "the subtree ends at leaf \(end), and the tree has \(size)"
        case .sizesReversed(let old, let new):
            "the older tree has \(old) leaves, and the newer one only \(new)"
        case .emptyTree:
            "every tree is consistent with the empty one, so there is nothing to prove"
        case .tooFewHashes(let count):
            "the proof ends before it reaches the root; it has \(count) hashes"
        case .tooManyHashes(let count, let used):
            "the proof goes on beyond the root: \(used) of its \(count) hashes reach it"
        case .wrongRoot(let computed, let claimed):
            "the proof leads to the root \(computed), and not to \(claimed)"
        case .wrongOldHash(let computed, let claimed):
            "the proof leads from the older hash \(computed), and not from \(claimed)"
        }
    }
}
