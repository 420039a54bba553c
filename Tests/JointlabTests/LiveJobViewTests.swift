import Encodings
import Foundation
import Testing

@testable import jointlab

/// The live view of `job watch`, judged by what stands on a terminal in the end.
@Suite struct LiveJobViewTests {
    private static let job: JSONValue = [
        "job": "hearts", "status": "running", "closed": 1, "participants": [["member": "clinic"]],
        "plan": [["rounds": 5]],
    ]

    /// An answer with a site whose row is longer than most terminals are wide.
    private static func answer(_ message: String, sites: Int = 1) -> JSONValue {
        [
            "job": job, "rounds": [],
            "sites": .array(
                (0..<sites).map { number in
                    [
                        "member": .string("clinic-\(number)"), "connected": .bool(true),
                        "report": [
                            "round": 2, "stage": "training", "fractionMicro": 500_000,
                            "rowsPerSecond": 1_200, "message": .string(message),
                        ],
                    ]
                }),
        ]
    }

    private static func round(_ number: Int64) -> JSONValue {
        ["round": .integer(number), "task": "training", "status": "closed", "stage": "final"]
    }

    @Test(
        "After many drawings of long rows the terminal shows the rounds and the last drawing, no more",
        arguments: [20, 40, 80, 200])
    func redrawing(columns: Int) {
        let size = TerminalSize(columns: columns, rows: 24)
        var view = LiveJobView()
        var terminal = DrawnTerminal(size)
        let message = String(repeating: "words of the trainer ", count: 5)
        terminal.obey(view.text(for: .job(Self.job), on: size, now: 0))
        for number: Int64 in 1...3 {
            for step in 0..<4 {
                let answer = Self.answer("\(step) \(message)")
                terminal.obey(view.text(for: .changed(answer), on: size, now: 0))
            }
            terminal.obey(view.text(for: .round(Self.round(number)), on: size, now: 0))
        }
        let last = Self.answer("last \(message)")
        terminal.obey(view.text(for: .changed(last), on: size, now: 0))

        var expected = DrawnTerminal(size)
        var table = RoundTable(job: Self.job)
        expected.obey(table.header + "\n")
        for number: Int64 in 1...3 { expected.obey(table.line(Self.round(number)) + "\n") }
        var fresh = LiveJobView()
        expected.obey(fresh.text(for: .changed(last), on: size, now: 0))
        #expect(terminal.rows == expected.rows)
        #expect(terminal.rows.filter { $0.contains("hearts: running") }.count == 1)

        terminal.obey(view.text(for: .ended(Self.job), on: size, now: 0))
        #expect(!terminal.rows.contains { $0.contains("hearts: running") })
        #expect(terminal.rows.contains { $0.contains("training") })
    }

    @Test("A terminal that was made narrower is drawn on at its new width")
    func resized() {
        var view = LiveJobView()
        let answer = Self.answer(String(repeating: "x", count: 100))
        _ = view.text(for: .changed(answer), on: TerminalSize(columns: 200, rows: 24), now: 0)
        let narrow = TerminalSize(columns: 30, rows: 24)
        let text = view.text(for: .changed(answer), on: narrow, now: 0)
        // The blank row, the headline, the titles, the site.
        #expect(text.hasPrefix("\u{1B}[4A\u{1B}[J\n"))
        for line in text.dropFirst("\u{1B}[4A\u{1B}[J".count).split(separator: "\n") {
            #expect(String(line).terminalWidth <= 30, "\(line)")
        }
    }

    @Test("More sites than the terminal has rows are counted, and leave nothing behind either")
    func manySites() {
        let size = TerminalSize(columns: 40, rows: 6)
        var view = LiveJobView()
        var terminal = DrawnTerminal(size)
        for step in 0..<4 {
            let answer = Self.answer("\(step)", sites: 9)
            terminal.obey(view.text(for: .changed(answer), on: size, now: 0))
        }
        #expect(terminal.rows.filter { $0.contains("hearts: running") }.count == 1)
        #expect(terminal.rows.last == "… and 8 lines more")
        #expect(terminal.rows.count == 5)
    }

    @Test("A row is cut to the terminal's width with an ellipsis, wide characters counted twice")
    func rows() {
        let size = TerminalSize(columns: 8, rows: 24)
        #expect(
            LiveJobView.rows(
                ["", "12345678", "123456789", "北京银行", "北京银行!", "a\nb", "\u{1B}c"], on: size)
                == ["", "12345678", "1234567…", "北京银行", "北京银…", "a\\u{a}b", "\\u{1b}c"])
    }

    // MARK: - The terminal's size

    @Test("A terminal's size is read anew each time, and guessed where there is no terminal")
    func size() throws {
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        defer { close(terminal) }
        for columns: UInt16 in [40, 132] {
            var window = winsize(ws_row: 10, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
            try #require(ioctl(terminal, UInt(TIOCSWINSZ), &window) == 0)
            #expect(
                TerminalSize(of: terminal, environment: ["COLUMNS": "7"])
                    == TerminalSize(columns: Int(columns), rows: 10))
        }
        #expect(
            TerminalSize(of: -1, environment: ["COLUMNS": "100"])
                == TerminalSize(columns: 100, rows: 24))
        #expect(
            TerminalSize(of: -1, environment: ["COLUMNS": "-3", "LINES": "many"])
                == TerminalSize(columns: 80, rows: 24))
    }
}
