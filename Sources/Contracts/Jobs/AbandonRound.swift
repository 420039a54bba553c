package import Encodings

/// The action `round.abandon`: the coordinator gives a round up, and all fees go back. The rounds of
/// the licences stay counted: an update may have left a node, and an abandoned round must not be a
/// way to get one for nothing.
package struct AbandonRound: LabAction {
    package static let name = "round.abandon"

    package let round: RoundID
    package let reason: String

    package init(round: RoundID, reason: String) {
        self.round = round
        self.reason = reason
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        round = try input.round()
        reason = try input.title("reason", bytesMax: 1_000)
    }

    package var input: JSONValue {
        [
            "job": round.job.json, "round": .integer(Int64(round.number)),
            "reason": .string(reason),
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        try context.requireCoordinator()
        guard let row = state.jobs[round], row.status == .open || row.status == .sealed else {
            throw Refusal(
                .wrongStage, rule: "round.status is open or sealed",
                saw: [
                    "round": round,
                    "round.status": state.jobs[round]?.status.rawValue ?? "none",
                ])
        }
        try state.abandon(row, reason: reason, at: context.now)
    }
}

extension LabState {
    mutating func abandon(
        _ round: Round, reason: String, at time: Timestamp
    ) throws(Refusal) {
        let job = try jobs.existing(round.id.job)
        for fee in round.fees {
            try accounts.move(
                fee, from: .round(job.id, round.id.number), to: .member(job.owner))
        }
        var row = round
        row.status = .abandoned
        row.reason = reason
        row.ended = time
        jobs.set(row)
    }
}
