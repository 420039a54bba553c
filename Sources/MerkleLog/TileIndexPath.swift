/// `x001/x234/067` or `x001/x234/067.p/89`: the end of a path to a tile or an entry bundle, with
/// its index in groups of three digits and, where it is partial, its width (C2SP tlog-tiles).
struct TileIndexPath {
    let index: UInt64
    /// 1...256.
    let width: Int

    var text: String {
        var text = Self.threeDigits(index % 1000)
        var rest = index / 1000
        while rest > 0 {
            text = "x\(Self.threeDigits(rest % 1000))/\(text)"
            rest /= 1000
        }
        return width < TileCoordinate.widthMax ? "\(text).p/\(width)" : text
    }

    init(index: UInt64, width: Int) {
        precondition(
            1...TileCoordinate.widthMax ~= width, "a tile holds 1 to 256 hashes or entries")
        self.index = index
        self.width = width
    }

    init(parsing text: ArraySlice<UInt8>) throws(TilePathError) {
        var digits = text
        width = try Self.cutWidth(from: &digits)

        var index: UInt64 = 0
        let groups = digits.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (position, group) in groups.enumerated() {
            let isLast = position == groups.count - 1
            let number = isLast ? group : group.dropFirst()
            guard isLast || group.first == UInt8(ascii: "x"), number.count == 3,
                number.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
            else { throw .badIndex }
            let value = number.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
            // A group of zeros before others would give the index a second spelling.
            guard position > 0 || isLast || value > 0 else { throw .badIndex }

            let (shifted, overflow) = index.multipliedReportingOverflow(by: 1000)
            let (sum, carry) = shifted.addingReportingOverflow(value)
            guard !overflow, !carry else { throw .badIndex }
            index = sum
        }
        self.index = index
    }

    /// Cuts `.p/<W>` off the end.
    private static func cutWidth(from text: inout ArraySlice<UInt8>) throws(TilePathError) -> Int {
        guard let dot = text.firstIndex(of: UInt8(ascii: ".")) else {
            return TileCoordinate.widthMax
        }
        let suffix = text[dot...]
        guard suffix.starts(with: ".p/".utf8), let width = UInt64(decimal: suffix.dropFirst(3)),
            1..<UInt64(TileCoordinate.widthMax) ~= width
        else { throw .badWidth }
        text = text[..<dot]
        return Int(width)
    }

    private static func threeDigits(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }
}

/// Why a text is not the path of a tile or an entry bundle.
package enum TilePathError: Error, Hashable, Sendable, CustomStringConvertible {
    case wrongPrefix
    case badLevel
    case badIndex
    case badWidth

    package var description: String {
        switch self {
        case .wrongPrefix: "the path begins with neither tile/<level>/ nor tile/entries/"
        case .badLevel: "the level is a number from 0 to 63 without leading zeros"
        case .badIndex: "the index is 64 bits in groups of three digits, as in x001/x234/067"
        case .badWidth: "the width of a partial tile stands behind .p/ and is from 1 to 255"
        }
    }
}
