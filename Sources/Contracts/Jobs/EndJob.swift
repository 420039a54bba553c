package import Encodings

/// The action `job.complete`: the coordinator ends a job whose plan has been run through.
package struct CompleteJob: LabAction {
    package static let name = "job.complete"

    package let job: JobID

    package init(job: JobID) {
        self.job = job
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        job = try input.identifier("job")
    }

    package var input: JSONValue { ["job": job.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        try context.requireCoordinator()
        var row = try state.jobs.existing(job)
        try context.require(
            row.status == .running, .wrongStage, rule: "job.status == running",
            saw: ["job": job, "job.status": row.status.rawValue])
        try context.require(
            row.nextTask == nil, .wrongStage, rule: "all rounds of the plan are closed",
            saw: ["closed": row.closed, "plan.rounds": row.plan.rounds])
        try state.release(row)
        row.status = .complete
        state.jobs.set(row)
    }
}

/// The action `job.abandon`: its owner or the coordinator ends a job early. A round that is open is
/// abandoned with it; but an owner waits for one that is sealed, whose fees have been earned.
package struct AbandonJob: LabAction {
    package static let name = "job.abandon"

    package let job: JobID
    package let reason: String

    package init(job: JobID, reason: String) {
        self.job = job
        self.reason = reason
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        job = try input.identifier("job")
        reason = try input.title("reason", bytesMax: 1_000)
    }

    package var input: JSONValue { ["job": job.json, "reason": .string(reason)] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        var row = try state.jobs.existing(job)
        if context.sender != .coordinator {
            let sender = try state.members.sender(of: context)
            try context.require(
                row.owner == sender.id, .wrongSender, rule: "the sender owns the job",
                saw: ["sender": sender.id, "job.owner": row.owner])
        }
        try context.require(
            [.proposed, .running, .paused].contains(row.status), .wrongStage,
            rule: "job.status is proposed, running or paused",
            saw: ["job": job, "job.status": row.status.rawValue])
        if let round = state.jobs.current(of: row) {
            try context.require(
                round.status != .sealed || context.sender == .coordinator, .wrongStage,
                rule: "no round of the job is sealed",
                saw: ["round": round.id, "round.status": round.status.rawValue])
            try state.abandon(round, reason: "the job was abandoned", in: &context)
        }
        try state.release(row)
        row.status = .abandoned
        row.reason = reason
        state.jobs.set(row)
    }
}
