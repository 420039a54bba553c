package import Encodings

/// A text in sections, which is printed for a terminal, as Markdown or as JSON.
package struct ReadingText: Sendable {
    package enum Block: Hashable, Sendable {
        case paragraph(String)
        case list([String])
        case numbered([String])
        case table(columns: [String], rows: [[String]])
    }

    package struct Section: Sendable {
        package let title: String
        /// 1 for a chapter, 2 for a part of one.
        package let level: Int
        package var blocks: [Block]

        init(_ title: String, level: Int = 1, _ blocks: [Block] = []) {
            self.title = title
            self.level = level
            self.blocks = blocks
        }
    }

    package let title: String
    package internal(set) var sections: [Section]

    package var markdown: String {
        var text = "# \(title)\n"
        for section in sections {
            text += "\n\(String(repeating: "#", count: section.level + 1)) \(section.title)\n"
            for block in section.blocks { text += "\n\(Self.markdown(block))\n" }
        }
        return text
    }

    private static func markdown(_ block: Block) -> String {
        switch block {
        case .paragraph(let text): return text
        case .list(let items): return items.map { "- \($0)" }.joined(separator: "\n")
        case .numbered(let items):
            return items.enumerated().map { "\($0 + 1). \($1)" }.joined(separator: "\n")
        case .table(let columns, let rows):
            let rule = "|" + String(repeating: "---|", count: columns.count)
            let lines = ([columns] + rows).map { cells in
                "| "
                    + cells.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }
                    .joined(separator: " | ") + " |"
            }
            return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
        }
    }

    /// For a terminal.
    ///
    /// - Parameter width: In columns.
    package func plain(width: Int = 100) -> String {
        var lines = TextBlock.wrapped(title, to: width)
        lines.append(String(repeating: "=", count: min(width, title.terminalWidth)))
        for section in sections {
            lines.append("")
            if section.level == 1 {
                lines.append(section.title)
                lines.append(String(repeating: "-", count: min(width, section.title.terminalWidth)))
            } else {
                lines.append("* \(section.title)")
            }
            for block in section.blocks {
                if section.level == 1, block != section.blocks.first { lines.append("") }
                lines += Self.plain(block, width: width, margin: section.level == 1 ? "" : "  ")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func plain(_ block: Block, width: Int, margin: String) -> [String] {
        let width = width - margin.count
        let lines: [String]
        switch block {
        case .paragraph(let text): lines = TextBlock.wrapped(text, to: width)
        case .list(let items):
            lines = items.flatMap { TextBlock.hanging("- ", $0, to: width) }
        case .numbered(let items):
            lines = items.enumerated().flatMap { TextBlock.hanging("\($0 + 1). ", $1, to: width) }
        case .table(let columns, let rows):
            lines = TextBlock.table([columns] + rows, to: width)
        }
        return lines.map { $0.isEmpty ? "" : margin + $0 }
    }

    package var json: JSONValue {
        [
            "title": .string(title),
            "sections": .array(
                sections.map { section in
                    [
                        "title": .string(section.title), "level": .integer(Int64(section.level)),
                        "blocks": .array(section.blocks.map(Self.json)),
                    ]
                }),
        ]
    }

    private static func json(_ block: Block) -> JSONValue {
        func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        return switch block {
        case .paragraph(let text): ["paragraph": .string(text)]
        case .list(let items): ["list": strings(items)]
        case .numbered(let items): ["numbered": strings(items)]
        case .table(let columns, let rows):
            ["columns": strings(columns), "rows": .array(rows.map(strings))]
        }
    }
}
