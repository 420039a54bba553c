import Encodings

/// What a licence is paid for a round: set aside when the round opens, paid when it closes, and
/// returned when it is abandoned.
package struct RoundFee: Hashable, Sendable {
    package let from: MemberID
    package let to: MemberID
    package let amount: Money

    var json: JSONValue {
        ["from": from.json, "to": to.json, "amount": amount.json]
    }
}

extension LabState {
    /// Puts into a job's escrow what its rounds will cost as far as its licences say today, so that no
    /// round stops for want of money that was spent elsewhere.
    mutating func fund(_ job: Job, at time: Timestamp) throws(Refusal) {
        for participant in job.participants {
            // A licence that refuses now costs nothing now; its rounds will say why.
            var trial = self
            var context = ActionContext(index: 0, now: time, sender: .coordinator)
            let request = TrainingRequest(
                purpose: job.purpose, round: RoundID(job: job.id, number: 0),
                participants: job.participants.count)
            guard let fees = try? trial.train(under: participant.licence, request, in: &context)
            else { continue }
            for fee in fees where fee.from == job.owner {
                let (total, overflow) = fee.amount.minorUnits.multipliedReportingOverflow(
                    by: Int64(job.plan.rounds))
                guard !overflow else {
                    throw Refusal(
                        .overflow, rule: "fee * plan.rounds <= 2^63 - 1",
                        saw: ["fee": fee.amount, "plan.rounds": job.plan.rounds])
                }
                try accounts.move(
                    Money(total, fee.amount.currency), from: .member(job.owner), to: .job(job.id))
            }
        }
    }

    /// Sets a round's fees aside: the owner's from the job's escrow as far as that goes, everybody
    /// else's from their own accounts.
    mutating func setAside(_ fees: [RoundFee], for job: Job) throws(Refusal) {
        var needed: [CurrencyCode: Int64] = [:]
        for fee in fees {
            if fee.from == job.owner {
                let (sum, overflow) = needed[fee.amount.currency, default: 0]
                    .addingReportingOverflow(fee.amount.minorUnits)
                guard !overflow else {
                    throw Refusal(
                        .overflow, rule: "the fees of a round <= 2^63 - 1",
                        saw: ["fee": fee.amount])
                }
                needed[fee.amount.currency] = sum
            }
        }
        // The owner's part first: what others put in is not the owner's.
        for (currency, amount) in needed.sorted(by: { $0.key < $1.key }) {
            let held = accounts.balance(of: AccountID(holder: .job(job.id), currency: currency))
            try accounts.move(
                Money(max(0, amount - held), currency), from: .member(job.owner),
                to: .job(job.id))
        }
        for fee in fees where fee.from != job.owner {
            try accounts.move(fee.amount, from: .member(fee.from), to: .job(job.id))
        }
    }

    /// Pays a round's fees to those whose contributions count, and returns the others'.
    mutating func settle(_ round: Round, of job: Job) throws(Refusal) {
        let contributors = Set(round.contributions.map(\.member))
        for (participant, fees) in zip(round.participants, round.fees) {
            for fee in fees {
                if contributors.contains(participant.member) {
                    try accounts.move(fee.amount, from: .job(job.id), to: .member(fee.to))
                } else {
                    try giveBack(fee, of: job)
                }
            }
        }
    }

    /// The owner's fees stay in the job's escrow; the others' go back to them.
    mutating func giveBack(_ fee: RoundFee, of job: Job) throws(Refusal) {
        guard fee.from != job.owner else { return }
        try accounts.move(fee.amount, from: .job(job.id), to: .member(fee.from))
    }

    /// Returns what is left in a job's escrow to its owner.
    mutating func release(_ job: Job) throws(Refusal) {
        for (currency, _) in accounts.currencies.sorted {
            let held = accounts.balance(of: AccountID(holder: .job(job.id), currency: currency))
            try accounts.move(
                Money(held, currency), from: .job(job.id), to: .member(job.owner))
        }
    }
}
