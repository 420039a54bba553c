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
    package let participantsMin: Int
    package let roundTimeoutMilliseconds: Int64
    package var status: Status
    /// The model that the next round starts from.
    package var weights: BlobDigest?
    /// Rounds that were opened, whatever became of them.
    package var opened: Int
    /// Rounds that were closed.
    package var closed: Int
    /// Why the job ended, where it was abandoned.
    package var reason: String?

    package var json: JSONValue {
        [
            "job": id.json, "owner": owner.json, "model": model.json, "purpose": .string(purpose),
            "participants": .array(participants.map(\.json)), "trainer": trainer,
            "plan": plan.json, "participantsMin": .integer(Int64(participantsMin)),
            "roundTimeoutMilliseconds": .integer(roundTimeoutMilliseconds),
            "status": .string(status.rawValue), "weights": weights?.json,
            "opened": .integer(Int64(opened)), "closed": .integer(Int64(closed)),
            "reason": reason.map { .string($0) },
        ]
    }
}
