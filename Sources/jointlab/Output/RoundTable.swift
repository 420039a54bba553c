import Contracts
import Encodings

/// A job's rounds, a line each: participants, loss, AUC at each site, time, ledger stage.
struct RoundTable {
    private let sites: [String]
    private let columns: [TextGrid.Column]
    private let widths: [Int]
    private var losses: [Double] = []

    /// - Parameter job: As the lab's interface shows it.
    init(job: JSONValue) {
        sites = (job["participants"]?.array ?? []).map { $0.shown("member") }
        columns =
            [
                .init("round", .right), .init("task"), .init("sites", .right),
                .init("loss", .right), .init(""),
            ] + sites.map { TextGrid.Column("AUC \($0)", .right) }
            + [.init("time", .right), .init("stage"), .init("")]
        widths = [5, 10, 5, 6, 8] + sites.map { max(6, $0.count + 4) } + [8, 10, 0]
    }

    var header: String { TextGrid.line(columns.map(\.title), columns, widths) }

    /// The line of a round that is over. Loss and AUC are those of the model that it started from.
    mutating func line(_ round: JSONValue) -> String {
        let contributions = round["contributions"]?.array ?? []
        let participants = round["participants"]?.array ?? []
        let isOver = round["status"]?.string == "abandoned"
        let loss = Self.mean("holdoutLoss", contributions)
        if let loss { losses.append(loss) }
        let metrics = Dictionary(
            contributions.map { ($0.shown("member"), $0["metricsMicro"] ?? .null) },
            uniquingKeysWith: { $1 })
        let cells =
            [
                round.shown("round"), round.shown("task"),
                "\(contributions.count)/\(participants.count)",
                loss.map { decimals($0, 4) } ?? "",
                loss == nil ? "" : Sparkline.text(losses.suffix(8)),
            ]
            + sites.map {
                (metrics[$0] ?? .null)["holdoutAUC"] == nil
                    ? "" : (metrics[$0] ?? .null).shownMicro("holdoutAUC")
            }
            + [
                Self.length(of: round), round.shown("stage"),
                isOver ? "abandoned: \(round.shown("reason"))" : "",
            ]
        return TextGrid.line(cells, columns, widths)
    }

    /// How long it took, by the ledger's times.
    private static func length(of round: JSONValue) -> String {
        guard let opened = round["opened"]?.integer, let ended = round["ended"]?.integer else {
            return ""
        }
        return ended - opened < 10_000
            ? "\(ended - opened) ms" : "\(decimals(Double(ended - opened) / 1_000, 1)) s"
    }

    /// A metric's mean over the sites, each weighted by its rows.
    private static func mean(_ metric: String, _ contributions: [JSONValue]) -> Double? {
        var sum = 0.0
        var rows = 0.0
        for contribution in contributions {
            guard let metrics = contribution["metricsMicro"], let value = metrics[metric]?.integer,
                let count = metrics["holdoutRows"]?.integer
            else { continue }
            sum += Double(value) / 1_000_000 * Double(count)
            rows += Double(count)
        }
        return rows > 0 ? sum / rows : nil
    }
}
