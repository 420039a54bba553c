package import Encodings

/// What a document says, in plain sentences for those who sign it.
///
/// Everything is said in the order of the document's names and stages: the same document gives the same
/// text.
package struct ContractExplanation: Sendable {
    package let language: ReadingLanguage
    package let text: ReadingText
    package let coverage: ClauseCoverage
    package let graph: StageGraph
    let names: DocumentNames

    /// - Parameter prose: The texts that the parties sign, by language, as far as they are at hand.
    package init(
        _ contract: CompiledContract, in language: ReadingLanguage,
        prose: [(language: String, text: String)] = []
    ) {
        self.language = language
        let document = contract.document
        names = DocumentNames(document: document, language: language)
        graph = StageGraph(document)
        coverage = ClauseCoverage(document, prose: prose)
        let writer = ExplanationWriter(contract: contract, names: names, graph: graph)
        var sections = writer.beginning()
        sections += writer.actions()
        sections += writer.obligations() + writer.invariants() + writer.token() + writer.end()
        sections += writer.decisionTables()
        sections += writer.clauses(coverage, languages: prose.map(\.language))
        text = ReadingText(
            title: document.title.exactly(in: language) ?? document.title[language.rawValue],
            sections: sections)
    }

    /// With the stage diagram.
    package var markdown: String {
        let title = language.say("Stage diagram", "阶段图")
        return "\(text.markdown)\n## \(title)\n\n```mermaid\n\(mermaid)```\n"
    }

    package var mermaid: String {
        graph.mermaid(
            title: text.title, label: { names.plainAction($0) },
            stage: { names.word("stages", $0) ?? $0 })
    }

    package var svg: String {
        StageDiagram(
            graph, title: text.title,
            legend: [
                language.say(
                    "A dot marks the beginning, and a double frame an end.", "圆点表示起点，双框表示终点。"),
                language.say(
                    "A dashed arrow is taken only when an obligation is overdue.",
                    "虚线表示仅在义务逾期后可执行的操作。"),
            ], label: { names.plainAction($0) },
            stage: { names.word("stages", $0) ?? $0 }
        ).svg
    }

    package var json: JSONValue {
        [
            "document": .string(names.document.label), "language": .string(language.rawValue),
            "text": text.json, "coverage": coverage.json, "mermaid": .string(mermaid),
        ]
    }
}

/// Writes the sections of an explanation.
struct ExplanationWriter {
    let contract: CompiledContract
    let names: DocumentNames
    let graph: StageGraph
    let values: ValueWords
    /// Whether expressions stand beside their words.
    var showsSources = true

    var document: ContractDocument { contract.document }
    var language: ReadingLanguage { names.language }

    init(contract: CompiledContract, names: DocumentNames, graph: StageGraph) {
        self.contract = contract
        self.names = names
        self.graph = graph
        values = ValueWords(names: names)
    }

    func say(
        _ english: @autoclosure () -> String, _ chinese: @autoclosure () -> String
    ) -> String { language.say(english(), chinese()) }

    func sentence(
        _ english: @autoclosure () -> String, _ chinese: @autoclosure () -> String
    ) -> String { language.sentence(language.say(english(), chinese())) }

    // MARK: - What it is

    func beginning() -> [ReadingText.Section] {
        [about(), parties()] + terms() + state() + [course()]
    }

    private func about() -> ReadingText.Section {
        let prose = document.prose.map { "\($0.reference)" }
        var text = sentence(
            "this explains version \(document.version) of the contract document `\(document.name)`",
            "本说明解释合约文档`\(document.name)`第\(document.version)版")
        text += say(" ", "")
        text += sentence(
            "it says what the members of the lab execute by machine; what the parties owe each other beyond that stands in the text that they sign"
                + (prose.isEmpty ? "" : " (\(prose.joined(separator: ", ")))"),
            "所述内容由实验室成员以机器执行；各方之间的其他权利义务以其签署的文本"
                + (prose.isEmpty ? "" : "（\(prose.joined(separator: "、"))）") + "为准")
        return .init(say("What this is", "说明"), [.paragraph(text)])
    }

