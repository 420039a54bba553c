import Contracts
import Trainers

/// Whether what was sealed adds up to what was closed.
extension Verification {
    mutating func checkRounds(_ state: LabState) {
        var checked = 0
        var unchecked = 0
        for job in state.jobs.all {
            for round in state.jobs.rounds(of: job) where round.status == .closed {
                guard let result = round.result else { continue }
                let needed = round.contributions.map(\.update) + [round.base].compactMap(\.self)
                guard needed.allSatisfy({ audit.exists("\(AuditFolder.blobs)/\($0)") }) else {
                    unchecked += 1
                    continue
                }
                check(round, of: job, result: result)
                checked += 1
            }
        }
        report.checks.append(.init("rounds added up again", checked, unchecked: unchecked))
    }

    private mutating func check(_ round: Round, of job: Job, result: BlobDigest) {
        do {
            let audit = audit
            let computed = try RoundAggregation.result(
                of: round.task, trainer: job.trainer,
                base: try round.base.map { try audit.read("\(AuditFolder.blobs)/\($0)") },
                contributions: round.contributions
            ) { try audit.read("\(AuditFolder.blobs)/\($0.update)") }
            let digest = computed.map(BlobDigest.init(of:))
            guard digest == result else {
                report.found(
                    "round \(round.id)", "audit.sum",
                    "what was sealed adds up to \(digest?.text ?? "nothing"), and the ledger has "
                        + "\(result)")
                return
            }
        } catch {
            report.found("round \(round.id)", "audit.sum", "\(error)")
        }
    }
}
