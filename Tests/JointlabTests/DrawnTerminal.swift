import Encodings

@testable import jointlab

/// What stands on a terminal, as far as `job watch` draws on one: text that wraps at the right edge,
/// new lines, *cursor up* and *erase below* (ECMA-48, CUU and ED). Nothing scrolls out of its memory,
/// but the cursor goes no higher than the topmost row on the screen.
struct DrawnTerminal {
    private let size: TerminalSize
    private var lines: [[Character]] = [[]]
    private var cursor = 0

    init(_ size: TerminalSize) {
        self.size = size
    }

    /// Every row down to the last one that was begun, those that have scrolled out too.
    var rows: [String] { lines.dropLast(lines.last == [] ? 1 : 0).map { String($0) } }

    mutating func obey(_ text: String) {
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "\u{1B}":
                rest = rest.dropFirst()
                let number = rest.prefix { $0.isNumber }
                rest = rest.dropFirst(number.count)
                switch rest.popFirst() {
                case "A":
                    let top = max(0, lines.count - size.rows)
                    cursor = max(top, cursor - (Int(number) ?? 1))
                case "J":
                    lines.removeSubrange((cursor + 1)...)
                    lines[cursor] = []
                case let other: preconditionFailure("\(String(describing: other)) is not drawn")
                }
            case "\n": advance()
            default:
                let width = String(character).terminalWidth
                // As terminals do, it wraps only when there is a character that has no place.
                if String(lines[cursor]).terminalWidth + width > size.columns { advance() }
                lines[cursor].append(character)
            }
        }
    }

    private mutating func advance() {
        cursor += 1
        if cursor == lines.count { lines.append([]) }
    }
}
