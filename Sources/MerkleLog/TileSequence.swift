/// The tiles of a log of `newSize` entries that a log of `oldSize` entries does not have, by
/// level and index: the full ones and, on each level, at most one partial one.
///
/// A store that had the older log must write these, and a reader that had it must fetch them.
package struct TileSequence: Sequence, Sendable {
    private let oldSize: UInt64
    private let newSize: UInt64

    /// What a growing log adds.
    package init(from oldSize: UInt64, to newSize: UInt64) {
        precondition(oldSize <= newSize, "a log never shrinks")
        self.oldSize = oldSize
        self.newSize = newSize
    }

    /// All tiles of a log.
    package init(ofLogOfSize size: UInt64) {
        self.init(from: 0, to: size)
    }

    package func makeIterator() -> some IteratorProtocol<TileCoordinate> {
        (0..<8).lazy.flatMap { level in
            changes(onLevel: level).map { index, width in
                TileCoordinate(level: level, index: index, width: width)
            }
        }.makeIterator()
    }

    /// The entry bundles that the newer log has and the older one does not.
    package var entryBundles: some Sequence<EntryBundleCoordinate> {
        changes(onLevel: 0).map { index, width in
            EntryBundleCoordinate(index: index, width: width)
        }
    }

    /// Only full tiles are hashed upwards, so a level has one hash for each 256 below it.
    private func changes(
        onLevel level: Int
    ) -> some LazySequenceProtocol & Sequence<(index: UInt64, width: Int)> {
        let widthMax = UInt64(TileCoordinate.widthMax)
        let oldCount = oldSize >> (level * TileCoordinate.height)
        let newCount = newSize >> (level * TileCoordinate.height)
        let first = oldCount / widthMax
        let end = newCount > oldCount ? (newCount - 1) / widthMax + 1 : first
        return (first..<end).lazy.map { index in
            (index: index, width: Int(Swift.min(widthMax, newCount - index * widthMax)))
        }
    }
}
