/// A set of Unicode scalar values.
struct ScalarSet: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>]

    static let all = ScalarSet([0...0x10FFFF])
    static let newline = ScalarSet([0x0A...0x0A])
    static let digits = ScalarSet([0x30...0x39])
    static let letters = ScalarSet([0x41...0x5A, 0x61...0x7A])
    static let words = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let spaces = ScalarSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])

    /// The POSIX classes, in ASCII as in RE2.
    static let named: [String: ScalarSet] = [
        "alnum": ScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A]), "alpha": letters,
        "ascii": ScalarSet([0...0x7F]), "blank": ScalarSet([0x09...0x09, 0x20...0x20]),
        "cntrl": ScalarSet([0...0x1F, 0x7F...0x7F]), "digit": digits,
        "graph": ScalarSet([0x21...0x7E]), "lower": ScalarSet([0x61...0x7A]),
        "print": ScalarSet([0x20...0x7E]),
        "punct": ScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]),
        "space": ScalarSet([0x09...0x0D, 0x20...0x20]), "upper": ScalarSet([0x41...0x5A]),
        "word": words, "xdigit": ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66]),
    ]

    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound &+ 1 {
                merged[merged.count - 1] =
                    last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    var complement: ScalarSet {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
        return ScalarSet(gaps)
    }

    /// With both cases of the ASCII letters in it.
    var caseFolded: ScalarSet {
        func shifted(_ letters: ClosedRange<UInt32>, by distance: Int64) -> [ClosedRange<UInt32>] {
            ranges.compactMap { range in
                guard range.overlaps(letters) else { return nil }
                let part = range.clamped(to: letters)
                return UInt32(
                    Int64(part.lowerBound) + distance)...UInt32(
                        Int64(part.upperBound) + distance)
            }
        }
        return ScalarSet(ranges + shifted(0x41...0x5A, by: 32) + shifted(0x61...0x7A, by: -32))
    }

    func contains(_ scalar: UInt32) -> Bool {
        ranges.contains { $0.contains(scalar) }
    }
}
