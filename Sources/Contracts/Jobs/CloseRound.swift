package import Encodings

/// The action `round.close`: the coordinator names the model that came out of a sealed round. The
/// fees of those whose contributions count go to them, and the others' fees go back.
package struct CloseRound: LabAction {
    package static let name = "round.close"

    package let round: RoundID
    /// The next model; none for a task that makes none.
    package let result: BlobDigest?
    /// What the strategy keeps for the next round, where it keeps anything.
    package let strategyState: BlobDigest?

    package init(round: RoundID, result: BlobDigest?, strategyState: BlobDigest? = nil) {
        self.round = round
        self.result = result
        self.strategyState = strategyState
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        round = try input.round()
        result = try input.optionalDigest("result")
        strategyState = try input.optionalDigest("strategyState")
    }

    package var input: JSONValue {
        [
            "job": round.job.json, "round": .integer(Int64(round.number)), "result": result?.json,
            "strategyState": strategyState?.json,
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        try context.requireCoordinator()
        var job = try state.jobs.existing(round.job)
        var row = try state.jobs.existing(round, in: .sealed)
        try context.require(
            (result == nil) == (row.task == .evaluate), .wrongValue,
            rule: "statistics and training make a model, and evaluation makes none",
            saw: ["task": row.task.rawValue, "result": result?.text ?? "none"])
        try context.require(
            strategyState == nil || row.task == .train, .wrongValue,
            rule: "only training leaves a state of the strategy",
            saw: ["task": row.task.rawValue, "strategyState": strategyState?.text ?? "none"])
        try state.settle(row, of: job)
        row.status = .closed
        row.result = result
        row.nextStrategyState = strategyState
        row.ended = context.now
        state.jobs.set(row)
        job.closed += 1
        job.judge(row)
        job.weights = result ?? job.weights
        job.strategyState = strategyState ?? job.strategyState
        state.jobs.set(job)
    }
}

extension Job {
    /// Takes note of how the model did that a closed round started from, and leaves the rest of the
    /// training out where it has not become better for long enough.
    fileprivate mutating func judge(_ round: Round) {
        guard let judgement, round.judges, let base = round.base,
            // A late one judged an older model.
            let value = judgement.judgeMicro(round.contributions.filter { $0.startedIn == nil })
        else { return }
        if let best, !judgement.isBetter(value, than: best.valueMicro) {
            self.best?.judgementsSince = best.judgementsSince + 1
        } else {
            best = BestModel(
                weights: base, round: round.id.number, valueMicro: value, judgementsSince: 0)
        }
        guard let patience = judgement.patience, let best, best.judgementsSince >= patience,
            nextTask == .train
        else { return }
        skipped += plan.leftOfStep(afterClosed: closed + skipped)
    }
}
