import Encodings
import Policy

extension DraftBuilder {
    func json(named name: String) -> JSONValue {
        let ready = "active"
        let waiting = preparations.indices.map { "waiting-\($0 + 1)" }
        let between = waiting + [ready]
        var actions = JSONObject()
        actions["accept"] = action(
            by: "licensee", from: ["offered"], clause: ["1"], require: conclusionRules,
            effects: conclusionEffects, pay: conclusionPayments, open: conclusionOpens,
            to: between[0])
        actions["decline"] = action(by: "licensee", from: ["offered"], to: "ended")
        actions["take-back"] = action(by: "licensor", from: ["offered"], to: "ended")
        addRelease(to: &actions, from: between, ready: ready)
        for (index, preparation) in preparations.enumerated() {
            actions[preparation.action] = action(
                by: preparation.by, from: [waiting[index]], clause: [preparation.clause],
                fulfil: preparation.obligation.map { [$0] } ?? [], to: between[index + 1])
        }
        actions["train"] = action(
            by: "lab", from: [ready], clause: events.isEmpty ? [] : clausesOfEvents,
            input: trainingInput, require: trainingRules + rentRules, effects: trainingEffects,
            pay: trainingPayments, open: trainingOpens, emit: events.isEmpty ? nil : .array(events))
        if expressions.counts {
            actions["abandon"] = action(by: "lab", from: between + releasing, effects: givenBack)
        }
        for (index, rent) in rents.enumerated() {
            actions["pay-period-\(index + 1)"] = payPeriod(rent, index, from: [ready])
        }
        var obligations = JSONObject()
        for duty in duties {
            let overdue = "overdue-\(duty.name.dropFirst("duty-".count))"
            if !duty.isPreparation {
                actions["perform-\(duty.name.dropFirst("duty-".count))"] = action(
                    by: duty.by, from: between + releasing, fulfil: [duty.name])
            }
            actions[overdue] = action(
                by: nil, from: between + releasing, open: duty.then,
                to: duty.then.isEmpty ? "ended" : nil)
            obligations[duty.name] = [
                "by": .string(duty.by), "within": .string(duty.within),
                "clause": .string(duty.clause), "else": .string(overdue),
                "says": Self.text(duty.says),
            ]
        }
        var document: JSONValue = [
            "contract": .string(name), "version": 1,
            "title": [
                "en": .string("Licence after the policy \(policy.uid?.text ?? name)"),
                "zh": .string("依据策略 \(policy.uid?.text ?? name) 的许可"),
            ],
            "prose": ["en": .string("\(name).en.md"), "zh": .string("\(name).zh.md")],
            "clauses": .object(clauseTable), "parties": .object(parties),
            "offer": ["licensor"], "terms": .object(terms), "state": .object(state),
            "stages": .array(
                (["offered"] + between + releasing + ["ended"]).map { .string($0) }),
            "final": ["ended"], "actions": .object(actions),
        ]
        if case .object(var object) = document, !obligations.members.isEmpty {
            object["obligations"] = .object(obligations)
            document = .object(object)
        }
        return document
    }

    /// The stage in which one party wants to end the contract, and the other has not agreed; where
    /// both owe something, neither can let itself off.
    private var releasing: [String] { Set(duties.map(\.by)).count > 1 ? ["releasing"] : [] }

    /// What is owed cannot be escaped by giving the licence up: whom it is owed to lets the other go.
    private func addRelease(
        to actions: inout JSONObject, from between: [String], ready: String
    ) {
        guard let stage = releasing.first else {
            let debtor = duties.first?.by
            actions["release"] = action(
                by: debtor == "licensee" ? "licensor" : "licensee", from: between, to: "ended")
            return
        }
        actions["release"] = action(by: "licensee", from: between, to: stage)
        actions["agree"] = action(by: "licensor", from: [stage], to: "ended")
        actions["resume"] = action(by: "licensee", from: [stage], to: ready)
    }

