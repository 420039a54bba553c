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

extension String {
    /// How many places it takes on a terminal: Chinese, Japanese and Korean characters take two
    /// (Unicode Standard Annex 11, wide and full-width).
    var terminalWidth: Int {
        reduce(0) { width, character in
            let isWide = character.unicodeScalars.first.map { scalar in
                Self.wide.contains { $0.contains(scalar.value) }
            }
            return width + (isWide == true ? 2 : 1)
        }
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]
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
