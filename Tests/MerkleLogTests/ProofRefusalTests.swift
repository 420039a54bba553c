import MerkleLog
import Testing

/// Takes good proofs and spoils them.
@Suite struct ProofRefusalTests {
    private static let sizeMax = 20

    private let leaves = (0..<UInt8(sizeMax)).map { TreeHash.leaf([$0]) }
    private let wrong = TreeHash.leaf(Array("wrong".utf8))

    @Test("An inclusion proof holds for one leaf, index, size and root")
    func inclusion() throws {
        let tree = MemoryTiles(over: leaves).tree
        for size in 1...UInt64(Self.sizeMax) {
            let head = try tree.head(at: size)
            for index in 0..<size {
                let proof = try tree.inclusionProof(of: index, at: size)
                let leaf = leaves[Int(index)]

                refuses { try proof.verify(leaf: wrong, at: index, in: head) }
                refuses {
                    try proof.verify(
                        leaf: leaf, at: index, in: TreeHead(size: size, root: wrong))
                }
                for other in 0..<UInt64(2 * Self.sizeMax) where other != index {
                    refuses { try proof.verify(leaf: leaf, at: other, in: head) }
                }
                for spoilt in spoil(proof.hashes) {
                    refuses {
                        try InclusionProof(spoilt).verify(leaf: leaf, at: index, in: head)
                    }
                }
            }
        }
    }

    @Test("A consistency proof holds for one pair of heads")
    func consistency() throws {
        let tree = MemoryTiles(over: leaves).tree
        for size in 1...UInt64(Self.sizeMax) {
            let new = try tree.head(at: size)
            for oldSize in 1...size {
                let old = try tree.head(at: oldSize)
                let proof = try tree.consistencyProof(from: oldSize, to: size)

                refuses {
                    try proof.verify(from: TreeHead(size: oldSize, root: wrong), to: new)
                }
                refuses { try proof.verify(from: old, to: TreeHead(size: size, root: wrong)) }
                for spoilt in spoil(proof.hashes) {
                    refuses { try ConsistencyProof(spoilt).verify(from: old, to: new) }
                }
                // A tree of one size cannot pass for one of another.
                for other in 1...UInt64(2 * Self.sizeMax) where other != oldSize {
                    refuses {
                        try proof.verify(from: TreeHead(size: other, root: old.root), to: new)
                    }
                }
            }
        }
    }

    @Test("A subtree's inclusion proof holds for one index of the whole tree")
    func subtreeInclusion() throws {
        let tree = MemoryTiles(over: leaves).tree
        for (start, end) in [(4, 8), (8, 13), (16, 17), (16, 20)] as [(UInt64, UInt64)] {
            let range = try SubtreeRange(from: start, to: end)
            let hash = try tree.hash(of: range)
            for index in start..<end {
                let proof = try tree.inclusionProof(of: index, in: range)
                let leaf = leaves[Int(index)]
                refuses { try proof.verify(leaf: leaf, at: index, in: range, hash: wrong) }
                refuses { try proof.verify(leaf: wrong, at: index, in: range, hash: hash) }
                for other in 0..<UInt64(2 * Self.sizeMax) where other != index {
                    refuses { try proof.verify(leaf: leaf, at: other, in: range, hash: hash) }
                }
            }
        }
    }

    @Test("A subtree's consistency proof holds for one subtree and root")
    func subtrees() throws {
        let tree = MemoryTiles(over: leaves).tree
        let head = try tree.head(at: UInt64(Self.sizeMax))
        for start in 0..<Self.sizeMax {
            for end in (start + 1)...Self.sizeMax where DefinedTree.isSubtree(start, end) {
                let range = try SubtreeRange(from: UInt64(start), to: UInt64(end))
                let hash = try tree.hash(of: range)
                let proof = try tree.consistencyProof(from: range, to: head.size)
                refuses { try proof.verify(subtree: range, hash: wrong, in: head) }
                for spoilt in spoil(proof.hashes) {
                    refuses {
                        try ConsistencyProof(spoilt).verify(subtree: range, hash: hash, in: head)
                    }
                }
            }
        }
    }

    @Test("A refusal says what was wrong")
    func reasons() throws {
        let tree = MemoryTiles(over: leaves).tree
        let head = try tree.head(at: 7)
        let inclusion = try tree.inclusionProof(of: 3, at: 7)
        let leaf = leaves[3]

        #expect(throws: ProofError.indexOutside(index: 7, start: 0, end: 7)) {
            try inclusion.verify(leaf: leaf, at: 7, in: head)
        }
        #expect(throws: ProofError.tooFewHashes(count: 2)) {
            try InclusionProof(inclusion.hashes.dropLast()).verify(leaf: leaf, at: 3, in: head)
        }
        #expect(throws: ProofError.tooManyHashes(count: 4, used: 3)) {
            try InclusionProof(inclusion.hashes + [wrong]).verify(leaf: leaf, at: 3, in: head)
        }
        #expect(throws: ProofError.wrongRoot(computed: head.root, claimed: wrong)) {
            try inclusion.verify(leaf: leaf, at: 3, in: TreeHead(size: 7, root: wrong))
        }

        let old = try tree.head(at: 3)
        let consistency = try tree.consistencyProof(from: 3, to: 7)
        #expect(throws: ProofError.wrongOldHash(computed: old.root, claimed: wrong)) {
            try consistency.verify(from: TreeHead(size: 3, root: wrong), to: head)
        }
        #expect(throws: ProofError.wrongRoot(computed: head.root, claimed: wrong)) {
            try consistency.verify(from: old, to: TreeHead(size: 7, root: wrong))
        }
        #expect(throws: ProofError.tooFewHashes(count: 0)) {
            try ConsistencyProof([]).verify(from: old, to: head)
        }
        #expect(throws: ProofError.tooManyHashes(count: 5, used: 4)) {
            try ConsistencyProof(consistency.hashes + [wrong]).verify(from: old, to: head)
        }
        #expect(throws: ProofError.emptyTree) {
            try ConsistencyProof([]).verify(from: .empty, to: head)
        }
        #expect(throws: ProofError.sizesReversed(old: 7, new: 3)) {
            try consistency.verify(from: head, to: old)
        }
        #expect(throws: ProofError.subtreeOutside(end: 8, size: 7)) {
            try ConsistencyProof([]).verify(
                subtree: SubtreeRange(from: 4, to: 8), hash: wrong, in: head)
        }
        #expect(throws: ProofError.tooManyHashes(count: 1, used: 0)) {
            try ConsistencyProof([wrong]).verify(
                subtree: SubtreeRange(from: 4, to: 4), hash: .empty, in: head)
        }
        #expect(throws: ProofError.wrongOldHash(computed: .empty, claimed: wrong)) {
            try ConsistencyProof([]).verify(
                subtree: SubtreeRange(from: 4, to: 4), hash: wrong, in: head)
        }
    }

    /// Each hash changed, dropped, doubled, and one more at either end; for lists of two also
    /// turned round.
    private func spoil(_ hashes: [TreeHash]) -> [[TreeHash]] {
        var spoilt = [hashes + [wrong], [wrong] + hashes]
        for index in hashes.indices {
            var changed = hashes
            changed[index] = wrong
            spoilt.append(changed)
            spoilt.append(Array(hashes[..<index] + hashes[(index + 1)...]))
            spoilt.append(Array(hashes[...index] + hashes[index...]))
        }
        if hashes.count > 1 { spoilt.append(hashes.reversed()) }
        return spoilt
    }

    private func refuses(
        _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: ProofError.self, sourceLocation: sourceLocation) { try body() }
    }
}
