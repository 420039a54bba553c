import Contracts
import Federation

/// How far the rounds are that a node works on; a relay's go on beside each other.
struct RoundReports {
    private struct Standing {
        var stage: SiteReport.Stage
        /// Of the round's training, which is told until its end.
        var rate: Double?
    }

    /// Of older rounds nothing comes any more.
    private static let roundsMax = 500

    private var standings: [RoundID: Standing] = [:]
    /// The oldest first.
    private var known: [RoundID] = []

    /// - Parameter progress: What a trainer says of itself. Such reports are on their way by
    ///   themselves, and one may come after the training's end.
    /// - Returns: `nil` for what comes too late.
    mutating func report(
        _ stage: SiteReport.Stage, _ progress: WorkProgress? = nil, code: String? = nil,
        said: String? = nil, on round: RoundID
    ) -> SiteReport? {
        let before = standings[round]
        if progress != nil, let before, before.stage != .training { return nil }
        let rate = progress?.rowsPerSecond ?? before?.rate
        note(Standing(stage: stage, rate: rate), of: round)
        return SiteReport(
            round: round, stage: stage,
            fractionMicro: progress.map { Int64(min(max($0.fraction, 0), 1) * 1_000_000) },
            rowsPerSecond: rate.map { Int64(min($0.rounded(), 1e15)) }, code: code,
            message: said ?? progress?.text)
    }

    private mutating func note(_ standing: Standing, of round: RoundID) {
        if standings.updateValue(standing, forKey: round) == nil { known.append(round) }
        if known.count > Self.roundsMax { standings[known.removeFirst()] = nil }
    }
}

extension SiteReport.Stage {
    /// Whether nothing follows it: how a round ended must not get lost.
    var isLast: Bool {
        switch self {
        case .contributed, .failed: true
        case .fetching, .training, .uploading: false
        }
    }
}
