/// A run of leaves that makes a subtree: every larger tree is consistent with its hash, and can
/// prove it.
///
/// That is so where `start` is a multiple of the least power of two that is not less than the
/// number of leaves, and for no leaves at all (draft-ietf-plants-merkle-tree-certs §4.1).
package struct SubtreeRange: Hashable, Sendable, CustomStringConvertible {
    /// The index of the first leaf.
    package let start: UInt64
    /// One more than the index of the last.
    package let end: UInt64

    /// - Throws: ``ProofError/notASubtree(start:end:)``.
    package init(from start: UInt64, to end: UInt64) throws(ProofError) {
        guard start <= end else { throw .notASubtree(start: start, end: end) }
        let count = end - start
        let powerOfTwoLessOne = count == 0 ? 0 : UInt64.max >> (count - 1).leadingZeroBitCount
        guard start & powerOfTwoLessOne == 0 else { throw .notASubtree(start: start, end: end) }
        self.init(start: start, end: end)
    }

    /// All leaves of a tree.
    package init(ofTreeOfSize size: UInt64) {
        self.init(start: 0, end: size)
    }

    private init(start: UInt64, end: UInt64) {
        self.start = start
        self.end = end
    }

    package var count: UInt64 { end - start }

    package var description: String { "[\(start), \(end))" }

    /// The two subtrees under this one; the left one is perfect, and as large as that allows.
    var halves: (left: SubtreeRange, right: SubtreeRange) {
        precondition(count > 1, "a leaf has no halves")
        let middle = start + 1 << (63 - (count - 1).leadingZeroBitCount)
        return (SubtreeRange(start: start, end: middle), SubtreeRange(start: middle, end: end))
    }

    /// The perfect subtrees that it consists of, largest first.
    var perfectSubtrees: [PerfectSubtree] {
        var subtrees: [PerfectSubtree] = []
        var left = count
        var first = start
        while left > 0 {
            let height = 63 - left.leadingZeroBitCount
            subtrees.append(PerfectSubtree(height: height, index: first >> height))
            left -= 1 << height
            first += 1 << height
        }
        return subtrees
    }
}

/// The subtree over the leaves from `index << height` up to `(index + 1) << height`.
struct PerfectSubtree: Hashable {
    let height: Int
    let index: UInt64
}
