import Contracts
import Foundation
import Participation

/// How many durable, signed transactions a second reach the stages *sequenced* and *final*, with one
/// coordinator and four nodes, all on this machine, and the clients too.
struct LedgerBenchmark {
    let binary: URL
    private static let total = 6_000

    func run() async throws {
        let lab = try await BenchmarkLab(nodes: 4, binary: binary)
        guard let currency = BenchmarkLab.currency else { return }
        _ = try await lab.members[0].submit(
            RegisterCurrency(currency: currency, title: "Bench", scale: 0))
        _ = try await lab.members[0].submit(
            IssueMoney(amount: Money(1_000_000, currency), to: try MemberID("member-0")))
        for clients in [1, 16, 128] {
            try await measure(lab, clients: clients, currency)
        }
        try await lab.tearDown()
    }

    private func measure(_ lab: BenchmarkLab, clients: Int, _ currency: CurrencyCode) async throws {
        let each = (clients == 1 ? 500 : Self.total) / clients
        let before = try await lab.ledger().sequenced
        let clock = ContinuousClock()
        let start = clock.now
        let payer = lab.members[0]
        let payee = try MemberID("member-1")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask {
                    for _ in 0..<each {
                        _ = try await payer.submit(
                            TransferMoney(amount: Money(1, currency), to: payee))
                    }
                }
            }
            try await group.waitForAll()
        }
        let sequenced = clock.now - start
        let size = try await lab.ledger().sequenced
        while try await lab.ledger().final < size - 2 {
            try await Task.sleep(for: .milliseconds(2))
        }
        let final = clock.now - start
        let count = Double(each * clients)
        report(
            "\(clients) at once: to sequenced", "\(shown(count / seconds(sequenced))) /s")
        report("\(clients) at once: to final", "\(shown(count / seconds(final))) /s")
        report(
            "\(clients) at once: transactions a ledger entry",
            shown(count / Double(max(1, size - before))))
    }
}
