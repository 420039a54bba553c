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
/// abandoned with it; but an owner waits for one that is sealed, whose fees have been earned. Where no
/// coordinator closes it for 30 days, its owner pays those fees and gets the rest of the escrow back.
package struct AbandonJob: LabAction {
    package static let name = "job.abandon"
    /// How long an owner waits for the end of a sealed round, from the round's opening on.
    package static let patienceMilliseconds: Int64 = 30 * 86_400_000

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
        if var round = state.jobs.current(of: row) {
            if round.status == .sealed, context.sender != .coordinator {
                let end = round.opened.advanced(byMilliseconds: Self.patienceMilliseconds)
                try context.require(
                    context.now >= end, .wrongStage,
                    rule: "no round of the job is sealed, or it was opened 30 days ago",
                    saw: ["round": round.id, "round.opened": round.opened, "now": context.now])
                try state.settle(round, of: row)
                round.status = .abandoned
                round.reason = "nobody closed it, and the job was abandoned"
                round.ended = context.now
                state.jobs.set(round)
            } else {
                try state.abandon(round, reason: "the job was abandoned", in: &context)
            }
        }
        try state.release(row)
        row.status = .abandoned
        row.reason = reason
        state.jobs.set(row)
    }
}
