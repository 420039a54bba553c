import Policy

// Terms to a policy that says the same, and back.
extension DatasetLicenceTerms {
    /// The terms as a policy: an agreement between two parties, or an offer.
    package func policy(uid: IRI?) -> UsagePolicy {
        var parties: [PartyRole] = []
        if let licensor {
            parties.append(PartyRole(.assigner, PartyReference(LabNames.member(licensor))))
        }
        if let licensee {
            parties.append(PartyRole(.assignee, PartyReference(LabNames.member(licensee))))
        }
        let target = [AssetReference(LabNames.dataset(dataset))]
        let condition = Condition.both(
            [
                Comparison(
                    left: .purpose, relation: Operator.isAnyOf.iri,
                    right: .values(purposes.map(OperandValue.text)), unit: nil),
                Comparison(.count, .lteq, .integer(maxRounds)),
                Comparison(.epsilonMicro, .lteq, .integer(epsilonBudgetMicro)),
                Comparison(
                    .dateTime, .lt, .literal(Literal(expires.rfc3339, .xsd("dateTime")))),
            ].map(Condition.comparison))
        let training = Permission(
            RuleScope(
                actions: [RefinedAction(.training)], targets: target, parties: parties,
                condition: condition),
            duties: fee.map { [Self.duty(toPay: $0)] } ?? [])
        return UsagePolicy(
            uid: uid, kind: licensor != nil && licensee != nil ? .agreement : .offer,
            conflict: .prohibit, profiles: [.licenceProfile],
            permissions: [training] + transferPermission(target, parties)
                + watchPermission(target, parties))
    }

    private static func duty(toPay fee: Fee) -> Duty {
        let each = Comparison(.unitOfCount, .eq, .name(.round))
        return Duty(
            RuleScope(
                actions: [
                    RefinedAction(
                        .compensate,
                        refinement: .both([.comparison(fee.comparison), .comparison(each)]))
                ]))
    }

    private func transferPermission(
        _ target: [AssetReference], _ parties: [PartyRole]
    ) -> [Permission] {
        guard case .allowed(let freely, let permille, let beneficiaries) = transfer else {
            return []
        }
        var duties = beneficiaries.map { name, weight in
            Self.duty(toShare: permille, with: name, weight)
        }
        if beneficiaries.isEmpty, permille > 0 {
            duties.append(Self.duty(toShare: permille, with: nil, 1))
        }
        if !freely { duties.append(Duty(RuleScope(actions: [RefinedAction(.obtainConsent)]))) }
        return [
            Permission(
                RuleScope(
                    actions: [RefinedAction(.odrl("grantUse"))], targets: target,
                    parties: parties), duties: duties)
        ]
    }

    /// What goes without saying is not said.
    private func watchPermission(_ target: [AssetReference], _ parties: [PartyRole]) -> [Permission]
    {
        guard reports != Self.usualReports else { return [] }
        return [
            Permission(
                RuleScope(
                    actions: [RefinedAction(.reports(reports))], targets: target, parties: parties))
        ]
    }

    private static func duty(toShare permille: Int64, with name: String?, _ weight: Int64) -> Duty {
        let share = "\(permille / 10).\(permille % 10)"
        return Duty(
            RuleScope(
                actions: [
                    RefinedAction(
                        .compensate,
                        refinement: .both([
                            .comparison(
                                Comparison(
                                    .percentage, .eq,
                                    .literal(Literal(share, .xsd("decimal"))))),
                            .comparison(Comparison(.weight, .eq, .integer(weight))),
                        ]))
                ],
                parties: name.map {
                    [PartyRole(.compensatedParty, PartyReference(LabNames.member($0)))]
                } ?? []))
    }

    /// Reads the terms out of a policy that says no more than they can.
    ///
    /// - Throws: ``TermsMismatch`` with the first thing that they cannot say.
    package init(_ policy: UsagePolicy, names: LabNames = LabNames()) throws(TermsMismatch) {
        if let blocker = policy.blockers.first { throw TermsMismatch(blocker) }
        guard policy.prohibitions.isEmpty, policy.obligations.isEmpty else {
            throw TermsMismatch("it has prohibitions or obligations")
        }
        let transfers = policy.permissions.filter(\.isTransfer)
        func isWatch(_ permission: Permission) -> Bool {
            Self.reports.contains(where: permission.isWatch)
        }
        let watches = policy.permissions.filter(isWatch)
        let others = policy.permissions.filter { !$0.isTransfer && !isWatch($0) }
        guard others.count == 1, let permission = others.first, transfers.count <= 1,
            watches.count <= 1
        else {
            throw TermsMismatch("it has \(others.count) permissions")
        }
        let scope = permission.scope
        guard scope.unreadable.isEmpty, scope.outputs.isEmpty, scope.actions.count == 1,
            scope.actions[0].refinement == .always,
            UsageAction.isPart(.training, of: scope.actions[0].iri)
        else { throw TermsMismatch("it does not permit training, as it stands and no less") }
        guard scope.targets.count == 1, !scope.targets[0].isCollection,
            scope.targets[0].refinement == .always,
            let dataset = names.dataset(scope.targets[0].name)
        else { throw TermsMismatch("it does not name one dataset of the lab") }
        let limits = try Limits(scope.condition)
        self.init(
            licensor: try Self.party(scope.assigners, names, "assigner"),
            licensee: try Self.party(scope.assignees, names, "assignee"),
            dataset: dataset, purposes: limits.purposes, maxRounds: limits.rounds,
            epsilonBudgetMicro: limits.epsilon, fee: try Self.fee(permission.duties),
            expires: limits.expires,
            transfer: try transfers.first.map { permission throws(TermsMismatch) in
                try Self.transfer(permission, like: scope)
            } ?? .none,
            reports: try watches.first.map { permission throws(TermsMismatch) in
                try Self.reports(permission, like: scope)
            } ?? Self.usualReports)
        let named = Set(scope.parties.map(\.function)).subtracting([.assigner, .assignee])
        if let other = named.min() { throw TermsMismatch("it names a \(other.rawValue)") }
    }

