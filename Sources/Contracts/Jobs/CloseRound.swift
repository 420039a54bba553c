package import Encodings

/// The action `round.close`: the coordinator names the model that came out of a sealed round. The
/// fees of those whose contributions count go to them, and the others' fees go back.
package struct CloseRound: LabAction {
    package static let name = "round.close"

    package let round: RoundID
    /// The next model; none for a task that makes none.
    package let result: BlobDigest?

    package init(round: RoundID, result: BlobDigest?) {
        self.round = round
        self.result = result
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        round = try input.round()
        result = try input.optionalDigest("result")
    }

    package var input: JSONValue {
        [
            "job": round.job.json, "round": .integer(Int64(round.number)), "result": result?.json,
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
        try state.settle(row, of: job)
        row.status = .closed
        row.result = result
        row.ended = context.now
        state.jobs.set(row)
        job.closed += 1
        job.weights = result ?? job.weights
        state.jobs.set(job)
    }
}
