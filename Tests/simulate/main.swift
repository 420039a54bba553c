import Foundation
import Simulator
import Synchronization

let arguments: Arguments
do {
    arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
} catch {
    FileHandle.standardError.write(Data("\(error)\n\(Arguments.usage)\n".utf8))
    exit(2)
}

if arguments.seeds.count == 1, let seed = arguments.seeds.first {
    let simulation = Simulation(seed: seed, scenario: arguments.scenario(seed: seed))
    simulation.keepsLog = arguments.log
    let summary = simulation.run()
    for line in simulation.log {
        print(line)
    }
    print(summary)
    exit(summary.violation == nil ? 0 : 1)
}

/// Each thread takes the next seed when it is done with one.
let totals = Mutex(Totals(seeds: arguments.seeds))
await withTaskGroup(of: Void.self) { group in
    for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
        group.addTask {
            while let seed = totals.withLock({ $0.next() }) {
                let summary = Simulation(seed: seed, scenario: arguments.scenario(seed: seed)).run()
                totals.withLock { $0.add(summary) }
            }
        }
    }
}
let (description, failures) = totals.withLock { ($0.description, $0.failures) }
print(description)
exit(failures == 0 ? 0 : 1)
