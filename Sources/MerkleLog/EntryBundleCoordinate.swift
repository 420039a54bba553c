/// Which entry bundle of a log, and how much of it: the entries under one tile of level 0 (C2SP
/// tlog-tiles, "Log entries").
package struct EntryBundleCoordinate: Hashable, Comparable, Sendable, CustomStringConvertible {
    private static let prefix = "tile/entries/"

    /// Which bundle, from 0; its first entry has 256 times this index.
    package let index: UInt64
    /// How many entries, 1...256.
    package let width: Int

    package init(index: UInt64, width: Int = TileCoordinate.widthMax) {
        precondition(1...TileCoordinate.widthMax ~= width, "a bundle holds 1 to 256 entries")
        self.index = index
        self.width = width
    }

    /// The bundle of a log of `size` entries, as wide as the log fills it.
    ///
    /// - Returns: `nil` where the log has no such bundle.
    package init?(index: UInt64, inLogOfSize size: UInt64) {
        guard let tile = TileCoordinate(level: 0, index: index, inLogOfSize: size) else {
            return nil
        }
        self.init(index: index, width: tile.width)
    }

    /// The bundle that holds an entry.
    ///
    /// - Returns: `nil` where a log of `size` entries has no such entry.
    package init?(holding entry: UInt64, inLogOfSize size: UInt64) {
        guard entry < size else { return nil }
        self.init(index: entry / UInt64(TileCoordinate.widthMax), inLogOfSize: size)
    }

    /// Reads what ``path`` prints, and nothing else.
    ///
    /// - Throws: ``TilePathError``.
    package init(path: String) throws(TilePathError) {
        guard path.utf8.starts(with: Self.prefix.utf8) else { throw .wrongPrefix }
        let end = try TileIndexPath(
            parsing: Array(path.utf8.dropFirst(Self.prefix.utf8.count))[...])
        self.init(index: end.index, width: end.width)
    }

    /// `tile/entries/<N>`, with `.p/<W>` for a partial bundle; under the log's prefix.
    package var path: String {
        Self.prefix + TileIndexPath(index: index, width: width).text
    }

    package var description: String { path }

    /// By index and width.
    package static func < (left: EntryBundleCoordinate, right: EntryBundleCoordinate) -> Bool {
        (left.index, left.width) < (right.index, right.width)
    }
}
