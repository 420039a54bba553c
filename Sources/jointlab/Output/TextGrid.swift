import Encodings

/// Rows and columns as text, for people.
struct TextGrid {
    enum Alignment {
        case left, right
    }

    struct Column {
        let title: String
        let alignment: Alignment

        init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells)
    }

    /// Every line, the titles first; trailing blanks cut off.
    var lines: [String] {
        let widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map(\.terminalWidth).max() ?? 0
        }
        return ([columns.map(\.title)] + rows).map { Self.line($0, columns, widths) }
    }

    /// One line with given widths, for a table that is printed row by row.
    static func line(_ cells: [String], _ columns: [Column], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let blanks = String(repeating: " ", count: max(0, widths[index] - cell.terminalWidth))
            line += columns[index].alignment == .right ? blanks + cell : cell + blanks
            line += "  "
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    var text: String { lines.joined(separator: "\n") }
}

/// A row of numbers as a little drawing.
enum Sparkline {
    private static let levels = Array("▁▂▃▄▅▆▇█")

    static func text(_ values: [Double]) -> String {
        guard let least = values.min(), let most = values.max() else { return "" }
        let span = most - least
        return String(
            values.map { value in
                let share = span > 0 ? (value - least) / span : 0
                return levels[min(levels.count - 1, Int(share * Double(levels.count)))]
            })
    }
}
