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
        var row = try state.ownJob(job, in: .running, &context)
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
        var row = try state.ownJob(job, in: .paused, &context)
        try state.requireOperating(in: &context)
        row.status = .running
        row.reason = nil
        state.jobs.set(row)
    }
}

extension LabState {
    /// The sender's own job at a stage; the receipt says that it is.
    ///
    /// - Throws: ``Refusal``: `unknown`, `wrong_sender` or `wrong_stage`.
    func ownJob(
        _ id: JobID, in status: Job.Status, _ context: inout ActionContext
    ) throws(Refusal) -> Job {
        let sender = try members.sender(of: context)
        let job = try jobs.existing(id)
        try context.require(
            job.owner == sender.id, .wrongSender, rule: "the sender owns the job",
            saw: ["sender": sender.id, "job.owner": job.owner])
        try context.require(
            job.status == status, .wrongStage, rule: "job.status == \(status.rawValue)",
            saw: ["job": id, "job.status": job.status.rawValue])
        return job
    }
}
