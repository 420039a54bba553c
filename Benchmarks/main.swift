import Foundation

/// `jointlab-bench [limits|aggregation|network|transfer|bundles|policy|contracts|ledger|latency|rounds|large|huge|audit …]`: the
/// figures of `Documentation/benchmarks.md`, and what limits them, in one run.
let known = [
    "limits", "aggregation", "network", "transfer", "bundles", "policy", "contracts", "ledger",
    "latency", "rounds", "large", "huge", "audit",
]
let asked = Array(CommandLine.arguments.dropFirst())
let wanted = asked.isEmpty ? known : asked
guard wanted.allSatisfy(known.contains) else {
    print("usage: jointlab-bench [\(known.joined(separator: "|")) …]")
    exit(64)
}
let binary = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "jointlab")
guard FileManager.default.isExecutableFile(atPath: binary.path) else {
    print("build it first: swift build -c release --product jointlab")
    exit(66)
}
print(Machine.description)
for name in wanted {
    print("\n\(name)")
    switch name {
    case "limits": Limits.measure()
    case "aggregation": try AggregationBenchmark.measure()
    case "policy": try PolicyBenchmark.measure()
    case "contracts": try ContractBenchmark.measure()
    case "network": try NetworkBenchmark.measure()
    case "ledger": try await LedgerBenchmark(binary: binary).run()
    case "latency": try await LatencyBenchmark(binary: binary).run()
    case "rounds": try await RoundsBenchmark(binary: binary).run()
    case "large": try await LargeModelBenchmark(binary: binary).roundAtNodes()
    case "huge": try await LargeModelBenchmark(binary: binary).roundThroughSmallCoordinator()
    case "transfer": try await TransferBenchmark(binary: binary).run()
    case "audit": try await AuditBenchmark(binary: binary).run()
    case "bundles": try await BundleBenchmark.measure()
    default: break
    }
}
