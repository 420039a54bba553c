import ContractLanguage
import Encodings
import NaiveContracts
import Policy
import Randomness

/// What a run of random documents came across.
struct Tally: CustomStringConvertible {
    var documents = 0
    var concluded = 0
    var taken = 0
    var applied = 0
    var ended = 0
    var payments = 0
    var kinds: [String: Int] = [:]
    /// Why documents were not taken.
    var refusals: [String: Int] = [:]

    var description: String {
        "\(documents) documents, \(concluded) concluded, \(taken) actions, \(applied) applied, \(ended) ended, "
            + "\(payments) payments, \(kinds.sorted { $0.key < $1.key }), "
            + "not taken: \(refusals.sorted { $0.value > $1.value }.prefix(12))"
    }
}

/// One document, run by both interpreters with the same random transactions.
struct TwinRun {
    let contract: CompiledContract
    let json: JSONValue
    private var random: SeededRandom
    private(set) var disagreement = ""
    private var now: Int128 = 1_772_366_400_000_000_000

    init(_ contract: CompiledContract, _ json: JSONValue, seed: UInt64) {
        self.contract = contract
        self.json = json
        random = SeededRandom(seed: seed ^ 0xC0_47_AC_75)
    }

    /// - Returns: Whether the two agreed on everything.
    mutating func play(_ tally: inout Tally) -> Bool {
        tally.documents += 1
        guard Set(NaiveContract.offerors(of: json)) == Set(contract.offerors) else {
            return disagree(
                "who may offer: \(contract.offerors) and \(NaiveContract.offerors(of: json))")
        }
        for _ in 0..<2 {
            guard let (instance, naive) = conclude(&tally) else {
                if disagreement.isEmpty { continue }
                return false
            }
            tally.concluded += 1
            guard act(on: instance, naive, &tally) else { return false }
        }
        return true
    }

    private mutating func disagree(_ text: String) -> Bool {
        disagreement = text
        return false
    }

    private mutating func conclude(
        _ tally: inout Tally
    ) -> (ContractInstance, NaiveContract)? {
        let isHonest = random.chance(90)
        var members = ["ada", "bob", "cyd"]
        if !isHonest {
            members[random.uniformInteger(in: 0...2)] = random.pick(["ada", "bob", "lab", "X"])
        }
        var parties = JSONObject()
        let singles = contract.document.parties.filter { $0.kind == .member }.map(\.name)
        for (party, member) in zip(singles, members) { parties[party] = .string(member) }
        for party in contract.document.parties where party.kind != .member {
            parties[party.name] = isHonest ? ["zoe", "ada"] : ["zoe", "zoe"]
        }
        var terms = JSONObject()
        for term in contract.document.terms {
            terms[term.name] = RandomExpression.json(
                of: "\(term.type)", isHonest: isHonest, &random)
        }
        let offeror =
            random.chance(90)
            ? parties[random.pick(contract.offerors)]?.string ?? "ada" : random.pick(members)
        let currency = contract.usesMoney == random.chance(96) ? "eur" : nil
        let ours = Result { () throws(ContractRefusal) in
            try contract.conclude(
                ContractOffer(
                    name: "c-1", offeredBy: offeror, parties: .object(parties),
                    terms: .object(terms), currency: currency),
                now: NaiveTime.instant(now)!)
        }
        let theirs = Result { () throws(NaiveRefusal) in
            try NaiveContract(
                json, name: "c-1", offeredBy: offeror, parties: .object(parties),
                terms: .object(terms), currency: currency, now: now)
        }
        switch (ours, theirs) {
        case (.success(let instance), .success(let naive)):
            if instance.json(contract) == naive.json { return (instance, naive) }
            _ = disagree(
                "concluded:\n\(instance.json(contract).canonicalText)\n\(naive.json.canonicalText)")
        case (.failure(let one), .failure(let other)):
            tally.kinds[one.kind.rawValue, default: 0] += 1
            if one.kind.rawValue != other.kind { _ = disagree("conclusion: \(one) and \(other)") }
        case (.success, .failure(let refusal)):
            _ = disagree(
                "concluded, and by the other refused: \(refusal) \(JSONValue.object(terms).canonicalText)"
            )
        case (.failure(let refusal), .success):
            _ = disagree("not concluded, and by the other it is: \(refusal)")
        }
        return nil
    }

