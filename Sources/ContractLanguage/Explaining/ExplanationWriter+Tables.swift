package import Encodings
import Policy

// Decision tables, and the clauses.
extension ExplanationWriter {
    func decisionTables() -> [ReadingText.Section] {
        let order = graph.actionsInOrder(of: document)
        return [
            .init(
                say("Decision tables", "决策表"),
                [
                    .paragraph(
                        sentence(
                            "the rules of each action in the order in which they are tried: the first that does not hold refuses it",
                            "各操作的规则按检验顺序排列：首个不成立的规则即拒绝该操作"))
                ])
        ]
            + order.map { action in
                .init(
                    say(
                        "\(names.plainAction(action.name)): \(who(action)), in \(names.stages(inOrder(action.from)))",
                        "\(names.plainAction(action.name))：\(who(action))，\(names.stages(inOrder(action.from)))"
                    ),
                    level: 2, [table(action)])
            }
    }

    private func table(_ action: ActionText) -> ReadingText.Block {
        let words = ExpressionWords(names, input: action.input)
        let compiled = contract.actions[action.name]
        var short = self
        short.showsSources = false
        var rows = action.rules.enumerated().map { index, rule in
            let looked = compiled?.rules[index].formula.variables ?? []
            return [
                "\(index + 1)", words.condition(rule.condition), looked.joined(separator: ", "),
                rule.clauses.joined(separator: ", "),
                say(
                    "refused: \(language.quoted(rule.says[language.rawValue]))",
                    "拒绝：\(language.quoted(rule.says[language.rawValue]))"),
            ]
        }
        rows.append([
            say("else", "其余"),
            action.rules.isEmpty ? say("always", "无条件") : say("all of these hold", "以上均成立"), "",
            action.clauses.joined(separator: ", "),
            say("taken: ", "执行：") + short.consequences(of: action).joined(separator: say(" ", "")),
        ])
        return .table(
            columns: [
                say("no.", "序号"), say("condition", "条件"), say("looks at", "所涉数值"),
                say("clause", "条款"), say("result", "结果"),
            ], rows: rows)
    }

    // MARK: - Clauses

    func clauses(_ coverage: ClauseCoverage, languages: [String]) -> [ReadingText.Section] {
        guard !coverage.rows.isEmpty || !coverage.findings.isEmpty else { return [] }
        let rows = coverage.rows.map { row in
            [
                row.clause, row.title[language.rawValue], marked(row.marked),
                row.enforcers.isEmpty
                    ? say("nothing: people see to it", "无，由各方自行履行")
                    : row.enforcers.map(enforcer).joined(separator: say("; ", "；")),
            ]
        }
        var blocks: [ReadingText.Block] = [
            .paragraph(summary(coverage)),
            .table(
                columns: [
                    say("clause", "条款"), say("title", "标题"), say("enforced", "执行方式"),
                    say("by", "执行依据"),
                ], rows: rows),
        ]
        if !coverage.findings.isEmpty {
            blocks.append(.paragraph(say("To be looked at:", "需要注意：")))
            blocks.append(.list(coverage.findings.map(finding)))
        } else if !languages.isEmpty {
            let texts = language.all(languages.map(name))
            blocks.append(
                .paragraph(
                    sentence(
                        "the clauses listed here are those of the text (\(texts))",
                        "所列条款与文本（\(texts)）一致")))
        }
        return [.init(say("What is enforced, and how", "条款的执行"), blocks)]
    }

    private func summary(_ coverage: ClauseCoverage) -> String {
        func count(_ kind: ContractDocument.Clause.Enforcement) -> Int {
            coverage.clauses(kind).count
        }
        let total = coverage.rows.count
        return sentence(
            "clauses: \(total) in all, \(count(.machine)) enforced by machine, \(count(.obligation)) by an obligation with a deadline, and \(count(.none)) left to the parties and the law",
            "共\(total)条，其中\(count(.machine))条由机器执行，\(count(.obligation))条以附期限的义务执行，\(count(.none))条由各方及法律保障"
        )
    }

