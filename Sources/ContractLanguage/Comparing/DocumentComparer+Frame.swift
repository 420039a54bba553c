// Titles, prose, parties, stages and clauses.
extension DocumentComparer {
    mutating func compareFrame() {
        let (before, after) = (old.document, new.document)
        if before.name != after.name {
            note(
                .differs, "contract",
                "the document's name was `\(before.name)` and is `\(after.name)`",
                "文档名称由`\(before.name)`变为`\(after.name)`")
        }
        if before.version != after.version {
            note(
                .differs, "version", "the version was \(before.version) and is \(after.version)",
                "版本由\(before.version)变为\(after.version)")
        }
        if before.title != after.title {
            note(
                .differs, "title",
                "the title was “\(before.title[language.rawValue])” and is “\(after.title[language.rawValue])”",
                "标题由“\(before.title[language.rawValue])”变为“\(after.title[language.rawValue])”")
        }
        compareProse()
        compareWords()
        compareParties()
    }

    private mutating func compareProse() {
        let (gone, added, both) = Self.matched(old.document.prose, new.document.prose) {
            $0.language
        }
        for item in gone {
            note(
                .differs, "prose.\(item.language)",
                "there is no \(tongue(item.language)) text any more",
                "不再附有\(tongue(item.language))文本")
        }
        for item in added {
            note(
                .differs, "prose.\(item.language)",
                "there is a text in \(tongue(item.language)) now", "新增\(tongue(item.language))文本")
        }
        for (before, after) in both where before.reference != after.reference {
            note(
                .differs, "prose.\(after.language)",
                "the \(tongue(after.language)) text that the parties sign is another one (`\(before.reference)`, now `\(after.reference)`)",
                "各方签署的\(tongue(after.language))文本已变更（原为`\(before.reference)`，现为`\(after.reference)`）"
            )
        }
    }

    private mutating func compareWords() {
        let (gone, added, both) = Self.matched(old.document.words, new.document.words) { $0.name }
        for word in gone + added {
            note(
                .differs, "words.\(word.name)",
                "only one of the documents has a word for `\(word.name)`: “\(word.text[language.rawValue])”",
                "仅一份文档载有`\(word.name)`的名称：“\(word.text[language.rawValue])”")
        }
        for (before, after) in both where before.text != after.text {
            note(
                .differs, "words.\(after.name)",
                "`\(after.name)` was called “\(before.text[language.rawValue])”, and is called “\(after.text[language.rawValue])”",
                "`\(after.name)`原称“\(before.text[language.rawValue])”，现称“\(after.text[language.rawValue])”"
            )
        }
    }

    private func tongue(_ code: String) -> String {
        code == "zh" ? language.say("Chinese", "中文") : language.say("English", "英文")
    }

    private mutating func compareParties() {
        let (gone, added, both) = Self.matched(old.document.parties, new.document.parties) {
            $0.name
        }
        for party in gone {
            note(
                .differs, "parties.\(party.name)", "there is no party `\(party.name)` any more",
                "不再有当事方`\(party.name)`")
        }
        for party in added {
            note(
                .differs, "parties.\(party.name)",
                "there is a new party, \(names.party(party.name))",
                "新增当事方\(names.party(party.name))")
        }
        for (before, after) in both where before.kind != after.kind {
            let (one, other) = (count(before.kind), count(after.kind))
            note(
                other > one ? .allows : .refuses, "parties.\(after.name)",
                "\(names.party(after.name)) could be up to \(one) members, and can be up to \(other) now",
                "\(names.party(after.name))的人数上限由\(one)变为\(other)")
        }
        let (before, after) = (old.offerors, new.offerors)
        for party in after where !before.contains(party) && old.document.party(party) != nil {
            note(
                .allows, "offer", "\(names.party(party)) may make the offer now",
                "现\(names.party(party))可提出要约")
        }
        for party in before where !after.contains(party) && new.document.party(party) != nil {
            note(
                .refuses, "offer", "\(names.party(party)) may not make the offer any more",
                "\(names.party(party))不再可提出要约")
        }
    }

    private func count(_ kind: ContractDocument.Party) -> Int {
        switch kind {
        case .member: 1
        case .members(let count): count
        }
    }

    // MARK: - Stages

    mutating func compareStages() {
        let (before, after) = (old.document, new.document)
        for stage in before.stages where !after.stages.contains(stage) {
            note(
                .refuses, "stages", "there is no stage \(oldNames.stage(stage)) any more",
                "不再有\(oldNames.stage(stage))阶段")
        }
        for stage in after.stages where !before.stages.contains(stage) {
            note(
                .allows, "stages", "there is a new stage, \(names.stage(stage))",
                "新增\(names.stage(stage))阶段")
        }
        if let one = before.stages.first, let other = after.stages.first, one != other {
            note(
                .differs, "stages",
                "a contract began in stage \(oldNames.stage(one)), and begins in \(names.stage(other))",
                "合约原始于\(oldNames.stage(one))阶段，现始于\(names.stage(other))阶段")
        }
        for stage in after.stages where before.stages.contains(stage) {
            switch (before.final.contains(stage), after.final.contains(stage)) {
            case (true, false):
                note(
                    .differs, "final",
                    "a contract does not end in stage \(names.stage(stage)) any more",
                    "合约不再于\(names.stage(stage))阶段终止")
            case (false, true):
                note(
                    .differs, "final", "a contract ends in stage \(names.stage(stage)) now",
                    "合约现于\(names.stage(stage))阶段终止")
            default: break
            }
        }
    }

    // MARK: - Clauses

    mutating func compareClauses() {
        let order: (ContractDocument.Clause) -> ClauseNumber = { ClauseNumber($0.name) }
        let (gone, added, both) = Self.matched(
            old.document.clauses.sorted { order($0) < order($1) },
            new.document.clauses.sorted { order($0) < order($1) }
        ) { $0.name }
        for clause in gone {
            note(
                .differs, "clauses.\(clause.name)",
                "\(names.clause(clause.name)) (“\(clause.title[language.rawValue])”) is not listed any more",
                "不再列有\(names.clause(clause.name))（“\(clause.title[language.rawValue])”）")
        }
        for clause in added {
            note(
                .differs, "clauses.\(clause.name)",
                "\(names.clause(clause.name)) (“\(clause.title[language.rawValue])”) is new, enforced \(way(clause.enforcement))",
                "新增\(names.clause(clause.name))（“\(clause.title[language.rawValue])”），\(way(clause.enforcement))"
            )
        }
        for (before, after) in both {
            if before.enforcement != after.enforcement {
                note(
                    .differs, "clauses.\(after.name).enforced",
                    "\(names.clause(after.name)) was enforced \(way(before.enforcement)), and is enforced \(way(after.enforcement)) now",
                    "\(names.clause(after.name))原\(way(before.enforcement))，现\(way(after.enforcement))"
                )
            }
            if before.title != after.title {
                note(
                    .differs, "clauses.\(after.name).title",
                    "the title of \(names.clause(after.name)) was “\(before.title[language.rawValue])” and is “\(after.title[language.rawValue])”",
                    "\(names.clause(after.name))的标题由“\(before.title[language.rawValue])”变为“\(after.title[language.rawValue])”"
                )
            }
        }
    }

    private func way(_ kind: ContractDocument.Clause.Enforcement) -> String {
        switch kind {
        case .machine: language.say("by machine", "由机器执行")
        case .obligation: language.say("by an obligation", "以义务执行")
        case .none: language.say("not at all", "不由机器执行")
        }
    }
}
