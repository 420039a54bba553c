import DeviceSimulator
import Testing

@Suite struct DeviceSimulationTests {
    @Test("A thousand devices that come, go and lie train a model through one relay")
    func thousand() throws {
        let outcome = try DeviceSimulation(devices: 1_000, rounds: 2).run()
        #expect(outcome.contributed.allSatisfy { $0 > 800 && $0 < 1_000 })
        // Every fourth of a device's eight rows is held out.
        #expect(outcome.weights == outcome.contributed.map { Int64($0 * 6) })
        #expect(outcome.cameBack > 0 && outcome.left > outcome.cameBack)
        #expect(
            Set(outcome.refused.keys)
                == ["device.twice", "update.not_finite", "update.weight_exceeded"])
        #expect(outcome.accuracyBefore < 0.6)
        #expect(outcome.accuracy > 0.8)
    }

    @Test("The same seed makes the same rounds")
    func seeded() throws {
        let simulation = DeviceSimulation(devices: 40, rounds: 1, seed: 3)
        let (first, second) = (try simulation.run(), try simulation.run())
        #expect(first.contributed == second.contributed)
        #expect(first.accuracy == second.accuracy)
        #expect(first.refused == second.refused)
    }
}
