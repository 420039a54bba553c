package import Encodings
package import Identity

/// The action `round.seal`: the coordinator fixes which contributions count. Each carries its
/// member's signature, which everybody checks again.
package struct SealRound: LabAction {
    package static let name = "round.seal"

    package let round: RoundID
    package let contributions: [Envelope]

    package init(round: RoundID, contributions: [Envelope]) {
        self.round = round
        self.contributions = contributions
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        round = try input.round()
        var contributions: [Envelope] = []
        for (position, value) in try input.array("contributions").enumerated() {
            contributions.append(
                try Envelope(value, at: input.path(to: "contributions[\(position)]")))
        }
        self.contributions = contributions
    }

    package var input: JSONValue {
        [
            "job": round.job.json, "round": .integer(Int64(round.number)),
            "contributions": .array(contributions.map(\.json)),
        ]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        try context.requireCoordinator()
        let job = try state.jobs.existing(round.job)
        var row = try state.jobs.existing(round, in: .open)
        try context.require(
            contributions.count >= job.participantsMin, .participantsTooFew,
            rule: "contributions >= job.participantsMin",
            saw: [
                "contributions": contributions.count, "job.participantsMin": job.participantsMin,
            ])
        for envelope in contributions {
            let contribution = try state.contribution(in: envelope, to: row)
            if let last = row.contributions.last, last.member >= contribution.member {
                throw Refusal(
                    .contributionInvalid, rule: "contributions are in the order of their members",
                    saw: ["member": contribution.member, "after": last.member])
            }
            row.contributions.append(contribution)
        }
        row.status = .sealed
        row.sealIndex = context.index
        state.jobs.set(row)
    }
}

extension LabState {
    /// The contribution in an envelope, if it is one that a round can take.
    ///
    /// - Throws: ``Refusal``: `round.contribution_invalid` or `member.suspended`.
    package func contribution(
        in envelope: Envelope, to round: Round
    ) throws(Refusal) -> Contribution {
        let contribution: Contribution
        do {
            contribution = try SignedContribution(envelope) { members[$0]?.keys.signing }
                .contribution
        } catch {
            throw Refusal(
                .contributionInvalid, rule: "a member of the round signed the contribution",
                saw: ["problem": error])
        }
        guard contribution.lab == id, contribution.round == round.id else {
            throw Refusal(
                .contributionInvalid, rule: "the contribution is to this round of this lab",
                saw: [
                    "contribution.lab": contribution.lab, "contribution.round": contribution.round,
                    "round": round.id,
                ])
        }
        guard
            let participant = round.participants.first(where: { $0.member == contribution.member })
        else {
            throw Refusal(
                .contributionInvalid, rule: "the member takes part in the round",
                saw: ["member": contribution.member, "round": round.id])
        }
        // Its key may have been stolen: what it signs does not count while it is suspended.
        _ = try members.active(contribution.member)
        let rows = datasets[participant.dataset]?.rows ?? 0
        guard contribution.weight <= rows else {
            throw Refusal(
                .contributionInvalid, rule: "weight <= dataset.rows",
                saw: ["weight": contribution.weight, "dataset.rows": rows])
        }
        if let judged = contribution.metricsMicro[Judgement.rowsMetric] {
            guard (0...rows).contains(judged) else {
                throw Refusal(
                    .contributionInvalid, rule: "holdoutRows <= dataset.rows",
                    saw: ["holdoutRows": judged, "dataset.rows": rows])
            }
        }
        if let started = contribution.startedIn {
            try check(contribution, startedIn: started, to: round)
        }
        return contribution
    }

    /// A late update counts once, and only where its member was asked for it: then it trained under
    /// its licence.
    private func check(
        _ contribution: Contribution, startedIn started: Int, to round: Round
    ) throws(Refusal) {
        let late = round.id.number - started
        let lateMax = jobs[round.id.job]?.lateRoundsMax ?? 0
        guard late >= 1, late <= lateMax, round.task == .train else {
            throw Refusal(
                .contributionInvalid,
                rule: "an update started at most job.lateRoundsMax rounds of training ago",
                saw: ["startedIn": started, "round": round.id, "job.lateRoundsMax": lateMax])
        }
        let member = contribution.member
        guard let earlier = jobs[RoundID(job: round.id.job, number: started)],
            earlier.status == .closed, earlier.task == .train,
            earlier.participants.contains(where: { $0.member == member })
        else {
            throw Refusal(
                .contributionInvalid,
                rule: "a late update is of a closed round of training that its member took part in",
                saw: ["startedIn": started, "member": member])
        }
        for number in started..<round.id.number {
            let used = jobs[RoundID(job: round.id.job, number: number)]?.contributions.contains {
                $0.member == member && ($0.startedIn ?? number) == started
            }
            guard used != true else {
                throw Refusal(
                    .contributionInvalid, rule: "an update counts once",
                    saw: ["startedIn": started, "member": member, "counted in": number])
            }
        }
    }
}
