import Policy

// What binds besides the actions: obligations, invariants, the token.
extension DocumentComparer {
    private var standing: SampledComparison {
        SampledComparison(
            old: .init(scope: old.standing, document: old.document, input: []),
            new: .init(scope: new.standing, document: new.document, input: []))
    }

    mutating func compareObligations() {
        let (gone, added, both) = Self.matched(old.document.obligations, new.document.obligations) {
            $0.name
        }
        for obligation in gone {
            let duty = writer(old, oldNames).duty(obligation)
            note(
                .allows, "obligations.\(obligation.name)",
                "the obligation \(oldNames.obligation(obligation.name)) is gone (\(duty))",
                "义务\(oldNames.obligation(obligation.name))已取消（\(duty)）")
        }
        for obligation in added {
            let duty = writer(new, names).duty(obligation)
            note(
                .refuses, "obligations.\(obligation.name)",
                "there is a new obligation, \(names.obligation(obligation.name)): \(duty)",
                "新增义务\(names.obligation(obligation.name))：\(duty)")
        }
        for (before, after) in both { compare(before, after) }
    }

    private mutating func compare(
        _ before: ContractDocument.Obligation, _ after: ContractDocument.Obligation
    ) {
        let path = "obligations.\(after.name)"
        let name = names.obligation(after.name)
        if before.by != after.by {
            note(
                .differs, "\(path).by",
                "the obligation \(name) was owed by \(oldNames.party(before.by)), and is owed by \(names.party(after.by))",
                "义务\(name)原由\(oldNames.party(before.by))承担，现由\(names.party(after.by))承担")
        }
        if !Self.isSame(before.within, after.within), let one = old.obligations[before.name],
            let other = new.obligations[after.name]
        {
            let (was, now) = (
                ExpressionWords(oldNames).value(before.within),
                ExpressionWords(names).value(after.within)
            )
            let finding = standing.magnitudes(one.within, if: nil, other.within, if: nil)
            switch (finding.more, finding.less) {
            case (.some, nil):
                note(
                    .allows, "\(path).within",
                    "there is more time for the obligation \(name): it was \(was), and is \(now)",
                    "义务\(name)的期限延长：原为\(was)，现为\(now)")
            case (nil, .some):
                note(
                    .refuses, "\(path).within",
                    "there is less time for the obligation \(name): it was \(was), and is \(now)",
                    "义务\(name)的期限缩短：原为\(was)，现为\(now)")
            default:
                note(
                    .differs, "\(path).within",
                    "the time for the obligation \(name) was \(was), and is \(now)",
                    "义务\(name)的期限原为\(was)，现为\(now)")
            }
        }
        if before.remedy != after.remedy {
            let nothing = language.say("nothing", "不作处理")
            let (was, now) = (
                before.remedy.map(oldNames.action) ?? nothing,
                after.remedy.map(names.action) ?? nothing
            )
            note(
                .differs, "\(path).else",
                "when the obligation \(name) is overdue, \(was) followed, and \(now) follows now",
                "义务\(name)逾期的后果由\(was)变为\(now)")
        }
        if before.says != after.says {
            note(
                .differs, "\(path).says",
                "what is owed by the obligation \(name) read “\(before.says[language.rawValue])” and reads “\(after.says[language.rawValue])”",
                "义务\(name)的内容由“\(before.says[language.rawValue])”变为“\(after.says[language.rawValue])”"
            )
        }
        if Set(before.clauses) != Set(after.clauses) {
            note(
                .differs, "\(path).clause",
                "the obligation \(name) named \(named(before.clauses)), and names \(named(after.clauses))",
                "义务\(name)原援引\(named(before.clauses))，现援引\(named(after.clauses))")
        }
    }

    // MARK: - Invariants