    private static func party(
        _ parties: [PartyReference], _ names: LabNames, _ role: String
    ) throws(TermsMismatch) -> String? {
        guard let party = parties.first else { return nil }
        guard parties.count == 1, !party.isCollection, party.refinement == .always,
            let name = names.member(party.name)
        else { throw TermsMismatch("its \(role) is not one member of the lab: \(party.name)") }
        return name
    }

    private static func fee(_ duties: [Duty]) throws(TermsMismatch) -> Fee? {
        guard let duty = duties.first else { return nil }
        guard duties.count == 1, duty.consequences.isEmpty,
            let compensation = Compensation(duty), compensation.period == .round,
            compensation.isToLicensor
        else { throw TermsMismatch("it has a duty that is no fee for each round") }
        return compensation.fee
    }

    private static func reports(
        _ permission: Permission, like scope: RuleScope
    ) throws(TermsMismatch) -> String {
        guard permission.scope.condition == .always, permission.scope.targets == scope.targets,
            permission.scope.parties == scope.parties, permission.scope.unreadable.isEmpty,
            permission.duties.isEmpty,
            let word = reports.first(where: { permission.isWatch($0) })
        else {
            throw TermsMismatch("it lets the rounds be watched under conditions of its own")
        }
        return word
    }

    private static func transfer(
        _ permission: Permission, like scope: RuleScope
    ) throws(TermsMismatch) -> Transfer {
        let wrong = TermsMismatch(
            "it lets the use be granted to others under conditions of its own")
        guard permission.scope.condition == .always, permission.scope.targets == scope.targets,
            permission.scope.parties == scope.parties, permission.scope.unreadable.isEmpty
        else { throw wrong }
        var freely = true
        var shares: Set<Int64> = []
        var beneficiaries: [String: Int64] = [:]
        for duty in permission.duties {
            guard duty.consequences.isEmpty, duty.scope.condition == .always,
                duty.scope.actions.count == 1, let action = duty.scope.actions.first
            else { throw wrong }
            if action == RefinedAction(.obtainConsent), duty.scope.parties.isEmpty {
                freely = false
                continue
            }
            guard action.iri == .compensate, let share = Share(action.refinement) else {
                throw wrong
            }
            shares.insert(share.permille)
            for role in duty.scope.parties {
                guard role.function == .compensatedParty,
                    let name = LabNames().member(role.party.name)
                else { throw wrong }
                beneficiaries[name] = share.weight
            }
        }
        guard shares.count <= 1 else { throw wrong }
        return .allowed(
            freely: freely, permille: shares.first ?? 0, beneficiaries: beneficiaries)
    }
}

/// What in a policy the terms of a dataset licence cannot say.
package struct TermsMismatch: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension IRI {
    static let percentage = odrl("percentage")
}

extension Permission {
    fileprivate func isWatch(_ reports: String) -> Bool {
        scope.actions == [RefinedAction(.reports(reports))]
    }

    fileprivate var isTransfer: Bool { scope.actions == [RefinedAction(.odrl("grantUse"))] }
}

/// A share of a price.
private struct Share {
    let permille: Int64
    let weight: Int64

    init?(_ refinement: Condition) {
        let comparisons = refinement.conjuncts.compactMap(\.comparison)
        func number(_ operand: IRI) -> OperandValue.Millionths? {
            guard let comparison = comparisons.first(where: { $0.left == operand }),
                Operator(comparison.relation) == .eq,
                case .values(let values) = comparison.right, values.count == 1
            else { return nil }
            return values[0].number
        }
        guard refinement.conjuncts.count == 2, let percent = number(.percentage),
            let weight = number(.weight), weight.isWhole, percent.count % 100_000 == 0,
            (1...10_000).contains(weight.whole), (0...1_000).contains(percent.count / 100_000)
        else { return nil }
        permille = percent.count / 100_000
        self.weight = weight.whole
    }
}
