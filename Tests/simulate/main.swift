import Simulator
let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let first = arguments.first ?? 1
let count = arguments.dropFirst().first ?? 1
var failed = 0
var tally: [String: Int] = [:]
var applied: [String: Int] = [:]
for seed in first..<first + count {
    let simulation = Simulation(seed: seed)
    simulation.keepsLog = count == 1
    let s = simulation.run()
    if count == 1 {
        for line in simulation.log.suffix(CommandLine.arguments.contains("full") ? 100000 : 60) {
            print(line)
        }
    }
    for (k, v) in s.tally { tally[k, default: 0] += v }
    for (k, v) in s.applied { applied[k, default: 0] += v }
    print(
        "seed \(s.seed): \(s.entries) entries, \(s.finalEntries) final, \(s.roundsClosed)+\(s.roundsAbandoned) rounds, liars \(s.liars) \(s.honestCoordinator ? "" : "LIAR"), \(s.steps) steps \(s.traceDigest.prefix(8)) \(s.violation ?? "ok")"
    )
    if s.violation != nil { failed += 1 }
}
for (k, v) in tally.sorted(by: { $0.key < $1.key }) { print("  \(k): \(v)") }
for (k, v) in applied.sorted(by: { $0.key < $1.key }) { print("  applied \(k): \(v)") }
print("\(failed) failed")
