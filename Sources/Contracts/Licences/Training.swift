import ContractLanguage
import Encodings

/// What a round asks of a licence.
package struct TrainingRequest: Sendable {
    package let purpose: String
    package let round: RoundID
    package let participants: Int

    package init(purpose: String, round: RoundID, participants: Int) {
        self.purpose = purpose
        self.round = round
        self.participants = participants
    }

    /// What the lab tells the document.
    var input: JSONValue {
        [
            "purpose": .string(purpose), "job": round.job.json,
            "round": .integer(Int64(round.number)), "participants": .integer(Int64(participants)),
            "epsilonMicro": 0,
        ]
    }
}

extension LabState {
    /// Takes a licence's `train` action: a round may use the dataset.
    ///
    /// - Returns: What it pays, which is to be set aside.
    /// - Throws: ``Refusal``, which names the licence and the rule.
    mutating func train(
        under id: LicenceID, _ request: TrainingRequest, in context: inout ActionContext
    ) throws(Refusal) -> [RoundFee] {
        let licence = try existingLicence(id)
        _ = try datasets.registered(licence.dataset)
        _ = try members.active(licence.licensor)
        _ = try members.active(licence.licensee)
        if let job = jobs[request.round.job] {
            try context.require(
                licence.licensee == job.owner, .wrongSender,
                rule: "the job's owner holds the licence",
                saw: [
                    "job": job.id, "job.owner": job.owner, "licence": id,
                    "licensee": licence.licensee,
                ])
        }
        let step = try take(
            LabHook.train.name, of: licence.contract, as: .lab, input: request.input,
            in: &context)
        var fees: [RoundFee] = []
        for payment in step.payments {
            guard case .member(let payer) = try holder(payment.from, of: licence.contract),
                case .member(let payee) = try holder(payment.to, of: licence.contract)
            else { continue }
            let amount = try money(payment.amount, of: licence.contract)
            try accounts.requireWithinLimit(amount, of: payer, in: &context)
            fees.append(RoundFee(from: payer, to: payee, amount: amount))
        }
        return fees
    }

    /// Tells a licence that a round which named it was abandoned. A licence that has nothing to say to
    /// that, or refuses, stays as it is: a round must be able to end.
    mutating func abandonTraining(
        under id: LicenceID, _ round: RoundID, in context: inout ActionContext
    ) {
        guard let licence = licence(id),
            licence.contract.compiled.document.action(LabHook.abandon.name) != nil
        else { return }
        var trial = context
        let input: JSONValue = [
            "job": round.job.json, "round": .integer(Int64(round.number)), "epsilonMicro": 0,
        ]
        do {
            _ = try take(
                LabHook.abandon.name, of: licence.contract, as: .lab, input: input, in: &trial)
            context = trial
        } catch {
            context.decided(
                rule: "licence \(id) gives the abandoned round back", saw: ["refused": error])
        }
    }

    /// Why a licence would refuse a round at a time; `nil` where it would not.
    package func trainingRefusal(
        under id: LicenceID, _ request: TrainingRequest, at time: Timestamp
    ) -> Refusal? {
        var state = self
        var context = ActionContext(index: 0, now: time, sender: .coordinator)
        do {
            _ = try state.train(under: id, request, in: &context)
            return nil
        } catch {
            return error
        }
    }

    /// Why data may not be opened any more for a round that was opened under a licence: the contract
    /// has ended, or a rule about time or purpose says no by the node's own clock. What the round itself
    /// used up does not count against it.
    package func openingRefusal(
        under id: LicenceID, _ request: TrainingRequest, at time: Timestamp
    ) -> Refusal? {
        let licence: Licence
        do {
            var context = ActionContext(index: 0, now: time, sender: .coordinator)
            try requireOperating(in: &context)
            licence = try existingLicence(id)
        } catch {
            return error
        }
        if let refusal = bindingRefusal(on: licence.contract) { return refusal }
        guard !licence.contract.hasEnded else {
            return Refusal(
                .wrongStage, rule: "licence \(id) has not ended", saw: ["stage": licence.stage])
        }
        let refusal = licence.contract.compiled.standingRefusal(
            of: LabHook.train.name, input: request.input, on: licence.contract.instance,
            now: time.instant)
        return refusal.map {
            Refusal($0, id, under: licence.contract.compiled, action: LabHook.train.name)
        }
    }
}
