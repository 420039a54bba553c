import Encodings

extension DraftBuilder {
    /// Permissions that let the lab train, in their order.
    mutating func addPermissions() {
        var usable: [(clause: String, permission: Permission, label: String)] = []
        for (index, permission) in policy.permissions.enumerated() {
            let label = "permission \(index + 1)"
            guard permission.scope.actions.contains(where: \.coversTraining) else {
                let clause = addClause(
                    ("Permission \(index + 1)", "许可 \(index + 1)"), .none, permission.written)
                ignore(permission.scope, label, clause)
                continue
            }
            let clause = addClause(
                ("Permission \(index + 1)", "许可 \(index + 1)"), .machine, permission.written)
            if let reason = obstacle(to: permission) {
                note(.denied, label, label, reason)
                explain(clause, ("Does not apply: \(reason).", "不适用：\(reason)。"))
            } else {
                usable.append((clause, permission, label))
            }
        }
        let several = usable.count > 1
        usable.removeAll { clause, permission, label in
            guard several, !permission.duties.isEmpty else { return false }
            let reason =
                "which of several permissions a use falls under cannot be told, and this one has "
                + "duties; import it from a policy of its own"
            note(.denied, label, label, reason)
            explain(clause, ("Does not apply: \(reason).", "不适用：\(reason)。"))
            return true
        }
        switch usable.count {
        case 0:
            trainingRules.append(
                Self.rule(
                    "false", ["1"],
                    ("the policy permits nothing that the lab can enforce", "该策略没有实验室能够执行的许可")))
            explain("1", ("No permission applies.", "没有适用的许可。"))
        case 1:
            requireEach(usable[0].permission, usable[0].clause)
            conclude(for: [usable[0].permission], usable[0].clause)
            for (index, duty) in usable[0].permission.duties.enumerated() {
                add(
                    duty, of: usable[0].permission.scope,
                    named: "\(usable[0].clause)-\(index + 1)", usable[0].label)
            }
        default:
            requireAny(usable.map { ($0.clause, $0.permission) })
            conclude(for: usable.map(\.permission), "1")
        }
    }

    private mutating func ignore(_ scope: RuleScope, _ label: String, _ clause: String) {
        let actions = scope.actions.map(\.iri.lastSegment).joined(separator: ", ")
        note(
            .ignored, actions, label,
            "the lab trains models, and does nothing else with a dataset")
        explain(
            clause,
            (
                "About what the lab does not do (\(actions)); recorded only.",
                "涉及实验室不做的行为（\(actions)）；仅作记录。"
            ))
    }

    private func obstacle(to permission: Permission) -> String? {
        let scope = permission.scope
        if let reason = scope.unreadable.first { return reason }
        let conditions =
            [scope.condition] + scope.actions.filter(\.coversTraining).map(\.refinement)
        if let obstacle = conditions.flatMap({ $0.obstacles(forbids: false, inLab: true) }).first {
            return "\(obstacle.term): \(obstacle.reason)"
        }
        for party in scope.assignees where party.isCollection || party.refinement != .always {
            return "\(party.name): the lab does not know who belongs to a collection"
        }
        for target in scope.targets where target.isCollection || target.refinement != .always {
            return "\(target.name): the lab does not know what belongs to a collection"
        }
        for party in scope.assignees where names.member(party.name) == nil {
            return "\(party.name): say which member of the lab this is"
        }
        for target in scope.targets where names.dataset(target.name) == nil {
            return "\(target.name): say which dataset of the lab this is"
        }
        for duty in permission.duties {
            if let reason = obstacle(to: duty, of: scope) { return reason }
        }
        return nil
    }

    func members(_ parties: [PartyReference]) -> [String] {
        parties.compactMap { names.member($0.name) }
    }

    func datasets(_ assets: [AssetReference]) -> [String] {
        assets.compactMap { names.dataset($0.name) }
    }

    /// One rule for each condition, so that a refusal says which.
    private mutating func requireEach(_ permission: Permission, _ clause: String) {
        let refinements = permission.scope.actions.filter(\.coversTraining).map(\.refinement)
        let condition = Condition.both([permission.scope.condition, .either(refinements)])
        for conjunct in condition.conjuncts where conjunct != .always {
            guard let text = expressions.text(of: conjunct, forbids: false) else { continue }
            require(text, [clause], conjunct.sentence)
        }
    }

    private mutating func requireAny(_ permissions: [(clause: String, permission: Permission)]) {
        var alternatives: [String] = []
        for (_, permission) in permissions {
            let scope = permission.scope
            let refinements = scope.actions.filter(\.coversTraining).map(\.refinement)
            let condition = Condition.both([scope.condition, .either(refinements)])
            guard let text = expressions.text(of: condition, forbids: false) else { continue }
            alternatives.append(
                "(\(([text] + Self.subject(members(scope.assignees), datasets(scope.targets))).joined(separator: " && ")))"
            )
        }
        require(
            alternatives.joined(separator: " || "), permissions.map(\.clause),
            ("none of the policy's permissions applies", "该策略的各项许可均不适用"))
    }

