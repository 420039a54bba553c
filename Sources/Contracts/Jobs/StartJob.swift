package import Encodings

/// The action `job.start`: the job's owner lets the coordinator open its rounds, and what they will cost
/// goes into the job's escrow.
package struct StartJob: LabAction {
    package static let name = "job.start"

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
        var row = try state.ownJob(job, in: .proposed, &context)
        try state.requireOperating(in: &context)
        try state.fund(row, at: context.now)
        row.status = .running
        state.jobs.set(row)
    }
}
