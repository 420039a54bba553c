import Contracts
import Encodings

/// A list from the lab's interface, as a table of some of its fields.
struct Listing {
    private let columns:
        [(title: String, alignment: TextGrid.Alignment, value: (JSONValue) -> String)]
    private let empty: String

    /// - Parameter empty: What to say when there is nothing to list, and what to do about it.
    init(
        empty: String,
        _ columns: [(title: String, alignment: TextGrid.Alignment, value: (JSONValue) -> String)]
    ) {
        self.empty = empty
        self.columns = columns
    }

    func text(_ answer: JSONValue) -> String {
        let items = answer["items"]?.array ?? []
        guard !items.isEmpty else { return empty }
        var grid = TextGrid(columns.map { TextGrid.Column($0.title, $0.alignment) })
        for item in items {
            grid.add(columns.map { $0.value(item) })
        }
        return grid.text
    }
}

extension JSONValue {
    /// A field as people read it; a dash where it is absent.
    func shown(_ key: String) -> String {
        switch self[key] {
        case .string(let text)?: text.onOneLine
        case .integer(let number)?: "\(number)"
        case .number(let number)?: "\(number)"
        case .bool(let holds)?: holds ? "yes" : "no"
        case .array(let elements)?:
            elements.compactMap(\.string).map(\.onOneLine).joined(separator: " ")
        case .object?, .null?, nil: "-"
        }
    }

    /// A time on the ledger, to the second.
    func shownTime(_ key: String) -> String {
        guard let milliseconds = self[key]?.integer else { return "-" }
        return String("\(Timestamp(milliseconds: milliseconds))".prefix(19)) + "Z"
    }

    /// The beginning of a long identifier.
    func shownShort(_ key: String, _ count: Int = 12) -> String {
        self[key]?.string.map { String($0.prefix(count)) } ?? "-"
    }

    /// Something in millionths, with four decimals.
    func shownMicro(_ key: String) -> String {
        self[key]?.integer.map { decimals(Double($0) / 1_000_000, 4) } ?? "-"
    }
}

/// A number with so many decimals.
func decimals(_ value: Double, _ places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let digits = String(Int64(scaled))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return places == 0
        ? sign + padded : sign + padded.dropLast(places) + "." + padded.suffix(places)
}
