extension String {
    /// How many places it takes on a terminal: Chinese, Japanese and Korean characters take two
    /// (Unicode Standard Annex 11, wide and full-width).
    package var terminalWidth: Int { reduce(0) { $0 + $1.terminalWidth } }

    /// The text itself, or as much of its beginning as leaves a place for an ellipsis.
    ///
    /// - Parameter places: How many there are on a terminal's row; not less than one.
    package func cut(toWidth places: Int) -> String {
        guard terminalWidth > places else { return self }
        var width = 0
        let kept = prefix { character in
            width += character.terminalWidth
            return width < places
        }
        return kept + "…"
    }
}

extension Character {
    fileprivate var terminalWidth: Int {
        let isWide = unicodeScalars.first.map { scalar in
            Self.wide.contains { $0.contains(scalar.value) }
        }
        return isWide == true ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]
}