    private mutating func act(
        on start: ContractInstance, _ other: NaiveContract, _ tally: inout Tally
    ) -> Bool {
        var (instance, naive) = (start, other)
        for _ in 0..<14 {
            let action = random.pick(contract.document.actions)
            if !action.from.contains(instance.stage), random.chance(80) { continue }
            now += Int128(random.pick([0, 60, 3_600, 86_400, 260_000])) * 1_000_000_000
            let members = action.by.flatMap { actor in
                switch actor {
                case .party(let name): instance.members(name, in: contract)
                case .counterparty: ["ada", "bob"]
                case .anyone, .lab: ["eve"]
                }
            }
            let sender =
                members.isEmpty || random.chance(15)
                ? random.pick(["ada", "bob", "cyd", "zoe", "eve"]) : random.pick(members)
            var input = JSONObject()
            for field in action.input {
                input[field.name] = RandomExpression.json(of: "\(field.type)", &random)
            }
            if random.chance(2) { input["more"] = 1 }
            let isLab = action.by == [.lab] ? random.chance(90) : random.chance(2)
            let ours = Result { () throws(ContractRefusal) in
                try contract.take(
                    ContractCall(
                        action: action.name, sender: isLab ? .lab : .member(sender),
                        input: .object(input), now: NaiveTime.instant(now)!, escrow: naive.escrow),
                    on: instance)
            }
            let theirs = Result { () throws(NaiveRefusal) in
                try naive.take(
                    action.name, by: isLab ? nil : sender, input: .object(input), now: now)
            }
            tally.taken += 1
            switch (ours, theirs) {
            case (.success(let step), .success(let outcome)):
                tally.applied += 1
                tally.payments += step.payments.count
                if let difference = difference(step, outcome)
                    ?? StepProperties.violation(
                        by: step, of: action, sender: isLab ? "lab" : sender, on: instance,
                        holding: naive.escrow, contract)
                {
                    return disagree("\(action.name) by \(sender): \(difference)")
                }
                (instance, naive) = (step.instance, outcome.contract)
                if contract.document.final.contains(instance.stage) { tally.ended += 1 }
            case (.failure(let one), .failure(let other)):
                tally.kinds[one.kind.rawValue, default: 0] += 1
                if instance.json(contract) != naive.json {
                    return disagree("\(action.name) by \(sender) is refused, and changes something")
                }
                if one.kind.rawValue != other.kind || one.clauses != other.clauses {
                    return disagree("\(action.name) by \(sender): \(one.kind) \(one) and \(other)")
                }
            case (.success, .failure(let refusal)):
                return disagree("\(action.name) by \(sender) is applied, and refused: \(refusal)")
            case (.failure(let refusal), .success):
                return disagree("\(action.name) by \(sender) is refused: \(refusal), and applied")
            }
        }
        return true
    }

    private func difference(_ step: ContractStep, _ outcome: NaiveContract.Outcome) -> String? {
        let row = step.instance.json(contract)
        if row.canonicalBytes != outcome.contract.json.canonicalBytes {
            return "\n\(row.canonicalText)\n\(outcome.contract.json.canonicalText)"
        }
        let payments = step.payments.map { "\($0.from.text) to \($0.to.text): \($0.amount)" }
        let others = outcome.payments.map {
            "\($0.from.isEmpty ? "escrow" : $0.from) to \($0.to.isEmpty ? "escrow" : $0.to): \($0.amount)"
        }
        if payments != others { return "pays \(payments) and \(others)" }
        if step.escrow != outcome.contract.escrow {
            return "holds \(step.escrow) and \(outcome.contract.escrow)"
        }
        let events = step.events.map { event in
            JSONValue.object(
                [("event", JSONValue.string(event.name)), ("data", event.data)].reduce(
                    into: JSONObject()
                ) { $0[$1.0] = $1.1 })
        }
        return events == outcome.events ? nil : "emits \(events) and \(outcome.events)"
    }
}

extension ContractStep.Payment.Purse {
    var text: String {
        switch self {
        case .escrow: "escrow"
        case .member(let name): name
        }
    }
}
