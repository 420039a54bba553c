import Contracts
import Federation
import Synchronization

/// The reports that are to be sent: of each round only the newest is worth it, and how a round ended
/// is kept until the coordinator has it.
final class ReportQueue: Sendable {
    private struct Reports {
        /// In the order in which their rounds were first heard of.
        var waiting: [SiteReport] = []
        /// Those that did not get through, until there is a connection again.
        var kept: [SiteReport] = []
    }

    /// A node that is alone for long keeps so many.
    private static let keptMax = 1_000

    private let reports = Mutex(Reports())
    private let signal: AsyncStream<Void>.Continuation
    /// Something is there for ``next()``.
    let arrivals: AsyncStream<Void>

    init() {
        (arrivals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func put(_ report: SiteReport) {
        reports.withLock { reports in
            let older = reports.waiting.firstIndex {
                $0.round == report.round && !$0.stage.isLast
            }
            if let older {
                reports.waiting[older] = report
            } else {
                reports.waiting.append(report)
            }
        }
        signal.yield()
    }

    func next() -> SiteReport? {
        reports.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    /// Takes one back that did not get through.
    func keep(_ report: SiteReport) {
        guard report.stage.isLast else { return }
        reports.withLock { reports in
            reports.kept.append(report)
            if reports.kept.count > Self.keptMax { reports.kept.removeFirst() }
        }
    }

    /// There is a connection again.
    func retry() {
        reports.withLock { reports in
            reports.waiting = reports.kept + reports.waiting
            reports.kept = []
        }
        signal.yield()
    }
}
