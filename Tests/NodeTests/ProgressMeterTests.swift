import Learning
import Testing

@testable import Node

@Suite struct ProgressMeterTests {
    @Test("Of many steps in a moment the first and the last are told, with the rows a second")
    func seldom() throws {
        let meter = ProgressMeter()
        let reports = (1...1_000).compactMap {
            meter.report(of: TrainingProgress(rowsDone: $0 * 8, rowsTotal: 8_000))
        }
        #expect(reports.first?.fraction == 0.001)
        #expect(reports.last?.fraction == 1)
        #expect(reports.count < 1_000)
        let rates = reports.compactMap(\.rowsPerSecond)
        #expect(rates.count == reports.count && rates.allSatisfy { $0 > 0 && $0.isFinite })
    }
}