    private func parties() -> ReadingText.Section {
        let lines = document.parties.map { party in
            let name = names.party(party.name)
            return switch party.kind {
            case .member: sentence("\(name) is one member of the lab", "\(name)为实验室的一名成员")
            case .members(let count):
                sentence(
                    "\(name) are one to \(count) members of the lab", "\(name)为实验室的一至\(count)名成员")
            }
        }
        var text = sentence(
            "the offer is made by \(language.any(contract.offerors.map(names.party)))",
            "要约由\(language.any(contract.offerors.map(names.party)))提出")
        if document.parties.count(where: { $0.kind == .member }) > 1 {
            text += say(" ", "")
            text += sentence(
                "these parties are different members: nobody makes a contract with itself"
                    .replacing(
                        "these parties",
                        with: onlyOneKind ? "the parties" : "the parties of one member"),
                onlyOneKind ? "各方须为不同成员" : "由单一成员担任的各方须为不同成员")
        }
        text += say(" ", "")
        text += sentence(
            "whoever makes the offer has agreed to it, and every other party agrees by taking an action",
            "提出要约者即为同意；其他各方以执行操作表示同意")
        return .init(say("The parties", "当事各方"), [.list(lines), .paragraph(text)])
    }

    private var onlyOneKind: Bool { document.parties.allSatisfy { $0.kind == .member } }

    private func terms() -> [ReadingText.Section] {
        guard !document.terms.isEmpty else { return [] }
        var blocks: [ReadingText.Block] = [
            .paragraph(
                sentence(
                    "these terms are agreed when the contract is concluded, and do not change afterwards",
                    "下列条款参数于合约订立时约定，此后不变")),
            .list(
                document.terms.map { term in
                    let name = names.declared("terms", term.name)
                    let type = values.type(term.type)
                    return sentence("\(name): \(type)", "\(name)：\(type)")
                }),
        ]
        if contract.usesMoney {
            blocks.append(
                .paragraph(
                    sentence(
                        "all money is in one currency, which the offer names; amounts are counted in its minor units (cents, fen)",
                        "全部金额使用要约载明的同一币种，以其最小货币单位（如分）计算")))
        }
        return [.init(say("What is fixed", "约定不变的内容"), blocks)]
    }

    private func state() -> [ReadingText.Section] {
        guard !document.state.isEmpty else { return [] }
        let words = ExpressionWords(names)
        let lines = document.state.map { variable in
            let name = names.declared("state", variable.name)
            let type = values.type(variable.type)
            let start =
                variable.initial.map { "\(words.value($0)) \(language.bracketed("`\($0.text)`"))" }
                ?? values.least(of: variable.type)
            return sentence(
                "\(name): \(type); at the beginning \(start)", "\(name)：\(type)；初始为\(start)")
        }
        return [
            .init(
                say("What changes", "变动的内容"),
                [
                    .paragraph(
                        sentence(
                            "the contract keeps count of this, and only its actions change it",
                            "合约记录下列内容，仅由其操作变更")),
                    .list(lines),
                ])
        ]
    }

    private func course() -> ReadingText.Section {
        var text = sentence(
            "the contract begins in stage \(names.stage(graph.initial))",
            "合约始于\(names.stage(graph.initial))阶段")
        text += say(" ", "")
        text +=
            document.final.isEmpty
            ? sentence("it has no end of its own", "合约无固定终点")
            : sentence(
                "it ends in stage \(names.stages(inOrder(document.final)))",
                "至\(names.stages(inOrder(document.final)))阶段终止")
        let rows = graph.edges.map { edge in
            let who = document.action(edge.action).map(who) ?? ""
            let condition = edge.isConditional ? say(" (on a condition)", "（附条件）") : ""
            return [
                names.stage(edge.from), names.action(edge.action), who,
                names.stage(edge.to) + condition,
            ]
        }
        return .init(
            say("How it goes", "进程"),
            [
                .paragraph(text),
                .table(
                    columns: [
                        say("stage", "阶段"), say("action", "操作"), say("who", "由谁执行"),
                        say("next stage", "下一阶段"),
                    ], rows: rows),
            ])
    }

    func inOrder(_ stages: [String]) -> [String] {
        document.stages.filter(stages.contains)
    }

    func who(_ action: ActionText) -> String {
        guard !action.isRemedy else {
            return say("anybody, when overdue", "任何人（逾期时）")
        }
        return language.any(action.by.map(names.actor))
    }
}
