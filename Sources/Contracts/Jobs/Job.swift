package import Encodings

/// A member with the dataset it trains on and the licence that allows it.
package struct Participant: Hashable, Sendable {
    package let member: MemberID
    package let dataset: DatasetID
    package let licence: LicenceID

    var json: JSONValue {
        ["member": member.json, "dataset": dataset.json, "licence": licence.json]
    }
}

/// A training run.
package struct Job: StateRow, Hashable {
    package enum Status: String, Sendable {
        case proposed
        case running
        /// Its owner lets no further round open for now.
        case paused
        case complete
        case abandoned
    }

    package let id: JobID
    package let owner: MemberID
    package let model: ModelID
    package let purpose: String
    /// In the order of the members' names.
    package let participants: [Participant]
    /// The trainer's name and settings, which the nodes' trainers understand.
    package let trainer: JSONValue
    package let plan: JobPlan
    /// How contributions become the next model, which the coordinator's and everybody else's
    /// aggregation understands; `nil` is federated averaging.
    package let strategy: JSONValue?
    package let participantsMin: Int
    /// A round closes as soon as it has so many contributions; `nil` waits for all.
    package let contributionsEnough: Int?
    /// How many rounds ago a contribution may have started and still count.
    package let lateRoundsMax: Int
    package let roundTimeoutMilliseconds: Int64
    package let judgement: Judgement?
    /// The version whose weights the job went on from.
    package let base: ModelVersionID?
    package var status: Status
    /// The model that the next round starts from.
    package var weights: BlobDigest?
    /// What the strategy keeps between rounds, such as a momentum.
    package var strategyState: BlobDigest?
    package var best: BestModel?
    /// Rounds that were opened, whatever became of them.
    package var opened: Int
    /// Rounds that were closed.
    package var closed: Int
    /// Rounds of the plan that are left out, because the job has stopped early.
    package var skipped = 0
    /// Why the job ended, where it was abandoned, or why it is paused.
    package var reason: String?

    /// What comes next, or `nil` at the end of the plan.
    package var nextTask: RoundTask? { plan.task(afterClosed: closed + skipped) }

    /// The model that the job has come to, once it is complete.
    package var result: BlobDigest? {
        guard let judgement, judgement.choosesBest, let best else { return weights }
        return best.weights
    }

    /// Whether the sites judge the model that the next round starts from.
    package var judgesNext: Bool {
        switch nextTask {
        case .evaluate: true
        case .train: plan.trained(afterClosed: closed) % (judgement?.every ?? 1) == 0
        case .statistics, nil: false
        }
    }

    package var json: JSONValue {
        [
            "job": id.json, "owner": owner.json, "model": model.json, "purpose": .string(purpose),
            "participants": .array(participants.map(\.json)), "trainer": trainer,
            "plan": plan.json, "strategy": strategy,
            "participantsMin": .integer(Int64(participantsMin)),
            "contributionsEnough": contributionsEnough.map { .integer(Int64($0)) },
            "lateRoundsMax": lateRoundsMax == 0 ? nil : .integer(Int64(lateRoundsMax)),
            "roundTimeoutMilliseconds": .integer(roundTimeoutMilliseconds),
            "judgement": judgement?.json, "base": base?.json,
            "status": .string(status.rawValue), "weights": weights?.json,
            "strategyState": strategyState?.json, "best": best?.json,
            "opened": .integer(Int64(opened)), "closed": .integer(Int64(closed)),
            "skipped": skipped == 0 ? nil : .integer(Int64(skipped)),
            "reason": reason.map { .string($0) },
        ]
    }
}
