import MerkleLog

/// The Merkle tree as the standards write it down: slow, and easy to check by eye.
enum DefinedTree {
    /// MTH of RFC 6962 §2.1.
    static func root(_ leaves: ArraySlice<TreeHash>) -> TreeHash {
        guard leaves.count > 1 else { return leaves.first ?? .empty }
        let k = split(leaves.count)
        return .parent(root(leaves.prefix(k)), root(leaves.dropFirst(k)))
    }

    /// PATH of RFC 6962 §2.1.1.
    static func path(_ m: Int, _ leaves: ArraySlice<TreeHash>) -> [TreeHash] {
        guard leaves.count > 1 else { return [] }
        let k = split(leaves.count)
        return m < k
            ? path(m, leaves.prefix(k)) + [root(leaves.dropFirst(k))]
            : path(m - k, leaves.dropFirst(k)) + [root(leaves.prefix(k))]
    }

    /// PROOF of RFC 6962 §2.1.2.
    static func proof(_ m: Int, _ leaves: ArraySlice<TreeHash>) -> [TreeHash] {
        subproof(m, leaves, isKnown: true)
    }

    private static func subproof(
        _ m: Int, _ leaves: ArraySlice<TreeHash>, isKnown: Bool
    ) -> [TreeHash] {
        guard m < leaves.count else { return isKnown ? [] : [root(leaves)] }
        let k = split(leaves.count)
        return m <= k
            ? subproof(m, leaves.prefix(k), isKnown: isKnown) + [root(leaves.dropFirst(k))]
            : subproof(m - k, leaves.dropFirst(k), isKnown: false) + [root(leaves.prefix(k))]
    }

    /// SUBTREE_PROOF of draft-ietf-plants-merkle-tree-certs §4.4.
    static func subtreeProof(
        _ start: Int, _ end: Int, _ leaves: ArraySlice<TreeHash>, isKnown: Bool = true
    ) -> [TreeHash] {
        if start == 0, end == leaves.count { return isKnown ? [] : [root(leaves)] }
        let k = split(leaves.count)
        let (left, right) = (leaves.prefix(k), leaves.dropFirst(k))
        if end <= k {
            return subtreeProof(start, end, left, isKnown: isKnown) + [root(right)]
        }
        if k <= start {
            return subtreeProof(start - k, end - k, right, isKnown: isKnown) + [root(left)]
        }
        return subtreeProof(0, end - k, right, isKnown: false) + [root(left)]
    }

    /// Whether draft-ietf-plants-merkle-tree-certs §4.1 calls this a subtree.
    static func isSubtree(_ start: Int, _ end: Int) -> Bool {
        var powerOfTwo = 1
        while powerOfTwo < end - start { powerOfTwo *= 2 }
        return start == end || start % powerOfTwo == 0
    }

    /// The largest power of two below n.
    private static func split(_ n: Int) -> Int {
        var k = 1
        while k * 2 < n { k *= 2 }
        return k
    }
}
