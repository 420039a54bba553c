/// Neighbouring hashes of one level of a log's tree, at most 256.
package struct Tile: Hashable, Sendable {
    package let coordinate: TileCoordinate
    /// As many as the coordinate's width.
    package let hashes: [TreeHash]

    /// - Parameter hashes: 1 to 256.
    package init(level: Int, index: UInt64, hashes: [TreeHash]) {
        coordinate = TileCoordinate(level: level, index: index, width: hashes.count)
        self.hashes = hashes
    }

    /// Reads the file that a log serves under the coordinate's path.
    ///
    /// - Throws: ``TileContentError`` unless there are as many whole hashes as its width.
    package init(_ coordinate: TileCoordinate, content: [UInt8]) throws(TileContentError) {
        guard content.count == coordinate.width * TreeHash.byteCount else {
            throw .wrongLength(byteCount: content.count, width: coordinate.width)
        }
        self.coordinate = coordinate
        hashes = Self.hashes(in: content)
    }

    /// The file that a log serves under the coordinate's path: the hashes and nothing between.
    package var content: [UInt8] { hashes.withUnsafeBytes { Array($0) } }

    private static func hashes(in content: [UInt8]) -> [TreeHash] {
        let count = content.count / TreeHash.byteCount
        return Array(unsafeUninitializedCapacity: count) { hashes, initialized in
            UnsafeMutableRawBufferPointer(hashes).copyBytes(from: content)
            initialized = count
        }
    }
}

/// Why bytes are not the tile that they should be.
package enum TileContentError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongLength(byteCount: Int, width: Int)

    package var description: String {
        switch self {
        case .wrongLength(let byteCount, let width):
            "a tile of \(width) hashes has \(width * TreeHash.byteCount) bytes, "
                + "and this one \(byteCount)"
        }
    }
}
