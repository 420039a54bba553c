import MerkleLog
import Randomness
import Testing

@Suite struct StoredTreeTests {
    /// Every size up to this is looked at from a store that holds as many leaves.
    private static let exhaustiveSize = 40

    private let leaves: [TreeHash]
    private let tree: StoredTree

    init() {
        var random = SeededRandom(seed: 0)
        leaves = (0..<300).map { _ in random.hash() }
        tree = MemoryTiles(over: leaves).tree
    }

    @Test("Every earlier root is the one that RFC 6962 defines")
    func roots() throws {
        for size in 0...leaves.count {
            let head = try tree.head(at: UInt64(size))
            #expect(
                head
                    == TreeHead(
                        size: UInt64(size), root: DefinedTree.root(leaves.prefix(size))))
        }
    }

    @Test("Every inclusion proof is the path that RFC 6962 defines, and verifies")
    func inclusion() throws {
        for size in 1...Self.exhaustiveSize {
            let head = try tree.head(at: UInt64(size))
            for index in 0..<size {
                let proof = try tree.inclusionProof(of: UInt64(index), at: UInt64(size))
                #expect(proof.hashes == DefinedTree.path(index, leaves.prefix(size)))
                try proof.verify(leaf: leaves[index], at: UInt64(index), in: head)
            }
        }
    }

    @Test("Every consistency proof is the one that RFC 6962 defines, and verifies")
    func consistency() throws {
        for size in 1...Self.exhaustiveSize {
            let head = try tree.head(at: UInt64(size))
            for oldSize in 1...size {
                let old = try tree.head(at: UInt64(oldSize))
                let proof = try tree.consistencyProof(from: UInt64(oldSize), to: UInt64(size))
                #expect(proof.hashes == DefinedTree.proof(oldSize, leaves.prefix(size)))
                try proof.verify(from: old, to: head)
            }
        }
    }

    @Test("A range is a subtree exactly where the draft says so")
    func subtreeRanges() {
        for end in 0...Self.exhaustiveSize {
            for start in 0...Self.exhaustiveSize {
                let range = try? SubtreeRange(from: UInt64(start), to: UInt64(end))
                let isSubtree = start <= end && DefinedTree.isSubtree(start, end)
                #expect((range != nil) == isSubtree, "[\(start), \(end))")
            }
        }
        #expect(throws: Never.self) { try SubtreeRange(from: 0, to: .max) }
        #expect(throws: Never.self) { try SubtreeRange(from: 1 << 63, to: .max) }
        #expect(throws: ProofError.notASubtree(start: 1 << 62, end: .max)) {
            try SubtreeRange(from: 1 << 62, to: .max)
        }
    }

    @Test("Every subtree's proofs are those of the draft, and verify")
    func subtrees() throws {
        for start in 0..<Self.exhaustiveSize {
            for end in start...Self.exhaustiveSize where DefinedTree.isSubtree(start, end) {
                let range = try SubtreeRange(from: UInt64(start), to: UInt64(end))
                let covered = leaves[start..<end]
                let hash = try tree.hash(of: range)
                #expect(hash == DefinedTree.root(covered))

                for index in start..<end {
                    let proof = try tree.inclusionProof(of: UInt64(index), in: range)
                    #expect(proof.hashes == DefinedTree.path(index - start, covered))
                    try proof.verify(
                        leaf: leaves[index], at: UInt64(index), in: range, hash: hash)
                }
                for size in max(end, 1)...Self.exhaustiveSize {
                    let proof = try tree.consistencyProof(from: range, to: UInt64(size))
                    if start < end {
                        #expect(
                            proof.hashes
                                == DefinedTree.subtreeProof(start, end, leaves.prefix(size)))
                    }
                    try proof.verify(
                        subtree: range, hash: hash, in: tree.head(at: UInt64(size)))
                }
            }
        }
    }

    @Test(
        "A tree of three levels of tiles proves every earlier state",
        arguments: 0..<20 as Range<UInt64>)
    func largeTree(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let newSize = UInt64.random(in: 1...LargeTree.size, using: &random)
        let oldSize = UInt64.random(in: 1...newSize, using: &random)
        let index = UInt64.random(in: 0..<newSize, using: &random)
        let tree = LargeTree.tiles.tree
        let (old, new) = (try tree.head(at: oldSize), try tree.head(at: newSize))

        #expect(old.root == LargeTree.roots[Int(oldSize)])
        #expect(new.root == LargeTree.roots[Int(newSize)])
        try tree.consistencyProof(from: oldSize, to: newSize).verify(from: old, to: new)
        try tree.inclusionProof(of: index, at: newSize).verify(
            leaf: LargeTree.leaf(index), at: index, in: new)
    }

    @Test(
        "A tree of 2⁶⁴ − 1 leaves can be proved",
        arguments: [
            1, 255, 256, 70_000, 1 << 32, 1 << 40 + 77, 1 << 56, 1 << 63 - 1, 1 << 63, 1 << 63 + 1,
            .max - 1, .max,
        ] as [UInt64])
    func hugeTree(size: UInt64) throws {
        // All leaves are the same, so every perfect subtree of a height has the same hash.
        let leaf = TreeHash.leaf([1])
        let perfect = (0..<64).reduce(into: [leaf]) { $0.append(.parent($0[$1], $0[$1])) }
        let tree = StoredTree { level, _ in Array(repeating: perfect[8 * level], count: 256) }

        let head = try tree.head(at: size)
        let peaks = (0..<64).filter { size >> $0 & 1 == 1 }.map { perfect[$0] }
        #expect(head.root == peaks.dropFirst().reduce(peaks[0]) { .parent($1, $0) })

        for index in [0, size / 2, size - 1] {
            let proof = try tree.inclusionProof(of: index, at: size)
            #expect(proof.hashes.count <= InclusionProof.hashCountMax)
            try proof.verify(leaf: leaf, at: index, in: head)
        }
        for oldSize in [1, size / 3 + 1, size - size / 5, size] {
            try tree.consistencyProof(from: oldSize, to: size).verify(
                from: tree.head(at: oldSize), to: head)
        }
    }

    @Test("What cannot be proved is refused by name")
    func refusals() throws {
        #expect(throws: ProofError.indexOutside(index: 5, start: 0, end: 5)) {
            try tree.inclusionProof(of: 5, at: 5)
        }
        #expect(throws: ProofError.indexOutside(index: 0, start: 0, end: 0)) {
            try tree.inclusionProof(of: 0, at: 0)
        }
        let range = try SubtreeRange(from: 8, to: 12)
        #expect(throws: ProofError.indexOutside(index: 7, start: 8, end: 12)) {
            try tree.inclusionProof(of: 7, in: range)
        }
        #expect(throws: ProofError.subtreeOutside(end: 12, size: 11)) {
            try tree.consistencyProof(from: range, to: 11)
        }
        #expect(throws: ProofError.sizesReversed(old: 6, new: 5)) {
            try tree.consistencyProof(from: 6, to: 5)
        }
        #expect(throws: ProofError.emptyTree) {
            try tree.consistencyProof(from: 0, to: 5)
        }
    }

    @Test(
        "Tiles that are too short or too long are named, and the reader's own errors come through")
    func badTiles() {
        #expect(throws: StoredTreeError.tooShort(level: 0, index: 1, found: 44, needed: 45)) {
            try tree.head(at: 301)
        }
        let long = StoredTree { _, _ in Array(repeating: .empty, count: 257) }
        #expect(throws: StoredTreeError.tooLong(level: 0, index: 0, found: 257)) {
            try long.head(at: 3)
        }
        struct DiskError: Error {}
        #expect(throws: DiskError.self) {
            try StoredTree { _, _ in throw DiskError() }.head(at: 3)
        }
    }

    @Test("A proof reads each tile once")
    func readsAreFew() throws {
        var reads: [String] = []
        let tree = StoredTree { level, index in
            reads.append("\(level)/\(index)")
            return try LargeTree.tiles.read(level, index)
        }
        _ = try tree.inclusionProof(of: 1_000, at: LargeTree.size)
        #expect(reads.count == Set(reads).count)
        #expect(reads.count <= 6, "\(reads)")
    }
}

/// 70,000 leaves: the size for which C2SP tlog-tiles counts the tiles.
enum LargeTree {
    static let size: UInt64 = 70_000
    static let tiles = MemoryTiles(over: (0..<size).map(leaf))

    /// By number of leaves.
    static let roots: [TreeHash] = {
        var frontier = TreeFrontier()
        return [frontier.root]
            + (0..<size).map { index in
                frontier.append(leaf(index))
                return frontier.root
            }
    }()

    static func leaf(_ index: UInt64) -> TreeHash { .leaf(Array("\(index)".utf8)) }
}
