package import Encodings

/// The action `round.open`: the lab takes the `train` action of every participant's licence at once.
/// It applies for all of them or for none.
package struct OpenRound: LabAction {
    package static let name = "round.open"

    package let round: RoundID
    package let task: RoundTask
    package let base: BlobDigest?
    package let participants: [MemberID]

    package init(round: RoundID, task: RoundTask, base: BlobDigest?, participants: [MemberID]) {
        self.round = round
        self.task = task
        self.base = base
        self.participants = participants
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        round = try input.round()
        task = try input.choice("task")
        base = try input.optionalDigest("base")
        participants = try input.identifiers("participants")
        guard zip(participants, participants.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw input.wrong("participants", "should be in the order of their names, each once")
        }
    }

    package var input: JSONValue {
        [
            "job": round.job.json, "round": .integer(Int64(round.number)),
            "task": .string(task.rawValue), "base": base?.json,
            "participants": .array(participants.map(\.json)),
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        try context.requireCoordinator()
        var job = try state.jobs.existing(round.job)
        try context.require(
            job.status == .running, .wrongStage, rule: "job.status == running",
            saw: ["job": job.id, "job.status": job.status.rawValue])
        try state.requireOperating(in: &context)
        let current = state.jobs.current(of: job)
        try context.require(
            round.number == job.opened && current == nil, .wrongRound,
            rule: "the round is the job's next, and no other is open",
            saw: [
                "round": round.number, "job.opened": job.opened,
                "open round": current?.id.description ?? "none",
            ])
        let planned = job.nextTask
        try context.require(
            planned == task, .wrongStage, rule: "the plan asks for this task",
            saw: ["task": task.rawValue, "planned": planned?.rawValue ?? "none"])
        try context.require(
            base == job.weights, .wrongValue, rule: "base is the job's model",
            saw: ["base": base?.text ?? "none", "job.weights": job.weights?.text ?? "none"])
        try context.require(
            participants.count >= job.participantsMin, .participantsTooFew,
            rule: "participants >= job.participantsMin",
            saw: ["participants": participants.count, "job.participantsMin": job.participantsMin])

        var named: [Participant] = []
        var fees: [[RoundFee]] = []
        for member in participants {
            guard let participant = job.participants.first(where: { $0.member == member }) else {
                throw Refusal(
                    .unknown, rule: "the job names the participant",
                    saw: ["job": job.id, "participant": member])
            }
            named.append(participant)
            fees.append(
                try state.train(
                    under: participant.licence,
                    TrainingRequest(
                        purpose: job.purpose, round: round, participants: participants.count),
                    in: &context))
        }
        try state.setAside(fees.flatMap(\.self), for: job)
        state.jobs.set(
            Round(
                id: round, task: task, base: base, strategyState: job.strategyState,
                judges: job.judgesNext, participants: named, fees: fees,
                index: context.index, opened: context.now, status: .open, sealIndex: nil,
                contributions: [], result: nil, reason: nil, ended: nil))
        job.opened += 1
        state.jobs.set(job)
    }
}

extension JSONFields {
    /// The members `job` and `round`.
    package mutating func round() throws(JSONShapeError) -> RoundID {
        RoundID(
            job: try identifier("job"),
            number: Int(try integer("round", in: 0...Int64(JobPlan.roundsMax))))
    }
}
