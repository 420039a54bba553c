extension CSVOptions.Delimiter {
    /// How many rows are looked at.
    private static let rowsMax = 50

    /// The delimiter that cuts the first rows of a file into the same number of fields, more than
    /// one. Where several do, the rarer one in ordinary text: tab, then semicolon, then comma; so
    /// numbers with decimal commas are not cut. Where none does, the one that cuts the first row
    /// into most fields, and the comma if there is only one.
    ///
    /// - Parameters:
    ///   - start: The first bytes of the file.
    ///   - isWhole: Whether these bytes are the whole file, so that its last row is complete.
    static func detected(
        in start: UnsafeRawBufferPointer, isWhole: Bool, options: CSVOptions
    ) -> Self {
        let candidates: [(delimiter: Self, widths: [Int])] = [.tab, .semicolon, .comma].map {
            ($0, widths(of: start, isWhole: isWhole, delimiter: $0, options: options))
        }
        let consistent = candidates.first { candidate in
            guard let first = candidate.widths.first, first > 1 else { return false }
            return candidate.widths.allSatisfy { $0 == first }
        }
        if let consistent { return consistent.delimiter }
        let widest = candidates.max { ($0.widths.first ?? 0) < ($1.widths.first ?? 0) }
        return widest.map { $0.widths.first ?? 0 > 1 ? $0.delimiter : .comma } ?? .comma
    }

    /// How many fields the first rows have; 0 for a row that cannot be read with this delimiter.
    private static func widths(
        of start: UnsafeRawBufferPointer, isWhole: Bool, delimiter: Self, options: CSVOptions
    ) -> [Int] {
        var tokenizer = CSVTokenizer(delimiter: delimiter, options: options)
        var widths: [Int] = []
        var position = 0
        do {
            while widths.count < rowsMax, try tokenizer.consume(start, at: &position) {
                widths.append(tokenizer.ends.count)
            }
            if widths.count < rowsMax, isWhole, try tokenizer.finish() {
                widths.append(tokenizer.ends.count)
            }
        } catch {
            widths.append(0)
        }
        return widths
    }
}
