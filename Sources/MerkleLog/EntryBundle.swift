/// Neighbouring entries of a log, 1 to 256, as it serves them: each behind its length in two
/// bytes, most significant first (C2SP tlog-tiles, "Log entries").
package struct EntryBundle: Hashable, Sendable {
    package static let entryCountMax = TileCoordinate.widthMax
    /// No entry of a log is longer.
    package static let entryByteCountMax = Int(UInt16.max)

    package let entries: [[UInt8]]

    /// - Throws: ``EntryBundleError``: `wrongCount` or `entryTooLong`.
    package init(_ entries: [[UInt8]]) throws(EntryBundleError) {
        guard 1...Self.entryCountMax ~= entries.count else { throw .wrongCount(entries.count) }
        for (position, entry) in entries.enumerated()
        where entry.count > Self.entryByteCountMax {
            throw .entryTooLong(position: position, byteCount: entry.count)
        }
        self.entries = entries
    }

    /// Reads the file that a log serves.
    ///
    /// - Throws: ``EntryBundleError``: `cutOff` or `wrongCount`.
    package init(content: [UInt8]) throws(EntryBundleError) {
        var entries: [[UInt8]] = []
        var offset = 0
        while offset < content.count {
            guard entries.count < Self.entryCountMax else {
                throw .wrongCount(Self.entryCountMax + 1)
            }
            let start = offset + 2
            guard start <= content.count else {
                throw .cutOff(position: entries.count, offset: offset)
            }
            let end = start + (Int(content[offset]) << 8 | Int(content[offset + 1]))
            guard end <= content.count else {
                throw .cutOff(position: entries.count, offset: offset)
            }
            entries.append(Array(content[start..<end]))
            offset = end
        }
        guard !entries.isEmpty else { throw .wrongCount(0) }
        self.entries = entries
    }

    /// The file that a log serves.
    package var content: [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(entries.reduce(0) { $0 + 2 + $1.count })
        for entry in entries {
            content.append(UInt8(entry.count >> 8))
            content.append(UInt8(entry.count & 0xFF))
            content += entry
        }
        return content
    }

    /// The hashes of the entries: the tile of level 0 over them.
    package var leaves: [TreeHash] { entries.map { .leaf($0) } }
}

/// Why entries are not a bundle, and where.
package enum EntryBundleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// None, or more than 256; the number is then 257 and the rest was not read.
    case wrongCount(Int)
    case entryTooLong(position: Int, byteCount: Int)
    /// The entry whose length stands at this byte goes on beyond the end.
    case cutOff(position: Int, offset: Int)

    package var description: String {
        switch self {
        case .wrongCount(0): "a bundle holds at least one entry"
        case .wrongCount: "a bundle holds at most \(EntryBundle.entryCountMax) entries"
        case .entryTooLong(let position, let byteCount):
            "entry \(position) of the bundle has \(byteCount) bytes; "
                + "the most is \(EntryBundle.entryByteCountMax)"
        case .cutOff(let position, let offset):
            "entry \(position) of the bundle, at byte \(offset), is cut off"
        }
    }
}