    private func marked(_ kind: ContractDocument.Clause.Enforcement) -> String {
        switch kind {
        case .machine: say("by machine", "机器执行")
        case .obligation: say("by an obligation", "义务")
        case .none: say("not at all", "不执行")
        }
    }

    private func enforcer(_ enforcer: ClauseCoverage.Enforcer) -> String {
        switch enforcer {
        case .rule(let action, let number):
            say("rule \(number) of \(names.action(action))", "\(names.action(action))的规则\(number)")
        case .payment(let action):
            say("payment of \(names.action(action))", "\(names.action(action))的付款")
        case .action(let action): say("action \(names.action(action))", "操作\(names.action(action))")
        case .invariant(let number):
            say("what always holds, no. \(number)", "始终成立的条件第\(number)项")
        case .obligation(let name):
            say("obligation \(names.obligation(name))", "义务\(names.obligation(name))")
        case .token: say("transfer and division", "转让与分割")
        }
    }

    private func name(_ code: String) -> String {
        switch code {
        case "en": say("English", "英文")
        case "zh": say("Chinese", "中文")
        default: code
        }
    }

    private func finding(_ finding: ClauseCoverage.Finding) -> String {
        switch finding {
        case .notListed(let clause, let title, let code):
            sentence(
                "the \(name(code)) text has a clause \(clause) (“\(title)”) that the document does not list",
                "\(name(code))文本载有第\(clause)条（“\(title)”），而文档未列出")
        case .notInProse(let clause, let code):
            sentence(
                "the document lists clause \(clause), and the \(name(code)) text has no heading for it",
                "文档列有第\(clause)条，而\(name(code))文本无此标题")
        case .namedThoughNone(let clause, let by):
            sentence(
                "clause \(clause) is marked as not enforced, and yet \(enforcer(by)) names it",
                "第\(clause)条标注为不执行，但\(enforcer(by))援引该条")
        case .unknown(let clause, let by):
            sentence(
                "\(enforcer(by)) names clause \(clause), which the document does not list",
                "\(enforcer(by))援引第\(clause)条，而文档未列出该条")
        }
    }
}

extension Formula {
    /// The names of what it looks at.
    var variables: [String] { compiled.slots.map { scope.environment.variables[$0].name } }
}

extension ClauseCoverage {
    package var json: JSONValue {
        [
            "clauses": .array(
                rows.map { row in
                    [
                        "clause": .string(row.clause), "title": row.title.json,
                        "enforced": .string(row.marked.rawValue),
                        "by": .array(row.enforcers.map { .string($0.path) }),
                    ]
                }),
            "findings": .array(findings.map(\.json)),
        ]
    }
}

extension ClauseCoverage.Enforcer {
    /// Where it stands in the document.
    fileprivate var path: String {
        switch self {
        case .rule(let action, let number): "actions.\(action).require[\(number - 1)]"
        case .payment(let action): "actions.\(action).pay"
        case .action(let action): "actions.\(action)"
        case .invariant(let number): "invariants[\(number - 1)]"
        case .obligation(let name): "obligations.\(name)"
        case .token: "token"
        }
    }
}

extension ClauseCoverage.Finding {
    fileprivate var json: JSONValue {
        switch self {
        case .notListed(let clause, let title, let language):
            [
                "finding": "not-listed", "clause": .string(clause), "title": .string(title),
                "language": .string(language),
            ]
        case .notInProse(let clause, let language):
            ["finding": "not-in-prose", "clause": .string(clause), "language": .string(language)]
        case .namedThoughNone(let clause, let by):
            ["finding": "named-though-none", "clause": .string(clause), "by": .string(by.path)]
        case .unknown(let clause, let by):
            ["finding": "unknown", "clause": .string(clause), "by": .string(by.path)]
        }
    }
}
