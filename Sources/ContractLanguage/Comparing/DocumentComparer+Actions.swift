import Policy

// Actions: who takes them, when, and by which rules.
extension DocumentComparer {
    mutating func compareActions() {
        let (gone, added, both) = Self.matched(old.document.actions, new.document.actions) {
            $0.name
        }
        for action in gone {
            let who = writer(old, oldNames).who(action)
            note(
                .refuses, "actions.\(action.name)",
                "there is no action \(oldNames.action(action.name)) any more (it was taken by \(who) in stage \(oldNames.stages(action.from)))",
                "不再有操作\(oldNames.action(action.name))（原由\(who)在\(oldNames.stages(action.from))阶段执行）"
            )
        }
        for action in added {
            let who = writer(new, names).who(action)
            note(
                .allows, "actions.\(action.name)",
                "there is a new action, \(names.action(action.name)), taken by \(who) in stage \(names.stages(action.from))",
                "新增操作\(names.action(action.name))，由\(who)在\(names.stages(action.from))阶段执行")
        }
        for (before, after) in both { compare(before, after) }
    }

    func writer(_ contract: CompiledContract, _ names: DocumentNames) -> ExplanationWriter {
        ExplanationWriter(contract: contract, names: names, graph: StageGraph(contract.document))
    }

    private mutating func compare(_ before: ActionText, _ after: ActionText) {
        let name = names.action(after.name)
        let path = "actions.\(after.name)"
        compareActors(before, after, name, path)
        for stage in after.from where !before.from.contains(stage) {
            note(
                .allows, "\(path).from", "\(name) may be taken in stage \(names.stage(stage)) now",
                "\(name)现可在\(names.stage(stage))阶段执行")
        }
        for stage in before.from where !after.from.contains(stage) {
            note(
                .refuses, "\(path).from",
                "\(name) may not be taken in stage \(oldNames.stage(stage)) any more",
                "\(name)不再可在\(oldNames.stage(stage))阶段执行")
        }
        compare(before.input, after.input, "input", at: "\(path).input")
        compareRules(before, after, name, path)
        compareEffects(before, after, name, path)
        comparePayments(before, after, name, path)
        compareRest(before, after, name, path)
    }

    private mutating func compareActors(
        _ before: ActionText, _ after: ActionText, _ name: String, _ path: String
    ) {
        if before.isRemedy != after.isRemedy {
            after.isRemedy
                ? note(
                    .differs, "\(path).by",
                    "\(name) is taken only when an obligation is overdue now",
                    "\(name)现仅在义务逾期后执行")
                : note(
                    .differs, "\(path).by",
                    "\(name) was taken only when an obligation was overdue, and is an action of its own now",
                    "\(name)原仅在义务逾期后执行，现为独立的操作")
        }
        // "Anyone" is every party, too.
        func isHeld(_ actor: ActionText.Actor, by actors: [ActionText.Actor]) -> Bool {
            actors.contains(actor) || (actor != .lab && actors.contains(.anyone))
        }
        for actor in after.by where !isHeld(actor, by: before.by) {
            note(
                .allows, "\(path).by", "\(names.actor(actor)) may take \(name) now",
                "\(names.actor(actor))现可执行\(name)")
        }
        for actor in before.by where !isHeld(actor, by: after.by) {
            note(
                .refuses, "\(path).by",
                actor == .anyone
                    ? "not any member of the lab may take \(name) any more, but only \(writer(new, names).who(after))"
                    : "\(oldNames.actor(actor)) may not take \(name) any more",
                actor == .anyone
                    ? "\(name)不再由实验室任一成员执行，仅可由\(writer(new, names).who(after))执行"
                    : "\(oldNames.actor(actor))不再可执行\(name)")
        }
    }

    // MARK: - Rules

    private typealias Rule = (text: ActionText.Rule, formula: Formula)

