import DeviceSimulator
import Foundation

let usage = """
    usage: simulate-devices [DEVICES [ROUNDS [SEED]]]
           simulate-devices http [DEVICES]
    """
let isServed = CommandLine.arguments.dropFirst().first == "http"
let numbers = CommandLine.arguments.dropFirst(isServed ? 2 : 1).map { Int($0) }
guard numbers.count <= (isServed ? 1 : 3), numbers.allSatisfy({ ($0 ?? 0) > 0 }) else {
    FileHandle.standardError.write(Data("\(usage)\n".utf8))
    exit(2)
}

/// In MiB.
func peakMemory() -> Int {
    var usage = rusage()
    #if os(Linux)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int(usage.ru_maxrss) / 1_024
    #else
        getrusage(RUSAGE_SELF, &usage)
        return Int(usage.ru_maxrss) / 1_048_576
    #endif
}

if isServed {
    let load = RelayLoad(devices: numbers.first.flatMap { $0 } ?? 1_000)
    let outcome = try await load.run()
    print("devices       \(load.devices), each with a connection of its own")
    print("in the sum    \(outcome.contributed), \(outcome.rows) rows")
    print("seconds       \(outcome.elapsed / .seconds(1))")
    print("peak memory   \(peakMemory()) MiB, devices and relay together")
    exit(0)
}

let given = numbers.compactMap { $0 }
let simulation = DeviceSimulation(
    devices: given.first ?? 10_000, rounds: given.count > 1 ? given[1] : 3,
    seed: UInt64(given.count > 2 ? given[2] : 1))

let clock = ContinuousClock()
let start = clock.now
let outcome = try simulation.run()
let elapsed = clock.now - start

print("devices       \(simulation.devices), \(simulation.rowsPerDevice) rows each")
print("rounds        \(simulation.rounds), with \(outcome.contributed) devices in the sum")
print("left          \(outcome.left), of whom \(outcome.cameBack) came back")
for (code, count) in outcome.refused.sorted(by: { $0.key < $1.key }) {
    print("refused       \(count) \(code)")
}
print("seconds       \(elapsed / .seconds(1))")
print("peak memory   \(peakMemory()) MiB")
print("accuracy      \(outcome.accuracy), before \(outcome.accuracyBefore)")