    private func action(
        by: String?, from: [String], clause: [String] = [], input: JSONObject = JSONObject(),
        require: [JSONValue] = [], effects: JSONObject = JSONObject(), pay: [JSONValue] = [],
        open: [String] = [], fulfil: [String] = [], emit: JSONValue? = nil, to: String? = nil
    ) -> JSONValue {
        [
            "by": by.map { .string($0) }, "from": .array(from.map { .string($0) }),
            "clause": clause.isEmpty ? nil : .array(clause.map { .string($0) }),
            "input": input.members.isEmpty ? nil : .object(input),
            "require": require.isEmpty ? nil : .array(require),
            "effects": effects.members.isEmpty ? nil : .object(effects),
            "pay": pay.isEmpty ? nil : .array(pay),
            "open": open.isEmpty ? nil : .array(open.map { .string($0) }),
            "fulfil": fulfil.isEmpty ? nil : .array(fulfil.map { .string($0) }),
            "emit": emit, "to": to.map { .string($0) },
        ]
    }

    private var clausesOfEvents: [String] {
        clauses.filter { clause in
            events.contains {
                $0["data"]?["clause"]?.string == RuleExpression.quoted(clause.number)
            }
        }.map(\.number)
    }

    private var clauseTable: JSONObject {
        clauses.reduce(into: JSONObject()) { table, clause in
            table[clause.number] = [
                "title": Self.text(clause.title),
                "enforced": .string(clause.enforcement.rawValue),
            ]
        }
    }

    private var parties: JSONObject {
        (["licensor", "licensee"] + consenters.map(\.party)).reduce(into: JSONObject()) {
            $0[$1] = "member"
        }
    }

    private var terms: JSONObject {
        var terms = JSONObject()
        terms["dataset"] = "dataset"
        if let currency { terms["currency"] = .string("choice(\(currency.code))") }
        return terms
    }

    private var state: JSONObject {
        var state = JSONObject()
        state["concluded"] = "timestamp"
        if expressions.counts {
            state["uses"] = "int(0..1000000)"
            state["abandoned"] = "int(0..1000000)"
        }
        if expressions.spends { state["epsilonMicro"] = "int(0..1000000000)" }
        for index in rents.indices { state["paidUntil\(index + 1)"] = "timestamp" }
        return state
    }

    private var conclusionEffects: JSONObject {
        var effects = JSONObject()
        effects["concluded"] = "now"
        for index in rents.indices { effects["paidUntil\(index + 1)"] = "now" }
        return effects
    }

    private var trainingInput: JSONObject {
        var input = JSONObject()
        if expressions.asksPurpose { input["purpose"] = "string(64)" }
        if expressions.spends { input["epsilonMicro"] = "int(0..1000000000)" }
        return input
    }

    private var trainingEffects: JSONObject {
        var effects = JSONObject()
        if expressions.counts { effects["uses"] = ["add": "1"] }
        if expressions.spends { effects["epsilonMicro"] = ["add": "input.epsilonMicro"] }
        return effects
    }

    /// A round that was abandoned was no use. But not more of them than have stayed used are given back, or
    /// abandoning would be a way to get updates for nothing.
    private var givenBack: JSONObject {
        var effects = JSONObject()
        let holds = "state.abandoned < state.uses"
        effects["uses"] = .string("\(holds) ? state.uses - 1 : state.uses")
        effects["abandoned"] = .string("\(holds) ? state.abandoned + 1 : state.abandoned")
        return effects
    }

    private var rentRules: [JSONValue] {
        rents.enumerated().map { index, rent in
            Self.rule(
                "now < state.paidUntil\(index + 1)", [rent.clause],
                ("the period is not paid for", "本期费用未付"))
        }
    }

    private func payPeriod(
        _ rent: (clause: String, compensation: Compensation), _ index: Int, from: [String]
    ) -> JSONValue {
        guard case .every(let length) = rent.compensation.period else { return .null }
        let paid = "state.paidUntil\(index + 1)"
        var effects = JSONObject()
        // Periods follow each other where they are paid in time, and begin anew where they are not.
        effects["paidUntil\(index + 1)"] = .string(
            "(now < \(paid) ? \(paid) : now) + duration(\"\(length.secondsText)\")")
        return action(
            by: "licensee", from: from, clause: [rent.clause], effects: effects,
            pay: [
                [
                    "from": "licensee", "to": "licensor",
                    "amount": .string(String(rent.compensation.fee.minorUnits)),
                    "clause": .string(rent.clause),
                ]
            ])
    }
}
