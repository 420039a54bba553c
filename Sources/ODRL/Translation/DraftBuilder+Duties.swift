import Encodings
import Policy

extension DraftBuilder {
    static let defaultDeadline = "720h"

    /// Why the lab can neither do a duty itself nor ask somebody for it.
    func obstacle(to duty: Duty, of scope: RuleScope) -> String? {
        if let obstacle = duty.obstacle { return "\(obstacle.term): \(obstacle.reason)" }
        for action in duty.scope.actions {
            switch action.iri {
            case .compensate:
                guard let compensation = Compensation(duty, assigners: scope.assigners) else {
                    return "compensate: it asks for one amount (payAmount eq, with a currency), "
                        + "once, for each round or for each timeInterval"
                }
                guard compensation.isToLicensor else {
                    return "compensate: the lab pays the one who gives the permission"
                }
            case .logUsage: continue
            default:
                guard deadline(of: duty, action) != nil else {
                    return "\(action.iri.lastSegment): its refinement is no deadline"
                }
            }
        }
        for consequence in duty.consequences {
            if consequence.scope.actions.contains(where: { $0.iri == .compensate }) {
                return "consequence: a payment can be a duty, not yet a consequence"
            }
            if let reason = obstacle(to: consequence, of: scope) { return reason }
        }
        return nil
    }

    /// Within what time a duty is to be done, as an expression or length.
    ///
    /// - Returns: `nil` where it has conditions that are no deadlines.
    private func deadline(
        of duty: Duty, _ action: RefinedAction
    ) -> (within: String, isAssumed: Bool, isBefore: Bool)? {
        var within: String?
        var isBefore = false
        for condition in duty.scope.condition.conjuncts + action.refinement.conjuncts {
            if let moment = condition.usageMoment {
                isBefore = isBefore || moment == .before
                continue
            }
            guard within == nil, let comparison = condition.comparison,
                comparison.obstacle == nil, let relation = Operator(comparison.relation),
                [.lt, .lteq, .eq].contains(relation), case .values(let values) = comparison.right,
                let value = values.first
            else { return nil }
            switch comparison.left {
            case .dateTime where relation != .eq:
                guard let end = value.moments else { return nil }
                let moment = relation == .lt ? end.start : end.end
                within = "timestamp(\"\(moment.rfc3339)\") - now"
            case .elapsedTime, .delayPeriod:
                guard case .success(let length) = value.duration else { return nil }
                within = length.secondsText
            default: return nil
            }
        }
        return (within ?? Self.defaultDeadline, within == nil, isBefore)
    }

    /// Adds a duty of the permission that the contract is about.
    mutating func add(_ duty: Duty, of scope: RuleScope, named name: String, _ label: String) {
        let clause = addClause(
            ("Duty of \(label): \(duty.summary)", "\(label) 的义务：\(duty.summary)"), .obligation,
            duty.written)
        for (index, action) in duty.scope.actions.enumerated() {
            let own = duty.scope.actions.count == 1 ? name : "\(name)-\(index + 1)"
            switch action.iri {
            case .compensate: addPayment(duty, scope, clause)
            case .obtainConsent: addConsent(duty, scope, own, clause)
            case .logUsage:
                events.append([
                    "event": "usage-logged",
                    "data": ["clause": .string(RuleExpression.quoted(clause))],
                ])
                explain(
                    clause,
                    ("Every use is an entry of the ledger.", "每次使用都记入账本。"))
            default: addOwed(duty, action, own, clause, label, opensAt: .use)
            }
        }
    }

    private mutating func addPayment(_ duty: Duty, _ scope: RuleScope, _ clause: String) {
        guard let compensation = Compensation(duty, assigners: scope.assigners) else { return }
        if let currency, currency.code != compensation.fee.currency {
            refuseAll(clause, because: "amounts in \(currency.code) and another currency")
            return
        }
        if currency == nil {
            currency = (compensation.fee.currency, clause)
            note(
                .assumed, compensation.fee.currency, "clause \(clause)",
                "the contract is to be concluded in this currency; the document cannot check it")
        }
        let payment: JSONValue = [
            "from": "licensee", "to": "licensor",
            "amount": .string(String(compensation.fee.minorUnits)), "clause": .string(clause),
        ]
        let amount = "\(compensation.fee.minorUnits) \(compensation.fee.currency)"
        switch compensation.period {
        case .once:
            conclusionPayments.append(payment)
            explain(clause, ("\(amount) minor units at the conclusion.", "订立时支付 \(amount)（最小单位）。"))
        case .round:
            trainingPayments.append(payment)
            explain(clause, ("\(amount) minor units for each round.", "每轮支付 \(amount)（最小单位）。"))
        case .every:
            rents.append((clause, compensation))
            explain(clause, ("\(amount) minor units for each period.", "每期支付 \(amount)（最小单位）。"))
        }
    }

