import Contracts
import Federation
import Testing

@testable import Node

/// How far rounds are that go on beside each other, and that the coordinator hears how each has ended.
@Suite struct ReportTests {
    private let (one, other): (RoundID, RoundID)

    init() throws {
        one = RoundID(job: try JobID("j-1"), number: 4)
        other = RoundID(job: try JobID("j-2"), number: 0)
    }

    @Test("Each round has its own stage and rate, whatever the others do")
    func rounds() {
        var reports = RoundReports()
        _ = reports.report(.training, on: one)
        _ = reports.report(
            .training, WorkProgress(fraction: 0.5, rowsPerSecond: 70), on: one)
        _ = reports.report(.fetching, on: other)
        let more = reports.report(.training, WorkProgress(fraction: 0.75), on: one)
        #expect(more?.fractionMicro == 750_000 && more?.rowsPerSecond == 70)
        #expect(reports.report(.uploading, on: one)?.rowsPerSecond == 70)
        #expect(reports.report(.training, on: other)?.rowsPerSecond == nil)
    }

    @Test("Progress that comes after its round's training is not told")
    func late() {
        var reports = RoundReports()
        for round in [one, other] { _ = reports.report(.training, on: round) }
        #expect(reports.report(.failed, code: "trainer.failed", on: one)?.stage == .failed)
        _ = reports.report(.training, WorkProgress(fraction: 0.1), on: other)
        #expect(reports.report(.training, WorkProgress(fraction: 0.9), on: one) == nil)
        #expect(reports.report(.training, WorkProgress(fraction: 0.2), on: other) != nil)
    }

    private func report(_ stage: SiteReport.Stage, _ round: RoundID) -> SiteReport {
        SiteReport(round: round, stage: stage)
    }

    private func all(_ queue: ReportQueue) -> [SiteReport] {
        var reports: [SiteReport] = []
        while let next = queue.next() { reports.append(next) }
        return reports
    }

    @Test("Of a round the newest report is sent, and no other round's takes its place")
    func newest() {
        let queue = ReportQueue()
        for stage in [SiteReport.Stage.fetching, .training, .uploading] {
            for round in [one, other] { queue.put(report(stage, round)) }
        }
        queue.put(report(.failed, one))
        #expect(all(queue) == [report(.failed, one), report(.uploading, other)])
        #expect(all(queue).isEmpty)
    }

    @Test("How a round ended is sent, though the round is tried again at once")
    func last() {
        let queue = ReportQueue()
        let reports = [report(.failed, one), report(.training, one)]
        for report in reports { queue.put(report) }
        #expect(all(queue) == reports)
    }

    @Test(
        "What did not get through is sent again with the next connection, if a round ended with it")
    func kept() {
        let queue = ReportQueue()
        queue.keep(report(.training, other))
        queue.keep(report(.failed, one))
        #expect(all(queue).isEmpty)
        queue.put(report(.fetching, other))
        queue.retry()
        #expect(all(queue) == [report(.failed, one), report(.fetching, other)])
        queue.retry()
        #expect(all(queue).isEmpty)
    }

    @Test("Whoever waits for reports is told of one that comes, also a moment before")
    func arrivals() async {
        let queue = ReportQueue()
        queue.put(report(.fetching, one))
        queue.put(report(.fetching, other))
        for await _ in queue.arrivals { break }
        #expect(all(queue).count == 2)
    }
}
