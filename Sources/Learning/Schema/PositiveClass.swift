import Encodings

/// Which values of a label are the positive class: some that are listed, or the numbers on one side
/// of another.
package enum PositiveClass: Hashable, Sendable, CustomStringConvertible {
    package enum Comparison: String, CaseIterable, Hashable, Sendable {
        // The longer signs first, so that a prefix is not taken for the whole.
        case atLeast = ">="
        case atMost = "<="
        case above = ">"
        case below = "<"

        func holds(_ value: Double, _ bound: Double) -> Bool {
            switch self {
            case .atLeast: value >= bound
            case .atMost: value <= bound
            case .above: value > bound
            case .below: value < bound
            }
        }
    }

    /// Sorted by their UTF-8 bytes, numbers in their shortest form.
    case values([String])
    case compared(Comparison, Double)

    /// Reads what a person writes: `M`, `yes,maybe` or `>0`.
    ///
    /// - Returns: `nil` for an empty value in a list, or a sign without a number after it.
    package init?(parsing text: String) {
        for comparison in Comparison.allCases where text.hasPrefix(comparison.rawValue) {
            let bound = CSVField(String(text.dropFirst(comparison.rawValue.count)))
            guard let number = bound.number else { return nil }
            self = .compared(comparison, number)
            return
        }
        let values = text.split(separator: ",", omittingEmptySubsequences: false).map {
            CSVField(String($0)).category
        }
        guard !values.contains("") else { return nil }
        self = .values(sortedByBytes(values))
    }

    package var description: String {
        switch self {
        case .values(let values): shown(values)
        case .compared(let comparison, let bound):
            comparison.rawValue + JSONValue.number(bound).canonicalText
        }
    }
}

/// Each text once, in the order of their UTF-8 bytes; Swift's own order and equality follow Unicode
/// tables that change with its version.
func sortedByBytes(_ texts: some Sequence<String>) -> [String] {
    var sorted: [String] = []
    for text in texts.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    where sorted.last?.utf8.elementsEqual(text.utf8) != true {
        sorted.append(text)
    }
    return sorted
}
