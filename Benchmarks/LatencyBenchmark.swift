import Contracts
import Foundation
import Ledger
import Participation

/// How long a single transaction takes from being submitted to each stage, on a quiet lab of one
/// coordinator and four nodes.
struct LatencyBenchmark {
    let binary: URL
    private static let count = 300

    func run() async throws {
        let lab = try await BenchmarkLab(nodes: 4, binary: binary)
        guard let currency = BenchmarkLab.currency else { return }
        let session = lab.members[0]
        _ = try await session.submit(
            RegisterCurrency(currency: currency, title: "Bench", scale: 0))
        _ = try await session.submit(
            IssueMoney(amount: Money(1_000_000, currency), to: try MemberID("member-0")))
        let clock = ContinuousClock()
        for stage in ["sequenced", "certified", "final"] {
            var times: [Double] = []
            for _ in 0..<Self.count {
                let start = clock.now
                let action = TransferMoney(amount: Money(1, currency), to: try MemberID("member-1"))
                _ = try await session.submit(action, until: .init(rawValue: stage) ?? .sequenced)
                times.append(seconds(clock.now - start) * 1_000)
            }
            report(
                "submit to \(stage), p50 / p99",
                "\(shown(percentile(times, 0.5))) / \(shown(percentile(times, 0.99))) ms")
        }
        try await lab.tearDown()
    }
}
