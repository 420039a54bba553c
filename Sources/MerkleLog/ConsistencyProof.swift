/// That a tree begins with all that an older tree, or a subtree, holds (RFC 6962 §2.1.2,
/// draft-ietf-plants-merkle-tree-certs §4.4).
///
/// ``StoredTree`` makes them.
package struct ConsistencyProof: Hashable, Sendable {
    package let hashes: [TreeHash]

    package init(_ hashes: [TreeHash]) {
        self.hashes = hashes
    }

    /// - Throws: ``ProofError`` unless the newer tree only adds to the older one; `emptyTree`
    ///   where the older one is empty.
    package func verify(from old: TreeHead, to new: TreeHead) throws(ProofError) {
        guard old.size <= new.size else {
            throw .sizesReversed(old: old.size, new: new.size)
        }
        guard old.size > 0 else { throw .emptyTree }
        try verify(
            subtree: SubtreeRange(ofTreeOfSize: old.size), hash: old.root, in: new)
    }

    /// Checks that a tree holds a subtree.
    ///
    /// The empty subtree has the hash of the empty tree and stands in every tree that is not
    /// shorter, whatever its root.
    ///
    /// - Throws: ``ProofError``.
    package func verify(
        subtree: SubtreeRange, hash: TreeHash, in head: TreeHead
    ) throws(ProofError) {
        guard subtree.end <= head.size else {
            throw .subtreeOutside(end: subtree.end, size: head.size)
        }
        guard subtree.count > 0 else {
            guard hashes.isEmpty else { throw .tooManyHashes(count: hashes.count, used: 0) }
            guard hash == .empty else { throw .wrongOldHash(computed: .empty, claimed: hash) }
            return
        }

        // First and last leaf of the subtree and last leaf of the tree, all on the level that
        // the hashes have reached. The proof starts at the largest perfect subtree that ends
        // where the subtree ends; where that is all of it, its hash need not be sent.
        var first = subtree.start
        var last = subtree.end - 1
        var treeLast = head.size - 1
        func rise() {
            first >>= 1
            last >>= 1
            treeLast >>= 1
        }
        if last == treeLast {
            while first != last { rise() }
        } else {
            while first != last, last & 1 == 1 { rise() }
        }

        var rest = hashes[...]
        let start: TreeHash
        if first == last {
            start = hash
        } else {
            guard let sent = rest.popFirst() else { throw .tooFewHashes(count: 0) }
            start = sent
        }

        var computedHash = start
        var computedRoot = start
        for (position, sibling) in zip(rest.indices, rest) {
            guard treeLast > 0 else {
                throw .tooManyHashes(count: hashes.count, used: position)
            }
            if last & 1 == 1 || last == treeLast {
                if first < last { computedHash = .parent(sibling, computedHash) }
                computedRoot = .parent(sibling, computedRoot)
                while last & 1 == 0, last > 0 { rise() }
            } else {
                computedRoot = .parent(computedRoot, sibling)
            }
            rise()
        }
        guard treeLast == 0 else { throw .tooFewHashes(count: hashes.count) }
        guard computedRoot == head.root else {
            throw .wrongRoot(computed: computedRoot, claimed: head.root)
        }
        guard computedHash == hash else {
            throw .wrongOldHash(computed: computedHash, claimed: hash)
        }
    }
}
