/// The spellings that mean that there is no value.
package enum MissingValue {
    /// Signs, and words in upper, lower or mixed case. An empty field, or one of spaces and tabs
    /// alone, is missing too. `none` is not: it is an answer ("smoker: none").
    package static let spellings = [
        "?", "-", "--", ".", "na", "n/a", "#n/a", "<na>", "nan", "null",
    ]

    private static let spellingBytes = spellings.map { Array($0.utf8) }
    private static let byteCountMax = 4

    /// - Parameter bytes: A field without spaces around it.
    static func isMissing(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return true }
        // Most fields are numbers, and no spelling begins with a digit.
        guard bytes.count <= byteCountMax,
            !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return false }
        return spellingBytes.contains { spelling in
            spelling.count == bytes.count
                && zip(spelling, bytes).allSatisfy { $0 == $1 || $0 == lowercased($1) }
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
