package import Encodings

/// The action `job.pause`: its owner lets no further round open. A round that is under way is carried
/// to its end: its sites have begun, and its fees are set aside.
package struct PauseJob: LabAction {
    package static let name = "job.pause"

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
        var row = try state.jobs.owned(job, by: state.members.sender(of: context), in: .running)
        row.status = .paused
        row.reason = reason
        state.jobs.set(row)
    }
}

/// The action `job.resume`: its owner lets a paused job go on where it stopped.
package struct ResumeJob: LabAction {
    package static let name = "job.resume"

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
        var row = try state.jobs.owned(job, by: state.members.sender(of: context), in: .paused)
        try state.requireOperating(in: &context)
        row.status = .running
        row.reason = nil
        state.jobs.set(row)
    }
}

extension Jobs {
    /// A member's own job at a stage.
    ///
    /// - Throws: ``Refusal``: `unknown`, `wrong_sender` or `wrong_stage`.
    func owned(
        _ id: JobID, by member: Member, in status: Job.Status
    ) throws(Refusal) -> Job {
        let job = try existing(id)
        guard job.owner == member.id else {
            throw Refusal(
                .wrongSender, rule: "the sender owns the job",
                saw: ["sender": member.id, "job.owner": job.owner])
        }
        guard job.status == status else {
            throw Refusal(
                .wrongStage, rule: "job.status == \(status.rawValue)",
                saw: ["job": id, "job.status": job.status.rawValue])
        }
        return job
    }
}
