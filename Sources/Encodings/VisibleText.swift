extension String {
    /// The text with everything that a terminal would obey, or a reader could not see, written out:
    /// others' texts must not clear a screen, set a clipboard or turn a line around. Lines stay lines.
    package var visible: String { shown { $0 == "\n" || $0 == "\t" } }

    /// The same on one line.
    package var onOneLine: String { shown { _ in false } }

    private func shown(_ isKept: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: { $0.isHidden && !isKept($0) }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isHidden, !isKept(scalar) {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    /// Control characters, and marks that make a text look other than it is read by the machine:
    /// direction overrides, joiners, line separators (Unicode Technical Report 36, section 3).
    package var isHidden: Bool {
        switch value {
        case 0...0x1F, 0x7F...0x9F, 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
            0xFEFF:
            true
        default: false
        }
    }
}
