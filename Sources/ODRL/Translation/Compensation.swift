import Policy

/// A duty to pay an amount that the lab can move.
struct Compensation {
    /// For what the amount is owed.
    enum Period: Hashable {
        case once
        case round
        case every(TimeSpan)
    }

    let fee: Fee
    let period: Period
    /// Whether nobody else than the one who gives the permission is to have it.
    let isToLicensor: Bool

    /// - Returns: `nil` where the duty is another one, or has parts beyond these.
    init?(_ duty: Duty, assigners: [PartyReference] = []) {
        guard duty.obstacle == nil, duty.scope.actions.count == 1,
            let action = duty.scope.actions.first, action.iri == .compensate,
            duty.scope.condition.conjuncts.allSatisfy({ $0.usageMoment == .before }),
            duty.scope.outputs.isEmpty
        else { return nil }
        var fee: Fee?
        var period: Period?
        for conjunct in action.refinement.conjuncts {
            guard let comparison = conjunct.comparison else { return nil }
            switch comparison.left {
            case .payAmount where fee == nil: fee = Fee(comparison)
            case .unitOfCount where period == nil && comparison.only?.text == IRI.round.text:
                period = .round
            case .timeInterval where period == nil:
                guard let value = comparison.only, case .success(let length) = value.duration,
                    length.nanoseconds > 0
                else { return nil }
                period = .every(length)
            default: return nil
            }
        }
        guard let fee else { return nil }
        self.fee = fee
        self.period = period ?? .once
        isToLicensor = duty.scope.parties(in: .compensatedParty).allSatisfy(assigners.contains)
    }
}

extension Comparison {
    /// The value, where it is `eq` to one.
    var only: OperandValue? {
        guard Operator(relation) == .eq, case .values(let values) = right, values.count == 1 else {
            return nil
        }
        return values[0]
    }
}

extension Condition {
    enum UsageMoment {
        case before, after
    }

    /// Whether it says that something comes before or after the use itself.
    var usageMoment: UsageMoment? {
        guard let comparison, comparison.left == .event,
            case .values(let values) = comparison.right,
            values.count == 1,
            values[0].text == IRI.policyUsage.text || values[0].text == "odrl:policyUsage"
        else { return nil }
        return switch Operator(comparison.relation) {
        case .lt, .lteq: .before
        case .gt, .gteq, .eq: .after
        default: nil
        }
    }
}
