import Encodings

/// Lines of a given width.
enum TextBlock {
    /// Breaks a text at blanks, and Chinese anywhere but before a mark.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            for piece in pieces(of: String(paragraph)) {
                let isFull = line.terminalWidth + piece.trimmedEnd.terminalWidth > width
                if isFull, !line.isEmpty {
                    lines.append(line.trimmedEnd)
                    line = ""
                }
                line += line.isEmpty ? String(piece.drop { $0 == " " }) : piece
                while line.trimmedEnd.terminalWidth > width, line.count > 1 {
                    let head = line.prefix(
                        max(1, line.first?.isIdeograph == true ? width / 2 : width))
                    lines.append(String(head))
                    line = String(line.dropFirst(head.count))
                }
            }
            lines.append(line.trimmedEnd)
        }
        return lines
    }

    static func hanging(_ mark: String, _ text: String, to width: Int) -> [String] {
        let blank = String(repeating: " ", count: mark.count)
        return wrapped(text, to: width - mark.count).enumerated().map {
            ($0 == 0 ? mark : blank) + $1
        }
    }

    /// Rows of cells that are wrapped; the first row is the titles.
    static func table(_ rows: [[String]], to width: Int) -> [String] {
        guard let titles = rows.first else { return [] }
        let natural = titles.indices.map { column in
            rows.map { $0[column].terminalWidth }.max() ?? 0
        }
        let widths = fitting(natural, to: width - 2 * (titles.count - 1))
        var lines: [String] = []
        for (index, row) in rows.enumerated() {
            let cells = zip(row, widths).map { wrapped($0, to: max($1, 4)) }
            for line in 0..<(cells.map(\.count).max() ?? 0) {
                var text = ""
                for (cell, width) in zip(cells, widths) {
                    let part = line < cell.count ? cell[line] : ""
                    text +=
                        part + String(repeating: " ", count: max(0, width - part.terminalWidth) + 2)
                }
                lines.append(text.trimmedEnd)
            }
            if index == 0 {
                lines.append(
                    widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "))
            }
        }
        return lines
    }

    /// Narrow columns keep their width, and wide ones share what is left.
    private static func fitting(_ natural: [Int], to width: Int) -> [Int] {
        var widths = natural
        var open = Set(natural.indices)
        var left = width
        while !open.isEmpty {
            let share = max(8, left / open.count)
            let narrow = open.filter { natural[$0] <= share }
            if narrow.isEmpty {
                for column in open { widths[column] = share }
                break
            }
            for column in narrow { left -= natural[column] }
            open.subtract(narrow)
        }
        return widths
    }

    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var word = ""
        var isCode = false
        for character in text {
            if character == "`" { isCode.toggle() }
            if character == " " {
                pieces.append(word + " ")
                word = ""
            } else if character.isIdeograph, !isCode {
                if !word.isEmpty, !word.allSatisfy({ "“（《".contains($0) }) {
                    pieces.append(word)
                    word = ""
                }
                word.append(character)
            } else if "，。；：、！？）”》".contains(character), !isCode {
                word.append(character)
            } else {
                let isBreak =
                    word.last.map { $0.isIdeograph || "，。；：、！？）》".contains($0) } == true
                if isBreak, !".,;:)]”".contains(character) {
                    pieces.append(word)
                    word = ""
                }
                word.append(character)
            }
        }
        if !word.isEmpty { pieces.append(word) }
        return pieces
    }
}

extension Character {
    fileprivate var isIdeograph: Bool {
        unicodeScalars.first.map { (0x3400...0x9FFF).contains($0.value) } ?? false
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
