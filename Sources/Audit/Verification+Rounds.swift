import Contracts
import Tensors
import Trainers

/// Whether what was sealed adds up to what was closed.
extension Verification {
    mutating func checkRounds(_ state: LabState) {
        var checked = 0
        var unchecked = 0
        for job in state.jobs.all {
            for round in state.jobs.rounds(of: job) where round.status == .closed {
                guard let model = round.result else { continue }
                let result = RoundResult(model: model, strategyState: round.nextStrategyState)
                let needed =
                    round.contributions.map(\.update)
                    + [round.base, round.strategyState].compactMap(\.self)
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

    private mutating func check(_ round: Round, of job: Job, result: RoundResult) {
        do {
            let audit = audit
            let computed = try RoundAggregation(of: job).result(
                of: round.task, base: round.base, state: round.strategyState,
                contributions: round.contributions,
                file: {
                    try SafetensorsFile(
                        audit.read("\(AuditFolder.blobs)/\($0)"),
                        headerByteCountMax: RoundAggregation.headerBytesMax)
                },
                sink: DigestSink.init)
            guard computed == result else {
                report.found(
                    "round \(round.id)", "audit.sum",
                    "what was sealed adds up to \(computed.text), and the ledger has "
                        + "\(result.text)")
                return
            }
        } catch {
            report.found("round \(round.id)", "audit.sum", "\(error)")
        }
    }
}
