import Contracts
import Encodings

/// The sites of a job as they are at this moment, a line each: what the node does, how far it is, how
/// quick, and what last went wrong. What a licence does not allow to be told stays empty.
struct SiteTable {
    private static let barLength = 12

    /// - Parameters:
    ///   - answer: As the lab's interface shows a job.
    ///   - now: Milliseconds since 1970, to say how old a report is.
    static func lines(_ answer: JSONValue, now: Int64) -> [String] {
        var grid = TextGrid([
            .init("site"), .init("node"), .init("round", .right), .init("stage"), .init("done"),
            .init("rows/s", .right), .init("told", .right), .init(""),
        ])
        for site in answer["sites"]?.array ?? [] {
            let report = site["report"] ?? .null
            let isUp = site["connected"] == .bool(true)
            grid.add([
                site.shown("member"),
                site["connected"] == nil ? "" : isUp ? "up" : "away",
                report.shown("round"), report.shown("stage"),
                report["fractionMicro"]?.integer.map(bar) ?? "",
                report.shown("rowsPerSecond"),
                site["reported"]?.integer.map { age(now - $0) } ?? "",
                words(of: site),
            ])
        }
        return grid.lines.map(\.visible)
    }

    /// Why the site takes no tasks now, how it failed last, and what its trainer says.
    private static func words(of site: JSONValue) -> String {
        var words: [String] = []
        if let hold = site["hold"] {
            let until = hold["until"] == nil ? "" : " until \(hold.shownTime("until"))"
            words.append("takes no tasks\(until): \(hold.shown("code"))")
        }
        if let failure = site["failure"] {
            words.append("failed in round \(failure.shown("round")): \(failure.shown("code"))")
        }
        if let message = site["report"]?["message"]?.string { words.append(message.onOneLine) }
        return words.joined(separator: "; ")
    }

    private static func bar(_ micro: Int64) -> String {
        let full = Int(micro) * barLength / 1_000_000
        return String(repeating: "█", count: full)
            + String(repeating: "░", count: barLength - full) + " \(micro / 10_000) %"
    }

    private static func age(_ milliseconds: Int64) -> String {
        switch max(0, milliseconds) {
        case ..<1_000: "now"
        case let age where age < 60_000: "\(age / 1_000) s"
        case let age where age < 3_600_000: "\(age / 60_000) min"
        case let age: "\(age / 3_600_000) h"
        }
    }
}
