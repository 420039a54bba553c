import Encodings

/// Puts the parts of a generated document together: one permission after the other, then what is
/// forbidden, then what is owed.
struct DraftBuilder {
    static let rulesMax = 24
    static let expressionBytesMax = 3_500

    let policy: UsagePolicy
    var report = ImportReport()
    var clauses: [DraftClause] = []
    var expressions: RuleExpression
    /// Of `accept` and of `train`.
    var conclusionRules: [JSONValue] = []
    var trainingRules: [JSONValue] = []
    var conclusionPayments: [JSONValue] = []
    var trainingPayments: [JSONValue] = []
    var conclusionOpens: [String] = []
    var trainingOpens: [String] = []
    var events: [JSONValue] = []
    /// What has to happen between the conclusion and the first use, in this order.
    var preparations: [Preparation] = []
    var duties: [OwedDuty] = []
    var rents: [(clause: String, compensation: Compensation)] = []
    var currency: (code: String, clause: String)?
    /// Third parties whose consent is asked for, by the name of their place.
    var consenters: [(party: String, iri: IRI)] = []

    struct Preparation {
        let action: String
        let by: String
        let clause: String
        let obligation: String?
        let says: (en: String, zh: String)
    }

    struct OwedDuty {
        let name: String
        let by: String
        let within: String
        let clause: String
        let says: (en: String, zh: String)
        /// What is owed once it is overdue; where nothing is, the contract ends.
        var then: [String]
        let isPreparation: Bool
    }

    init(policy: UsagePolicy, names: LabNames) {
        self.policy = policy
        expressions = RuleExpression(names: names)
    }

    var names: LabNames { expressions.names }

    mutating func build() {
        addClause(("Parties and subject", "当事方与标的"), .machine, nil)
        let blockers = policy.blockers
        for blocker in blockers { refuseAll("1", because: blocker) }
        addPermissions()
        for (index, prohibition) in policy.prohibitions.enumerated() {
            add(prohibition, number: index + 1)
        }
        for (index, duty) in policy.obligations.enumerated() {
            addObligation(duty, number: index + 1)
        }
        if trainingRules.count > Self.rulesMax { mergeRules() }
        settleEnforcement()
    }

    /// A document that permits nothing.
    mutating func refuse(because reason: String) {
        addClause(("Parties and subject", "当事方与标的"), .machine, nil)
        refuseAll("1", because: reason)
        settleEnforcement()
    }

    /// What there is more of than a contract document can have.
    func excess(in document: JSONValue) -> String? {
        if clauses.count > 250 {
            return "it has \(clauses.count) rules, and a document 250 clauses"
        }
        if duties.count > 32 { return "it has \(duties.count) duties, and a document 32" }
        let actions = document["actions"]?.object?.members.count ?? 0
        if actions > 64 { return "its duties ask for \(actions) actions, and a document has 64" }
        if preparations.count > 24 {
            return "it asks for \(preparations.count) things before a use"
        }
        if consenters.count > 12 { return "it asks \(consenters.count) others for their consent" }
        let bytes = document.canonicalBytes.count
        return bytes > 47_000
            ? "its document would have \(bytes) bytes, and 48,000 are allowed" : nil
    }

    @discardableResult
    mutating func addClause(
        _ title: (en: String, zh: String), _ enforcement: DraftClause.Enforcement,
        _ rule: JSONValue?
    ) -> String {
        let number = "\(clauses.count + 1)"
        clauses.append(
            DraftClause(number: number, title: title, enforcement: enforcement, rule: rule))
        return number
    }

    mutating func note(
        _ effect: ImportReport.Finding.Effect, _ term: String, _ rule: String, _ reason: String
    ) {
        report.add(.init(effect, term, at: rule, reason))
    }

    /// A rule of `train`.
    mutating func require(
        _ expression: String, _ clauseNumbers: [String], _ says: (en: String, zh: String)
    ) {
        guard expression.utf8.count <= Self.expressionBytesMax else {
            refuseAll(clauseNumbers[0], because: "its conditions are longer than a rule can be")
            return
        }
        trainingRules.append(Self.rule(expression, clauseNumbers, says))
        for number in clauseNumbers { explain(number, says) }
    }

    static func rule(
        _ expression: String, _ clauses: [String], _ says: (en: String, zh: String)
    ) -> JSONValue {
        [
            "cel": .string(expression),
            "clause": clauses.count == 1
                ? .string(clauses[0]) : .array(clauses.map { .string($0) }),
            "says": text(says),
        ]
    }

    static func text(_ says: (en: String, zh: String)) -> JSONValue {
        ["en": .string(says.en.shortened), "zh": .string(says.zh.shortened)]
    }

    mutating func refuseAll(_ clause: String, because reason: String) {
        trainingRules.append(
            Self.rule(
                "false", [clause],
                (
                    "the policy asks for what the lab cannot enforce: \(reason)",
                    "该策略要求实验室无法执行的条件：\(reason)"
                )))
        note(.denied, "clause \(clause)", "clause \(clause)", reason)
        explain(
            clause, ("Not enforceable, and so refused: \(reason).", "无法执行，因此一律拒绝：\(reason)。"))
    }

    mutating func explain(_ number: String, _ says: (en: String, zh: String)) {
        guard let index = clauses.firstIndex(where: { $0.number == number }) else { return }
        if !clauses[index].says.contains(where: { $0.en == says.en }) {
            clauses[index].says.append(says)
        }
    }

    /// Rules beyond what a document may have become one.
    private mutating func mergeRules() {
        let rest = trainingRules[(Self.rulesMax - 1)...]
        let numbers = rest.flatMap { rule in
            rule["clause"]?.array?.compactMap(\.string)
                ?? [rule["clause"]?.string].compactMap(\.self)
        }
        let merged = rest.compactMap { $0["cel"]?.string }.map { "(\($0))" }
            .joined(separator: " && ")
        trainingRules.removeSubrange((Self.rulesMax - 1)...)
        guard merged.utf8.count <= Self.expressionBytesMax else {
            refuseAll(numbers.first ?? "1", because: "it has more conditions than a document can")
            return
        }
        let each = numbers.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        trainingRules.append(
            Self.rule(merged, each, ("the policy's other conditions", "该策略的其他条件")))
    }

    /// Marks each clause as what it came to be.
    private mutating func settleEnforcement() {
        let byMachine = Set(
            (conclusionRules + trainingRules + conclusionPayments + trainingPayments).flatMap {
                $0["clause"]?.array?.compactMap(\.string)
                    ?? [$0["clause"]?.string].compactMap(\.self)
            } + preparations.map(\.clause) + rents.map(\.clause)
                + events.compactMap {
                    $0["data"]?["clause"]?.string
                })
        let byObligation = Set(duties.map(\.clause))
        for index in clauses.indices {
            let number = clauses[index].number
            clauses[index].enforcement =
                byObligation.contains(number)
                ? .obligation : byMachine.contains(number) ? .machine : .none
        }
    }
}

extension String {
    /// What fits into a text of a document.
    fileprivate var shortened: String {
        guard utf8.count > 600 else { return self }
        var text = String(prefix(200))
        while text.utf8.count > 597 { text.removeLast() }
        return text + "…"
    }
}
