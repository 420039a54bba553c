import Contracts
import Federation
import Testing

/// What of a report leaves the data's owner.
@Suite struct SiteDisclosureTests {
    @Test("Each word of a licence lets through what the one before does, and more")
    func disclosed() throws {
        let report = SiteReport(
            round: RoundID(job: try JobID("j"), number: 1), stage: .training,
            fractionMicro: 500_000, rowsPerSecond: 7, message: "epoch 1")
        #expect(SiteDisclosure.none.disclosed(report) == nil)
        let stages = try #require(SiteDisclosure.stages.disclosed(report))
        #expect(stages == SiteReport(round: report.round, stage: .training))
        #expect(
            SiteDisclosure.progress.disclosed(report)
                == SiteReport(
                    round: report.round, stage: .training, fractionMicro: 500_000,
                    rowsPerSecond: 7))
        #expect(SiteDisclosure.messages.disclosed(report) == report)
    }
}
