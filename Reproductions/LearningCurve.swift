/// How a run's accuracy grew with its rounds.
///
/// McMahan et al., section 3, count rounds on a curve made "monotonically improving by taking the best
/// value of test-set accuracy achieved over all prior rounds", with "linear interpolation between the
/// discrete points".
struct LearningCurve {
    /// The rounds after which the model was judged, and the best accuracy until then.
    private(set) var points: [(round: Int, best: Double)] = []

    /// 0 before the first round.
    var best: Double { points.last?.best ?? 0 }

    mutating func append(_ accuracy: Double, after round: Int) {
        precondition(round > points.last?.round ?? 0, "rounds come one after the other")
        points.append((round, max(best, accuracy)))
    }

    /// After how many rounds the curve crosses an accuracy; `nil` where it does not. The first point
    /// has none before it to interpolate from.
    func crossing(of accuracy: Double) -> Double? {
        guard let place = points.firstIndex(where: { $0.best >= accuracy }) else { return nil }
        let after = points[place]
        guard place > 0 else { return Double(after.round) }
        let before = points[place - 1]
        let share = (accuracy - before.best) / (after.best - before.best)
        return Double(before.round) + share * Double(after.round - before.round)
    }
}
