/// What a policy says to a request: nothing is allowed that no permission allows.
package struct Decision: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable {
        case permitted
        case prohibited
        case notPermitted = "not permitted"
    }

    /// One rule, and whether it applies.
    package struct Activation: Hashable, Sendable {
        package enum Rule: Hashable, Sendable {
            case permission(Int)
            case prohibition(Int)
        }

        package let rule: Rule
        package let uid: IRI?
        package let isActive: Bool
        /// Why it does not apply, or why it does although not all is known.
        package let reason: String?
    }

    package let outcome: Outcome
    package let activations: [Activation]
    /// Duties of the permissions that apply, and obligations of the policy, not yet fulfilled.
    package let owed: [Duty]
    /// Why nothing is permitted, for the whole policy; or what decided a conflict.
    package let reason: String?
}

extension UsagePolicy {
    package func decide(_ request: UsageRequest) -> Decision {
        let blockers = self.blockers
        var active: [Permission] = []
        var activations: [Decision.Activation] = []
        for (index, permission) in permissions.enumerated() {
            var verdict = permission.verdict(request)
            if let blocker = blockers.first { verdict = .unknown(blocker) }
            if verdict == .yes { active.append(permission) }
            activations.append(
                .init(
                    rule: .permission(index), uid: permission.uid, isActive: verdict == .yes,
                    reason: verdict.reason))
        }
        var isForbidden = false
        for (index, prohibition) in prohibitions.enumerated() {
            var verdict = prohibition.verdict(request)
            if let blocker = blockers.first { verdict = .unknown(blocker) }
            isForbidden = isForbidden || !verdict.isNo
            activations.append(
                .init(
                    rule: .prohibition(index), uid: prohibition.uid, isActive: !verdict.isNo,
                    reason: verdict.reason))
        }
        let isConflict = isForbidden && !active.isEmpty
        let outcome: Decision.Outcome =
            switch (active.isEmpty, isForbidden, conflict) {
            case (false, false, _), (false, true, .perm): .permitted
            case (_, true, _): .prohibited
            case (true, false, _): .notPermitted
            }
        var reason = blockers.first
        if isConflict { reason = conflict.sentence }
        let owed = outcome == .permitted ? active.flatMap(\.duties) : []
        return Decision(
            outcome: outcome, activations: activations,
            owed: (owed + obligations).filter { !request.facts.fulfilled.contains($0) },
            reason: reason)
    }

    /// What makes every rule of the policy a denial.
    var blockers: [String] {
        unreadable
            + profiles.filter { !Self.knownProfiles.contains($0) }.map {
                "the profile \($0) is not known"
            }
            + unresolvedParents.map {
                "the policy \($0), which this one inherits from, is not known"
            }
    }
}

extension ConflictStrategy {
    fileprivate var sentence: String {
        switch self {
        case .perm: "a permission and a prohibition apply; the permission wins"
        case .prohibit: "a permission and a prohibition apply; the prohibition wins"
        case .invalid: "a permission and a prohibition apply, which makes the policy void"
        }
    }
}

extension Verdict {
    fileprivate var isNo: Bool { if case .no = self { true } else { false } }

    package var reason: String? {
        switch self {
        case .yes: nil
        case .no(let reason), .unknown(let reason): reason
        }
    }
}

extension Permission {
    fileprivate func verdict(_ request: UsageRequest) -> Verdict {
        if let violated = duties.first(where: request.facts.violated.contains) {
            return .no("the duty to \(violated.summary) was not done")
        }
        let obstacles = duties.compactMap(\.obstacle)
        return .all(
            [scope.verdict(request, forbids: false)]
                + obstacles.map { .unknown("\($0.term): \($0.reason)") })
    }
}

extension Prohibition {
    fileprivate func verdict(_ request: UsageRequest) -> Verdict {
        scope.verdict(request, forbids: true)
    }
}

extension Duty {
    package var summary: String {
        scope.actions.map(\.iri.lastSegment).joined(separator: " and ")
    }

    /// Why nobody could tell whether it was done.
    var obstacle: Obstacle? {
        if let reason = scope.unreadable.first {
            return Obstacle(term: "duty", reason: reason)
        }
        if let unknown = scope.actions.first(where: {
            UsageAction.known($0.iri) == nil && $0.iri != .logUsage
        }) {
            return Obstacle(term: unknown.iri.text, reason: "this action is not known")
        }
        return nil
    }
}

extension RuleScope {
    /// Whether the rule is about the request, and its condition holds.
    fileprivate func verdict(_ request: UsageRequest, forbids: Bool) -> Verdict {
        if let reason = unreadable.first { return .unknown(reason) }
        let facts = request.facts
        let obstacles = condition.obstacles(forbids: false, inLab: false)
        return .all([
            actionVerdict(request),
            Self.match(
                request.assignee, facts, assignees.map { ($0.name, $0.refinement) }, "assignee"),
            Self.match(request.target, facts, targets.map { ($0.name, $0.refinement) }, "target"),
            obstacles.first.map { .unknown("\($0.term): \($0.reason)") }
                ?? condition.verdict(facts),
        ])
    }

    private func actionVerdict(_ request: UsageRequest) -> Verdict {
        .any(
            actions.map { action in
                guard UsageAction.known(action.iri) != nil else {
                    return action.iri == request.action
                        ? .all([action.refinement.verdict(request.facts)])
                        : .unknown("the action \(action.iri) is not known")
                }
                guard UsageAction.isPart(request.action, of: action.iri) else {
                    return .no("it is about \(action.iri.lastSegment)")
                }
                return action.refinement.verdict(request.facts)
            }, orElse: "it is about other actions")
    }

    private static func match(
        _ subject: IRI?, _ facts: UsageRequest.Facts, _ references: [(IRI, Condition)],
        _ name: String
    ) -> Verdict {
        if references.isEmpty { return .yes }
        return .any(
            references.map { reference, refinement in
                guard reference == subject || facts.collections.contains(reference) else {
                    return .no("the \(name) is \(reference)")
                }
                return refinement == .always
                    ? .yes : .unknown("whether \(reference)'s refinement fits is not known")
            }, orElse: "it is for other \(name)s")
    }
}