    private mutating func addConsent(
        _ duty: Duty, _ scope: RuleScope, _ name: String, _ clause: String
    ) {
        var by = "licensor"
        if let party = duty.scope.parties(in: .consentingParty).first?.name,
            !scope.assigners.map(\.name).contains(party)
        {
            if let known = consenters.first(where: { $0.iri == party }) {
                by = known.party
            } else {
                by = "consenter\(consenters.count + 1)"
                consenters.append((by, party))
                note(
                    .assumed, party.text, "clause \(clause)",
                    "it is the member that the contract names as \(by)")
            }
        }
        preparations.append(
            Preparation(
                action: "consent-\(name)", by: by, clause: clause, obligation: nil,
                says: ("give consent", "给予同意")))
        explain(
            clause,
            ("No use before the \(by) has consented.", "在 \(by) 同意之前不得使用。"))
    }

    enum Opening {
        case use, conclusion
    }

    @discardableResult
    mutating func addOwed(
        _ duty: Duty, _ action: RefinedAction, _ name: String, _ clause: String, _ label: String,
        opensAt opening: Opening?, by: String = "licensee"
    ) -> String? {
        guard let deadline = deadline(of: duty, action) else { return nil }
        let what = action.iri.lastSegment
        if deadline.isAssumed {
            note(
                .assumed, what, label,
                "the policy sets no deadline; \(Self.defaultDeadline) is taken")
        }
        let says = ("\(what), and say so on the ledger", "\(what)，并在账本上声明")
        let obligation = "duty-\(name)"
        var consequences: [String] = []
        for (index, consequence) in duty.consequences.enumerated() {
            let inner = addClause(
                ("Consequence: \(consequence.summary)", "后果：\(consequence.summary)"), .obligation,
                consequence.written)
            for (position, action) in consequence.scope.actions.enumerated() {
                if let opened = addOwed(
                    consequence, action, "\(name)-c\(index + 1)-\(position + 1)", inner, label,
                    opensAt: nil, by: by)
                {
                    consequences.append(opened)
                }
            }
        }
        duties.append(
            OwedDuty(
                name: obligation, by: by, within: deadline.within, clause: clause, says: says,
                then: consequences, isPreparation: deadline.isBefore && opening == .use))
        explain(
            clause,
            (
                "Owed by the \(by); the machine sees that it is declared done in time, not that it was done.",
                "由 \(by) 承担；系统只能看到其按时声明完成，不能看到是否真正完成。"
            ))
        switch opening {
        case .use where deadline.isBefore:
            conclusionOpens.append(obligation)
            preparations.append(
                Preparation(
                    action: "perform-\(name)", by: by, clause: clause, obligation: obligation,
                    says: says))
        case .use: trainingOpens.append(obligation)
        case .conclusion: conclusionOpens.append(obligation)
        case nil: break
        }
        return obligation
    }

    /// An obligation of the policy itself: it runs from the conclusion.
    mutating func addObligation(_ duty: Duty, number: Int) {
        let label = "obligation \(number)"
        let clause = addClause(
            ("Obligation \(number): \(duty.summary)", "义务 \(number)：\(duty.summary)"), .obligation,
            duty.written)
        let assigners = policy.permissions.flatMap { $0.scope.assigners.map(\.name) }
        let assignees = duty.scope.assignees.map(\.name)
        let isLicensors = !assignees.isEmpty && assignees.allSatisfy(assigners.contains)
        if let reason = obstacle(to: duty, of: duty.scope)
            ?? (duty.scope.actions.contains { $0.iri == .compensate || $0.iri == .obtainConsent }
                ? "an obligation to pay or to ask stands beside a permission, as its duty" : nil)
        {
            refuseAll(clause, because: reason)
            return
        }
        for (index, action) in duty.scope.actions.enumerated() where action.iri != .logUsage {
            addOwed(
                duty, action, "\(clause)-\(index + 1)", clause, label, opensAt: .conclusion,
                by: isLicensors ? "licensor" : "licensee")
        }
    }
}
