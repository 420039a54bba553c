/// How far a place is ahead of UTC, and since when.
package struct TimeZoneRules: Hashable, Sendable {
    private let first: Int64
    private let changes: [(since: Int64, offset: Int64)]

    package static func == (one: TimeZoneRules, other: TimeZoneRules) -> Bool {
        one.first == other.first && one.changes.elementsEqual(other.changes, by: ==)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(first)
        for change in changes { hasher.combine(change.since) }
    }

    /// In seconds, at a time in seconds since 1970.
    func offset(at time: Int64) -> Int64 {
        changes.last { $0.since <= time }?.offset ?? first
    }

    /// Reads a compiled file of the time zone database (RFC 8536), the second data block; what the
    /// rule behind the last change would say is left out.
    ///
    /// - Returns: `nil` where it is not one.
    package init?(tzif bytes: [UInt8]) {
        var reader = BigEndianReader(bytes)
        guard reader.take(4) == Array("TZif".utf8), let version = reader.take(1)?.first,
            version >= UInt8(ascii: "2"), let counts = Self.counts(&reader),
            reader.skip(Self.length(counts, timeBytes: 4)), reader.skip(20),
            let counts = Self.counts(&reader)
        else { return nil }
        var times: [Int64] = []
        for _ in 0..<counts.times {
            guard let time = reader.integer(8) else { return nil }
            times.append(time)
        }
        guard let indices = reader.take(counts.times) else { return nil }
        var offsets: [Int64] = []
        for _ in 0..<counts.types {
            guard let offset = reader.integer(4), reader.skip(2) else { return nil }
            offsets.append(offset)
        }
        guard let start = offsets.first, indices.allSatisfy({ Int($0) < offsets.count }) else {
            return nil
        }
        first = start
        changes = zip(times, indices).map { ($0, offsets[Int($1)]) }
    }

    private typealias Counts = (
        utc: Int, standard: Int, leaps: Int, times: Int, types: Int, characters: Int
    )

    private static func counts(_ reader: inout BigEndianReader) -> Counts? {
        guard reader.skip(reader.isAtStartOfHeader ? 15 : 0) else { return nil }
        var numbers: [Int] = []
        for _ in 0..<6 {
            guard let number = reader.integer(4), (0...100_000).contains(number) else { return nil }
            numbers.append(Int(number))
        }
        return (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5])
    }

    private static func length(_ counts: Counts, timeBytes: Int) -> Int {
        counts.times * (timeBytes + 1) + counts.types * 6 + counts.characters
            + counts.leaps * (timeBytes + 4) + counts.standard + counts.utc
    }
}

private struct BigEndianReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Behind the magic number and the version come fifteen bytes of nothing.
    var isAtStartOfHeader: Bool { index == 5 }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, bytes.count - index >= count else { return nil }
        defer { index += count }
        return Array(bytes[index..<index + count])
    }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    mutating func integer(_ width: Int) -> Int64? {
        guard let bytes = take(width) else { return nil }
        let magnitude = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let shift = 64 - 8 * UInt64(width)
        return Int64(bitPattern: magnitude << shift) >> Int64(shift)
    }
}
