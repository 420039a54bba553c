import Audit
import Contracts
import Coordinator
import Foundation
import Ledger
import MerkleLog
import Participation
import Storage

/// How many entries a second an offline audit executes, beside the bare signatures that it checks.
struct AuditBenchmark {
    let binary: URL
    private static let transactions = 3_000

    func run() async throws {
        let lab = try await BenchmarkLab(nodes: 4, binary: binary)
        try await fill(lab)
        lab.stopProcesses()
        let database = try LedgerDatabase(path: lab.coordinatorHome.ledger.path)
        let export = lab.folder.appending(path: "export")
        let clock = ContinuousClock()
        var start = clock.now
        let summary = try AuditExport.write(
            database, blobs: BlobStore(readingFolder: lab.coordinatorHome.blobs), include: .all,
            to: export)
        report("export", "\(shown(Double(summary.entries) / seconds(clock.now - start))) entries/s")

        let policy = try database.replay().map { try TrustPolicy(of: $0.state) }
        start = clock.now
        let result = AuditVerifier.verify(export, policy: policy)
        let time = seconds(clock.now - start)
        guard result.holds else { throw Mistake("\(result.findings)") }
        report("verify", "\(shown(Double(result.size) / time)) entries/s")
        let transactions = result.checks.first { $0.name.hasPrefix("transactions") }?.count ?? 0
        report(
            "of these \(result.size) entries",
            "\(transactions) transactions, \(result.checks.first { $0.name == "certificates" }?.count ?? 0) certificates"
        )
        try await lab.tearDown()
    }

    private func fill(_ lab: BenchmarkLab) async throws {
        guard let currency = BenchmarkLab.currency else { return }
        let payer = lab.members[0]
        _ = try await payer.submit(RegisterCurrency(currency: currency, title: "Bench", scale: 0))
        _ = try await payer.submit(
            IssueMoney(amount: Money(1_000_000, currency), to: try MemberID("member-0")))
        let payee = try MemberID("member-1")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    for _ in 0..<Self.transactions / 32 {
                        _ = try await payer.submit(
                            TransferMoney(amount: Money(1, currency), to: payee))
                    }
                }
            }
            try await group.waitForAll()
        }
        try await lab.settle()
    }
}
