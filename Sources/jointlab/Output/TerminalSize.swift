import Foundation

/// How many characters a terminal shows beside and below each other.
struct TerminalSize: Hashable {
    let columns: Int
    let rows: Int

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// The size of the terminal behind a descriptor, as it is now.
    ///
    /// - Parameter environment: Asked for `COLUMNS` and `LINES` where the terminal does not know its
    ///   size, as on a serial line; 80 by 24 where nobody does.
    init(of descriptor: Int32, environment: [String: String]) {
        var window = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0
        func size(_ told: UInt16, _ variable: String, _ usual: Int) -> Int {
            if isKnown, told > 0 { return Int(told) }
            return environment[variable].flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil } ?? usual
        }
        columns = size(window.ws_col, "COLUMNS", 80)
        rows = size(window.ws_row, "LINES", 24)
    }
}
