import Learning
import Synchronization

/// How far a trainer is, as the job's owner may be told where the licence allows it.
struct WorkProgress: Hashable, Sendable {
    /// Of the task's work, from 0 to 1.
    let fraction: Double
    /// A row that is read in two epochs counts twice; `nil` where the trainer does not say.
    var rowsPerSecond: Double?
    /// The trainer's own line.
    var text: String?
}

/// Makes reports of what a trainer tells after each step, seldom enough to be sent.
final class ProgressMeter: Sendable {
    private static let interval = Duration.milliseconds(200)

    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let last: Mutex<ContinuousClock.Instant?> = Mutex(nil)

    init() {
        start = clock.now
    }

    /// - Returns: `nil` where the last report is too fresh; never for the end.
    func report(of progress: TrainingProgress) -> WorkProgress? {
        let now = clock.now
        let isDue = last.withLock { last in
            let isDue =
                progress.fraction >= 1 || last.map { now - $0 >= Self.interval } ?? true
            if isDue { last = now }
            return isDue
        }
        guard isDue else { return nil }
        let seconds = (now - start) / .seconds(1)
        return WorkProgress(
            fraction: progress.fraction,
            rowsPerSecond: seconds > 0 ? Double(progress.rowsDone) / seconds : nil)
    }
}
