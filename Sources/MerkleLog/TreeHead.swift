/// How many leaves a tree has, and the hash that commits to every one of them and to its place.
///
/// Two numbers, and no word on who stands behind them: see ``Checkpoint`` and
/// ``VerifiedCheckpoint``.
package struct TreeHead: Hashable, Sendable {
    package static let empty = TreeHead(size: 0, root: .empty)

    package let size: UInt64
    package let root: TreeHash

    package init(size: UInt64, root: TreeHash) {
        self.size = size
        self.root = root
    }
}
