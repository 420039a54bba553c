import Simulator
import Testing

@Suite struct SimulationTests {
    @Test("A lab keeps its invariants under faults", arguments: 1...20 as ClosedRange<UInt64>)
    func invariantsHold(seed: UInt64) {
        let summary = Simulation(seed: seed).run()
        #expect(summary.violation == nil)
        #expect(summary.entries > 20, "seed \(seed) did next to nothing")
    }

    @Test("The same seed gives the same run", arguments: [3, 14] as [UInt64])
    func runsRepeat(seed: UInt64) {
        #expect(
            Simulation(seed: seed).run().traceDigest == Simulation(seed: seed).run().traceDigest)
    }
}
