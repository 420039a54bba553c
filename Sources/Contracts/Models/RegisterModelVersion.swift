package import Encodings

/// The action `model.register`: the owner of a complete job makes its result a version of a model.
/// The lineage is not stated by anybody: the machine takes it from the job.
package struct RegisterModelVersion: LabAction {
    package static let name = "model.register"

    package let job: JobID
    package let weights: BlobDigest

    package init(job: JobID, weights: BlobDigest) {
        self.job = job
        self.weights = weights
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        job = try input.identifier("job")
        weights = try input.digest("weights")
    }

    package var input: JSONValue { ["job": job.json, "weights": weights.json] }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        let job = try state.jobs.existing(job)
        try context.require(
            job.owner == sender.id, .wrongSender, rule: "the sender owns the job",
            saw: ["sender": sender.id, "job.owner": job.owner])
        try context.require(
            job.status == .complete, .wrongStage, rule: "job.status == complete",
            saw: ["job": job.id, "job.status": job.status.rawValue])
        try context.require(
            job.result == weights, .wrongValue, rule: "the weights are the job's result",
            saw: ["weights": weights, "job.result": job.result?.text ?? "none"])
        var model =
            state.models[job.model] ?? Model(id: job.model, owner: sender.id, versions: 0)
        try context.require(
            model.owner == sender.id, .wrongSender, rule: "the sender owns the model",
            saw: ["sender": sender.id, "model.owner": model.owner])
        let registered = state.models.versions(of: model).first { $0.job == job.id }
        try context.require(
            registered == nil, .alreadyExists, rule: "a job makes one version",
            saw: ["job": job.id, "version": registered?.id.description ?? "none"])

        model.versions += 1
        let contributors = Set(
            state.jobs.rounds(of: job).filter { $0.status == .closed }
                .flatMap { $0.contributions.map(\.member) })
        let own = job.participants.filter { contributors.contains($0.member) }
        let inherited = job.base.flatMap { state.models[$0]?.lineage } ?? []
        state.models.set(model)
        state.models.set(
            ModelVersion(
                id: ModelVersionID(model: model.id, number: model.versions), weights: weights,
                job: job.id, base: job.base, purpose: job.purpose,
                lineage: own + inherited.filter { !own.contains($0) },
                rounds: job.closed, registered: context.now, status: .registered,
                validations: [], reason: nil))
    }
}
