/// Which bytes of a representation a request is for (RFC 9110 §14).
///
/// One range is understood. What asks for several, or in another unit, is answered with everything,
/// as §14.2 lets a server do; what cannot be read as the standard writes it, too.
package enum RequestedBytes: Hashable, Sendable {
    case all
    /// Never empty.
    case part(Range<Int>)
    /// None of the bytes is there (416).
    case unsatisfiable

    /// - Parameters:
    ///   - range: The value of `Range`.
    ///   - ifRange: The value of `If-Range`: unless it is the strong entity tag, the range does not
    ///     count (§13.1.5). A date never matches: blobs have none.
    ///   - entityTag: In quotes.
    ///   - count: How many bytes there are.
    package init(range: String?, ifRange: String?, entityTag: String, count: Int) {
        guard let range, ifRange.map({ Self.trimmed($0[...]) == entityTag }) ?? true,
            let asked = Self.only(in: range)
        else {
            self = .all
            return
        }
        switch asked {
        case .from(let first, let last):
            self = first < count ? .part(first..<min(last, count - 1) + 1) : .unsatisfiable
        case .last(0): self = .unsatisfiable
        // Of nothing, the last bytes are all there is.
        case .last(let length): self = count > 0 ? .part(max(0, count - length)..<count) : .all
        }
    }

    private enum Specification {
        case from(Int, through: Int)
        case last(Int)
    }

    /// - Returns: `nil` where it is not one range of bytes.
    private static func only(in value: String) -> Specification? {
        let halves = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, halves[0].lowercased() == "bytes" else { return nil }
        // A list may have empty elements (§5.6.1).
        let ranges = halves[1].split(separator: ",").map(trimmed).filter { !$0.isEmpty }
        guard ranges.count == 1 else { return nil }
        let ends = ranges[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        switch (ends[0].isEmpty, ends[1].isEmpty) {
        case (true, true): return nil
        case (true, false): return number(ends[1]).map(Specification.last)
        case (false, true): return number(ends[0]).map { .from($0, through: Int.max - 1) }
        case (false, false):
            guard let first = number(ends[0]), let last = number(ends[1]), first <= last else {
                return nil
            }
            return .from(first, through: last)
        }
    }

    /// Digits alone. A number that is too large for us is larger than any blob.
    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return min(Int(text) ?? .max, .max - 1)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = text.firstIndex(where: { !isBlank($0) }),
            let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return text[first...last]
    }
}
