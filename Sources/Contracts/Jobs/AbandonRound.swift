package import Encodings

/// The action `round.abandon`: the coordinator gives a round up. All fees go back, and each licence is
/// told: its document says what it gives back.
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
        try state.abandon(row, reason: reason, in: &context)
    }
}

extension LabState {
    mutating func abandon(
        _ round: Round, reason: String, in context: inout ActionContext
    ) throws(Refusal) {
        let job = try jobs.existing(round.id.job)
        for (participant, fees) in zip(round.participants, round.fees) {
            for fee in fees { try giveBack(fee, of: job) }
            abandonTraining(under: participant.licence, round.id, in: &context)
        }
        var row = round
        row.status = .abandoned
        row.reason = reason
        row.ended = context.now
        jobs.set(row)
    }
}
