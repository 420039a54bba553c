import Encodings
import Foundation
import Participation

/// A job on a terminal: the rounds that are over scroll by, and below them stand the round that is
/// under way and the sites, drawn again whenever something changes.
///
/// It answers with text and prints nothing, so that what a terminal is told can be read in a test.
struct LiveJobView {
    private var table: RoundTable?
    /// How many rows of the terminal hold what will be taken back.
    private var drawn = 0

    /// What to write for an event.
    ///
    /// - Parameters:
    ///   - size: The terminal's, at this moment: whoever watches may have resized it.
    ///   - now: Milliseconds since 1970, to say how old a report is.
    mutating func text(
        for event: MemberSession.WatchEvent, on size: TerminalSize, now: Int64
    ) -> String {
        switch event {
        case .job(let job):
            let new = RoundTable(job: job)
            table = new
            return new.header + "\n"
        case .round(let round):
            return erased() + (table?.line(round) ?? "") + "\n"
        case .waiting:
            return ""
        case .changed(let answer):
            let before = erased()
            let rows = Self.rows(
                ["", Self.headline(answer)] + SiteTable.lines(answer, now: now), on: size)
            drawn = rows.count
            return before + rows.map { $0 + "\n" }.joined()
        case .ended(let job):
            return erased() + (JobEnd.line(job).map { $0 + "\n" } ?? "")
        }
    }

    /// The lines as rows of the terminal: what is taken back is counted in rows, and a line that wraps,
    /// or one that has scrolled out at the top, would be left behind at each drawing.
    static func rows(_ lines: [String], on size: TerminalSize) -> [String] {
        // The cursor stands on a row of its own below them.
        let most = max(1, size.rows - 1)
        var shown = lines
        if lines.count > most {
            shown = lines.prefix(most - 1) + ["… and \(lines.count - most + 1) lines more"]
        }
        return shown.map { $0.onOneLine.cut(toWidth: size.columns) }
    }

    /// Takes back what was drawn below the rounds.
    private mutating func erased() -> String {
        defer { drawn = 0 }
        return drawn > 0 ? "\u{1B}[\(drawn)A\u{1B}[J" : ""
    }

    private static func headline(_ answer: JSONValue) -> String {
        let job = answer["job"] ?? .null
        let planned = (job["plan"]?.array ?? []).reduce(0) { $0 + ($1["rounds"]?.integer ?? 0) }
        var text = "\(job.shown("job")): \(job.shown("status")), "
        text += "\(job.shown("closed")) of \(planned - (job["skipped"]?.integer ?? 0)) rounds"
        if let round = answer["rounds"]?.array?.last,
            let status = round["status"]?.string, status == "open" || status == "sealed"
        {
            text +=
                "; round \(round.shown("round")) (\(round.shown("task"))) is \(status), \(round.shown("stage"))"
        } else if job["status"]?.string == "running" {
            let up = (answer["sites"]?.array ?? []).count {
                $0["connected"] == .bool(true) && $0["hold"] == nil
            }
            text += "; sites that are ready: \(up), needed: \(job.shown("participantsMin"))"
            let awaited = (answer["sites"]?.array ?? [])
                .filter { $0["hold"]?["awaited"] == .bool(true) }.map { $0.shown("member") }
            if !awaited.isEmpty {
                text += "; waits up to a day for a decision of \(awaited.joined(separator: ", "))"
            }
        } else if let reason = job["reason"]?.string {
            text += ": \(reason)"
        }
        return text.visible
    }
}