    private mutating func compareRules(
        _ before: ActionText, _ after: ActionText, _ name: String, _ path: String
    ) {
        guard let one = old.actions[before.name], let other = new.actions[after.name] else {
            return
        }
        var removed = one.rules
        var added: [Rule] = []
        var kept: [Int] = []
        for rule in other.rules {
            let same = removed.firstIndex { Self.isSame($0.text.condition, rule.text.condition) }
            guard let same else {
                added.append(rule)
                continue
            }
            let was = removed.remove(at: same)
            kept.append(one.rules.firstIndex { $0.text.condition == was.text.condition } ?? 0)
            compareSayings(was.text, rule.text, name)
        }
        if removed.isEmpty, added.isEmpty, kept != kept.sorted() {
            note(
                .differs, "\(path).require",
                "the rules of \(name) are tried in another order, so that another one may refuse first",
                "\(name)的规则检验顺序已变更，首先拒绝的规则可能不同")
        }
        let sampled = SampledComparison(
            old: .init(scope: one.scope, document: old.document, input: before.input),
            new: .init(scope: other.scope, document: new.document, input: after.input))
        for rule in added {
            let words = ExpressionWords(names, input: after.input)
            guard let was = Self.counterpart(of: rule, in: removed) else {
                note(
                    .refuses, rule.text.condition.path,
                    "\(name) is refused now unless \(words.condition(rule.text.condition)) (`\(rule.text.condition.text)`)\(clauses(rule.text.clauses))",
                    "\(name)新增条件：\(words.condition(rule.text.condition))（`\(rule.text.condition.text)`）\(clauses(rule.text.clauses))"
                )
                continue
            }
            let match = removed.remove(at: was)
            report(
                sampled.guards([match.formula], [rule.formula]), match.text.condition,
                rule.text.condition, of: name, clauses(rule.text.clauses))
            compareSayings(match.text, rule.text, name)
        }
        for rule in removed {
            let words = ExpressionWords(oldNames, input: before.input)
            note(
                .allows, rule.text.condition.path,
                "\(name) does not need any more that \(words.condition(rule.text.condition)) (`\(rule.text.condition.text)`)\(clauses(rule.text.clauses))",
                "\(name)不再要求：\(words.condition(rule.text.condition))（`\(rule.text.condition.text)`）\(clauses(rule.text.clauses))"
            )
        }
    }

    private func clauses(_ clauses: [String]) -> String {
        clauses.isEmpty
            ? "" : language.say(", \(names.clauses(clauses))", "，\(names.clauses(clauses))")
    }

    /// The old rule that a new one most likely replaces: of the same clause or reason, or on the same values.
    private static func counterpart(of rule: Rule, in removed: [Rule]) -> Int? {
        let scores = removed.map { old in
            (Set(old.text.clauses).isDisjoint(with: rule.text.clauses) ? 0 : 4)
                + (old.text.says == rule.text.says ? 4 : 0)
                + Set(old.formula.variables).intersection(rule.formula.variables).count
        }
        guard let best = scores.max(), best > 0 else { return nil }
        return scores.firstIndex(of: best)
    }

    /// Says what a changed guard decides differently.
    mutating func report(
        _ finding: SampledComparison.Finding, _ before: ExpressionText, _ after: ExpressionText,
        of name: String, _ clauses: String
    ) {
        let change = language.say(
            "the rule was `\(before.text)` and is `\(after.text)`\(clauses)",
            "规则由`\(before.text)`变为`\(after.text)`\(clauses)")
        if let example = finding.more {
            note(
                .allows, after.path,
                "\(name) is allowed now where it was refused, for example where \(example); \(change)",
                "\(name)在原被拒绝的情形下现被允许，例如`\(example)`；\(change)")
        }
        if let example = finding.less {
            note(
                .refuses, after.path,
                "\(name) is refused now where it was allowed, for example where \(example); \(change)",
                "\(name)在原被允许的情形下现被拒绝，例如`\(example)`；\(change)")
        }
        if finding.more == nil, finding.less == nil {
            note(
                .differs, after.path,
                "a rule of \(name) is written differently, and among \(finding.tried) cases tried none was found that the two decide differently (which proves nothing about the others); \(change)",
                "\(name)的一条规则写法不同；在试验的\(finding.tried)种情形中未发现两者结论不同（不能排除其他情形）；\(change)")
        }
    }

    private mutating func compareSayings(
        _ before: ActionText.Rule, _ after: ActionText.Rule, _ name: String
    ) {
        if before.says != after.says {
            note(
                .differs, after.condition.path,
                "who is refused \(name) by `\(after.condition.text)` read “\(before.says[language.rawValue])” and reads “\(after.says[language.rawValue])”",
                "因`\(after.condition.text)`被拒绝执行\(name)者，原见“\(before.says[language.rawValue])”，现见“\(after.says[language.rawValue])”"
            )
        }
        if Set(before.clauses) != Set(after.clauses) {
            note(
                .differs, after.condition.path,
                "the rule `\(after.condition.text)` of \(name) named \(named(before.clauses)), and names \(named(after.clauses))",
                "\(name)的规则`\(after.condition.text)`原援引\(named(before.clauses))，现援引\(named(after.clauses))"
            )
        }
    }

    func named(_ clauses: [String]) -> String {
        clauses.isEmpty ? language.say("no clause", "无条款") : names.clauses(clauses)
    }
}
