/// Which tile of a log, and how much of it: up to 256 neighbouring hashes on every eighth height
/// of the tree (C2SP tlog-tiles, "Merkle Tree").
///
/// Hash `i` of tile `n` on level `l` covers the leaves from `(256 n + i) · 256^l` on, `256^l` of
/// them. A tile of fewer than 256 hashes is partial, and the beginning of the full one.
package struct TileCoordinate: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let levelMax = 63
    package static let widthMax = 256
    /// A full tile is a subtree of this height.
    static let height = 8

    /// 0...63; the hashes on level 0 are those of the entries.
    package let level: Int
    /// Which tile of the level, from 0.
    package let index: UInt64
    /// How many hashes, 1...256.
    package let width: Int

    package init(level: Int, index: UInt64, width: Int = widthMax) {
        precondition(0...Self.levelMax ~= level, "a tile's level is from 0 to 63")
        precondition(1...Self.widthMax ~= width, "a tile holds 1 to 256 hashes")
        self.level = level
        self.index = index
        self.width = width
    }

    /// The tile of a log of `size` entries, as wide as the log fills it.
    ///
    /// - Returns: `nil` where the log has no such tile.
    package init?(level: Int, index: UInt64, inLogOfSize size: UInt64) {
        precondition(0...Self.levelMax ~= level, "a tile's level is from 0 to 63")
        let hashes = size >> (level * Self.height)
        let (first, overflow) = index.multipliedReportingOverflow(by: UInt64(Self.widthMax))
        guard !overflow, first < hashes else { return nil }
        self.init(
            level: level, index: index, width: Int(min(UInt64(Self.widthMax), hashes - first)))
    }

    /// Reads what ``path`` prints, and nothing else.
    ///
    /// - Throws: ``TilePathError``.
    package init(path: String) throws(TilePathError) {
        let parts = Array(path.utf8).split(
            separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual("tile".utf8) else { throw .wrongPrefix }
        guard let level = UInt64(decimal: parts[1]), level <= UInt64(Self.levelMax) else {
            throw .badLevel
        }
        let end = try TileIndexPath(parsing: parts[2])
        self.init(level: Int(level), index: end.index, width: end.width)
    }

    /// `tile/<L>/<N>`, with `.p/<W>` for a partial tile; under the log's prefix.
    package var path: String {
        "tile/\(level)/\(TileIndexPath(index: index, width: width).text)"
    }

    package var description: String { path }

    package var isPartial: Bool { width < Self.widthMax }

    /// By level, index and width.
    package static func < (left: TileCoordinate, right: TileCoordinate) -> Bool {
        (left.level, left.index, left.width) < (right.level, right.index, right.width)
    }
}