    mutating func compareInvariants() {
        let sampled = SampledComparison(
            old: .init(scope: old.invariantScope, document: old.document, input: []),
            new: .init(scope: new.invariantScope, document: new.document, input: []))
        var removed = old.invariants
        var added: [(text: ContractDocument.Invariant, formula: Formula)] = []
        for invariant in new.invariants {
            if let same = removed.firstIndex(where: {
                Self.isSame($0.text.condition, invariant.text.condition)
            }) {
                let was = removed.remove(at: same).text
                if Set(was.clauses) != Set(invariant.text.clauses)
                    || was.says != invariant.text.says
                {
                    note(
                        .differs, invariant.text.condition.path,
                        "what always holds, `\(invariant.text.condition.text)`, has another clause or reason",
                        "始终成立的条件`\(invariant.text.condition.text)`的条款或理由已变更")
                }
            } else {
                added.append(invariant)
            }
        }
        for invariant in added {
            let condition = invariant.text.condition
            let match = removed.firstIndex {
                !Set($0.formula.variables).isDisjoint(with: invariant.formula.variables)
            }
            guard let match else {
                let text = ExpressionWords(names).condition(condition)
                note(
                    .refuses, condition.path,
                    "this must always hold now: \(text) (`\(condition.text)`)",
                    "现须始终满足：\(text)（`\(condition.text)`）")
                continue
            }
            let was = removed.remove(at: match)
            report(
                sampled.guards([was.formula], [invariant.formula]), was.text.condition, condition,
                of: language.say("a state after an action", "操作后的状态"), "")
        }
        for invariant in removed {
            let text = ExpressionWords(oldNames).condition(invariant.text.condition)
            note(
                .allows, invariant.text.condition.path,
                "this need not hold any more: \(text) (`\(invariant.text.condition.text)`)",
                "不再要求始终满足：\(text)（`\(invariant.text.condition.text)`）")
        }
    }

    // MARK: - Token

    mutating func compareToken() {
        switch (old.document.token, new.document.token) {
        case (nil, nil): return
        case (let before?, nil):
            note(
                .refuses, "token",
                "the place of \(oldNames.party(before.holder)) cannot be traded any more",
                "\(oldNames.party(before.holder))的合约地位不再可以交易")
        case (nil, let after?):
            note(
                .allows, "token", "the place of \(names.party(after.holder)) can be traded now",
                "\(names.party(after.holder))的合约地位现可以交易")
        case (let before?, let after?): compare(before, after)
        }
    }

    private mutating func compare(_ before: TokenText, _ after: TokenText) {
        if before.holder != after.holder {
            note(
                .differs, "token.holder",
                "the place that is traded was that of \(oldNames.party(before.holder)), and is that of \(names.party(after.holder))",
                "可交易的合约地位原属\(oldNames.party(before.holder))，现属\(names.party(after.holder))")
        }
        if !Self.isSame(before.transfer, after.transfer), let one = old.token, let other = new.token
        {
            report(
                standing.guards([one.transfer], [other.transfer]), before.transfer, after.transfer,
                of: language.say("a transfer", "转让"), "")
        }
        if before.consent?.by != after.consent?.by
            || !Self.isSame(before.consent?.unless, after.consent?.unless)
        {
            let kind: DocumentDifference.Kind =
                after.consent == nil ? .allows : before.consent == nil ? .refuses : .differs
            note(
                kind, "token.consent",
                "a transfer needed \(consent(before, oldNames)), and needs \(consent(after, names))",
                "转让原须\(consent(before, oldNames))，现须\(consent(after, names))")
        }
        let quotas = (
            before.quotas.map { "\($0.used)/\($0.limit)" },
            after.quotas.map { "\($0.used)/\($0.limit)" }
        )
        if Set(quotas.0) != Set(quotas.1) {
            note(
                .differs, "token.divide",
                "what can be divided was \(items(quotas.0)), and is \(items(quotas.1))",
                "可分割的额度原为\(items(quotas.0))，现为\(items(quotas.1))")
        }
        if !Self.isSame(before.share?.permille, after.share?.permille)
            || !Self.isSame(before.share?.to, after.share?.to)
        {
            note(
                .differs, "token.share",
                "the share of each price was \(share(before)), and is \(share(after))",
                "转让价款的分成原为\(share(before))，现为\(share(after))")
        }
        if Set(before.ends) != Set(after.ends) {
            note(
                .differs, "token.ends",
                "the stages that end every part were \(items(before.ends)), and are \(items(after.ends))",
                "终止各部分的阶段原为\(items(before.ends))，现为\(items(after.ends))")
        }
    }

    private func consent(_ token: TokenText, _ names: DocumentNames) -> String {
        guard let consent = token.consent else { return language.say("no consent", "无需同意") }
        let text = language.say(
            "the consent of \(names.party(consent.by))", "经\(names.party(consent.by))同意")
        return consent.unless.map { unless in
            language.say("\(text) unless `\(unless.text)`", "\(text)（`\(unless.text)`除外）")
        } ?? text
    }

    private func items(_ texts: [String]) -> String {
        texts.isEmpty ? language.say("nothing", "无") : language.all(texts.map { "`\($0)`" })
    }

    private func share(_ token: TokenText) -> String {
        token.share.map { "`\($0.permille.text)` ‰ → `\($0.to.text)`" } ?? language.say("none", "无")
    }
}