    private static func subject(_ members: [String], _ datasets: [String]) -> [String] {
        [("parties.licensee", members), ("terms.dataset", datasets)].compactMap { name, texts in
            texts.isEmpty
                ? nil
                : "\(name) in [\(texts.map(RuleExpression.quoted).joined(separator: ", "))]"
        }
    }

    /// Who may conclude the contract, and about which dataset.
    private mutating func conclude(for permissions: [Permission], _ clause: String) {
        let isForAll = permissions.contains { $0.scope.assignees.isEmpty }
        let isOnAll = permissions.contains { $0.scope.targets.isEmpty }
        let licensees = isForAll ? [] : permissions.flatMap { members($0.scope.assignees) }
        let targets = isOnAll ? [] : permissions.flatMap { datasets($0.scope.targets) }
        let assigners = permissions.flatMap { members($0.scope.assigners) }
        for (name, texts, says) in [
            ("parties.licensee", licensees, ("the policy is for somebody else", "该策略面向其他成员")),
            ("parties.licensor", assigners, ("the policy is by somebody else", "该策略由其他成员给出")),
            ("terms.dataset", targets, ("the policy is about another dataset", "该策略针对其他数据集")),
        ] where !texts.isEmpty {
            let each = texts.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            conclusionRules.append(
                Self.rule(
                    "\(name) in [\(each.map(RuleExpression.quoted).joined(separator: ", "))]",
                    [clause], says))
        }
    }

    mutating func add(_ prohibition: Prohibition, number: Int) {
        let scope = prohibition.scope
        let label = "prohibition \(number)"
        let clause = addClause(
            ("Prohibition \(number)", "禁止 \(number)"), .machine, prohibition.written)
        for remedy in prohibition.remedies {
            note(
                .ignored, remedy.summary, label,
                "what is forbidden is refused, so nothing is to be remedied")
        }
        let isReadable = scope.unreadable.isEmpty
        let concerned = scope.actions.filter {
            $0.coversTraining || UsageAction.known($0.iri) == nil
        }
        if isReadable, concerned.isEmpty {
            ignore(scope, label, clause)
            return
        }
        if policy.conflict == .perm {
            note(
                .ignored, label, label, "the policy's permissions win over its prohibitions (perm)")
            explain(clause, ("Yields to the permissions.", "让位于许可。"))
            return
        }
        guard isReadable, concerned.allSatisfy(\.coversTraining) else {
            refuseAll(clause, because: scope.unreadable.first ?? "an action that is not known")
            return
        }
        let condition = Condition.both([scope.condition, .either(concerned.map(\.refinement))])
        let isPlain =
            scope.assignees.allSatisfy { !$0.isCollection && $0.refinement == .always }
            && scope.targets.allSatisfy { !$0.isCollection && $0.refinement == .always }
            && members(scope.assignees).count == scope.assignees.count
            && datasets(scope.targets).count == scope.targets.count
        guard isPlain, let text = expressions.text(of: condition, forbids: true) else {
            let obstacle = condition.obstacles(forbids: true, inLab: true).first
            refuseAll(
                clause,
                because: obstacle.map { "\($0.term): \($0.reason)" }
                    ?? "whom or what it is about, the lab does not know")
            return
        }
        let parts =
            (text == "true" ? [] : ["(\(text))"])
            + Self.subject(members(scope.assignees), datasets(scope.targets))
        let sentence = condition.sentence
        require(
            parts.isEmpty ? "false" : "!(\(parts.joined(separator: " && ")))", [clause],
            condition == .always
                ? ("the policy prohibits it", "该策略禁止此行为")
                : ("the policy prohibits it where \(sentence.en)", "该策略在下列条件下禁止：\(sentence.zh)"))
    }
}

extension RefinedAction {
    fileprivate var coversTraining: Bool { UsageAction.isPart(.training, of: iri) }
}

extension Condition {
    /// What it asks, for a refusal.
    var sentence: (en: String, zh: String) {
        (words(" and ", " or ", "exactly one of "), words(" 且 ", " 或 ", "恰好一项："))
    }

    private func words(_ and: String, _ or: String, _ one: String) -> String {
        func joined(_ parts: [Condition], _ word: String) -> String {
            parts.map { $0.words(and, or, one) }.joined(separator: word)
        }
        return switch self {
        case .comparison(let comparison): comparison.summary
        case .all(let parts), .sequence(let parts): joined(parts, and)
        case .any(let parts): joined(parts, or)
        case .exactlyOne(let parts): one + joined(parts, ", ")
        case .unreadable(let reason): reason
        }
    }
}
