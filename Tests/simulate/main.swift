import Simulator

let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let first = arguments.first ?? 1
let count = arguments.dropFirst().first ?? 1
var failed = 0
for seed in first..<first + count {
    let simulation = Simulation(seed: seed)
    simulation.keepsLog = count == 1
    let s = simulation.run()
    if count == 1 {
        for line in simulation.log.suffix(CommandLine.arguments.contains("full") ? 100000 : 60) {
            print(line)
        }
    }
    print(
        "seed \(s.seed): \(s.entries) entries, \(s.members) members, \(s.roundsClosed)+\(s.roundsAbandoned) rounds, \(s.kills) kills, \(s.steps) steps \(s.violation ?? "ok")"
    )
    if s.violation != nil { failed += 1 }
}
print("\(failed) failed")
