package import Encodings

/// The action `job.propose`: a researcher says what is to be trained, on which licences, how, and
/// in how many rounds.
package struct ProposeJob: LabAction {
    package static let name = "job.propose"
    /// The trainer's settings may take this much of an entry.
    package static let trainerBytesMax = 40_000
    package static let trainerLevelsMax = 16
    package static let participantsMax = 32
    package static let strategyBytesMax = 4_000
    package static let lateRoundsMaxMax = 100

    package let job: JobID
    package let model: ModelID
    package let purpose: String
    package let licences: [LicenceID]
    package let trainer: JSONValue
    package let plan: JobPlan
    package let participantsMin: Int
    package let roundTimeoutMilliseconds: Int64
    package let strategy: JSONValue?
    package let contributionsEnough: Int?
    package let lateRoundsMax: Int
    package let judgement: Judgement?
    package let base: ModelVersionID?
    /// The model that the job starts from, where its own trainer has made it rather than a round of
    /// statistics.
    package let weights: BlobDigest?

    package init(
        job: JobID, model: ModelID, purpose: String, licences: [LicenceID], trainer: JSONValue,
        plan: JobPlan, participantsMin: Int, roundTimeoutMilliseconds: Int64,
        strategy: JSONValue? = nil, contributionsEnough: Int? = nil, lateRoundsMax: Int = 0,
        judgement: Judgement? = nil, base: ModelVersionID? = nil, weights: BlobDigest? = nil
    ) {
        self.job = job
        self.model = model
        self.purpose = purpose
        self.licences = licences
        self.trainer = trainer
        self.plan = plan
        self.participantsMin = participantsMin
        self.roundTimeoutMilliseconds = roundTimeoutMilliseconds
        self.strategy = strategy
        self.contributionsEnough = contributionsEnough
        self.lateRoundsMax = lateRoundsMax
        self.judgement = judgement
        self.base = base
        self.weights = weights
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        job = try input.identifier("job")
        model = try input.identifier("model")
        purpose = try input.title("purpose", bytesMax: 64)
        licences = try input.identifiers("licences")
        guard (1...Self.participantsMax).contains(licences.count),
            Set(licences).count == licences.count
        else {
            throw input.wrong(
                "licences", "should name 1 to \(Self.participantsMax) licences, each once")
        }
        trainer = try input.required("trainer")
        guard trainer.object != nil, trainer.canonicalBytes.count <= Self.trainerBytesMax,
            trainer.levels <= Self.trainerLevelsMax
        else {
            throw input.wrong(
                "trainer",
                "should be an object of at most \(Self.trainerBytesMax) bytes and "
                    + "\(Self.trainerLevelsMax) levels")
        }
        plan = try JobPlan(&input, "plan")
        participantsMin = Int(
            try input.integer("participantsMin", in: 1...Int64(Self.participantsMax)))
        roundTimeoutMilliseconds = try input.integer(
            "roundTimeoutMilliseconds", in: 100...7 * 86_400_000)
        strategy = input.optional("strategy")
        if let strategy {
            guard strategy.object != nil, strategy.canonicalBytes.count <= Self.strategyBytesMax,
                strategy.levels <= Self.trainerLevelsMax
            else {
                throw input.wrong(
                    "strategy", "should be an object of at most \(Self.strategyBytesMax) bytes")
            }
        }
        contributionsEnough =
            input.optional("contributionsEnough") == nil
            ? nil
            : Int(try input.integer("contributionsEnough", in: 1...Int64(Self.participantsMax)))
        lateRoundsMax =
            input.optional("lateRoundsMax") == nil
            ? 0 : Int(try input.integer("lateRoundsMax", in: 1...Int64(Self.lateRoundsMaxMax)))
        if input.optional("judgement") == nil {
            judgement = nil
        } else {
            var fields = try input.fields("judgement")
            judgement = try Judgement(&fields)
        }
        if input.optional("base") == nil {
            base = nil
        } else {
            var fields = try input.fields("base")
            base = try fields.version()
            try fields.finish()
        }
        weights = try input.optionalDigest("weights")
        guard weights == nil || base == nil else {
            throw input.wrong("weights", "cannot be there with base: a job starts from one model")
        }
    }

    package var input: JSONValue {
        [
            "job": job.json, "model": model.json, "purpose": .string(purpose),
            "licences": .array(licences.map(\.json)), "trainer": trainer, "plan": plan.json,
            "participantsMin": .integer(Int64(participantsMin)),
            "roundTimeoutMilliseconds": .integer(roundTimeoutMilliseconds),
            "strategy": strategy,
            "contributionsEnough": contributionsEnough.map { .integer(Int64($0)) },
            "lateRoundsMax": lateRoundsMax == 0 ? nil : .integer(Int64(lateRoundsMax)),
            "judgement": judgement?.json, "base": base?.json, "weights": weights?.json,
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context, as: .researcher)
        try context.require(
            state.jobs[job] == nil, .alreadyExists, rule: "the name is free", saw: ["job": job])
        if let line = state.models[model] {
            try context.require(
                line.owner == sender.id, .wrongSender, rule: "the sender owns the model",
                saw: ["sender": sender.id, "model.owner": line.owner])
        }
        try context.require(
            participantsMin >= state.lab.rules.participantsMin
                && participantsMin <= licences.count, .limit,
            rule: "rules.participantsMin <= participantsMin <= licences",
            saw: [
                "rules.participantsMin": state.lab.rules.participantsMin,
                "participantsMin": participantsMin, "licences": licences.count,
            ])
        if let contributionsEnough {
            try context.require(
                contributionsEnough >= participantsMin && contributionsEnough <= licences.count,
                .limit, rule: "participantsMin <= contributionsEnough <= licences",
                saw: [
                    "participantsMin": participantsMin,
                    "contributionsEnough": contributionsEnough, "licences": licences.count,
                ])
        }
        let start = try base.map { id throws(Refusal) in
            try startingWeights(id, of: sender, in: state)
        }
        if let weights {
            try context.require(
                plan.steps.allSatisfy { $0.task != .statistics }, .wrongValue,
                rule: "a job that starts from a model has no statistics, which start a new one",
                saw: ["weights": weights.text])
            // A version's lineage goes with it.
            let models = state.models
            let known = models.all.flatMap { models.versions(of: $0) }
                .first { $0.weights == weights }
            try context.require(
                known == nil, .wrongValue,
                rule: "who goes on from a version names it as base",
                saw: ["weights": weights.text, "version": known?.id.description ?? "none"])
        }

        var participants: [MemberID: Participant] = [:]
        for id in licences {
            let licence = try state.existingLicence(id)
            try context.require(
                licence.licensee == sender.id, .wrongSender,
                rule: "the sender holds the licence",
                saw: ["sender": sender.id, "licence": id, "licensee": licence.licensee])
            try context.require(
                participants[licence.licensor] == nil, .limit,
                rule: "a member takes part with one dataset",
                saw: ["member": licence.licensor, "licence": id])
            participants[licence.licensor] = Participant(
                member: licence.licensor, dataset: licence.dataset, licence: id)
        }
        state.jobs.set(
            Job(
                id: job, owner: sender.id, model: model, purpose: purpose,
                participants: participants.values.sorted { $0.member < $1.member },
                trainer: trainer, plan: plan, strategy: strategy,
                participantsMin: participantsMin, contributionsEnough: contributionsEnough,
                lateRoundsMax: lateRoundsMax,
                roundTimeoutMilliseconds: roundTimeoutMilliseconds, judgement: judgement,
                base: base, status: .proposed, weights: start ?? weights, opened: 0, closed: 0,
                reason: nil))
    }

    /// The weights of the version that the job goes on from.
    private func startingWeights(
        _ id: ModelVersionID, of sender: Member, in state: LabState
    ) throws(Refusal) -> BlobDigest {
        guard let version = state.models[id], let line = state.models[id.model] else {
            throw Refusal(.unknown, rule: "the model version exists", saw: ["base": id])
        }
        guard line.owner == sender.id else {
            throw Refusal(
                .wrongSender, rule: "the sender owns the model that the job goes on from",
                saw: ["sender": sender.id, "model.owner": line.owner])
        }
        guard version.status != .withdrawn else {
            throw Refusal(
                .wrongStage, rule: "the version is not withdrawn",
                saw: ["base": id, "version.status": version.status.rawValue])
        }
        guard plan.steps.allSatisfy({ $0.task != .statistics }) else {
            throw Refusal(
                .wrongValue,
                rule:
                    "a job that goes on from a version has no statistics, which start a new model",
                saw: ["base": id])
        }
        return version.weights
    }
}
