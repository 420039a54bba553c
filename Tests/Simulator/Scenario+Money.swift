import Contracts

extension Scenario {
    /// Honest members who do next to nothing but pay, hold, split, take back, issue and redeem, some
    /// hundred times a second, while processes are killed, wires break and clocks are off.
    package static func money(seed: UInt64) -> Scenario {
        var scenario = Scenario(seed: seed)
        scenario.coordinatorLies = false
        scenario.liars = 0
        scenario.rules = Rules()
        scenario.founders = 4
        scenario.outsiders = 0
        scenario.pace = 1...4
        scenario.busyMilliseconds = 15_000
        for errand in Errand.allCases { scenario.zeal[errand] = 0 }
        for errand in Errand.paying { scenario.zeal[errand] = 1 }
        // Else most of what happens is issued.
        scenario.zeal[.issue] = 0.5
        return scenario
    }
}
