/// Which clauses of the prose are enforced, and by what.
package struct ClauseCoverage: Sendable {
    /// Something in the document that names a clause.
    package enum Enforcer: Hashable, Sendable {
        case rule(action: String, number: Int)
        case payment(action: String)
        case action(String)
        case invariant(number: Int)
        case obligation(String)
        case token

        var isObligation: Bool { if case .obligation = self { true } else { false } }
    }

    package struct Row: Sendable {
        package let clause: String
        package let title: LocalisedText
        package let marked: ContractDocument.Clause.Enforcement
        package let enforcers: [Enforcer]
    }

    package enum Finding: Hashable, Sendable {
        /// A heading in the prose that the document does not list.
        case notListed(clause: String, title: String, language: String)
        /// A clause of the document that the prose has no heading for.
        case notInProse(clause: String, language: String)
        /// A clause that is marked `none` and yet named by something that enforces it.
        case namedThoughNone(clause: String, Enforcer)
        /// A clause that something names and the document does not list.
        case unknown(clause: String, Enforcer)
    }

    package let rows: [Row]
    package let findings: [Finding]

    /// - Parameter prose: The texts, by language, as far as they are at hand.
    package init(_ document: ContractDocument, prose: [(language: String, text: String)]) {
        var enforcers: [(clause: String, enforcer: Enforcer)] = []
        func add(_ clauses: [String], _ enforcer: Enforcer) {
            enforcers += clauses.map { ($0, enforcer) }
        }
        for action in StageGraph(document).actionsInOrder(of: document) {
            add(action.clauses, .action(action.name))
            for (index, rule) in action.rules.enumerated() {
                add(rule.clauses, .rule(action: action.name, number: index + 1))
            }
            for payment in action.payments { add(payment.clauses, .payment(action: action.name)) }
        }
        for (index, invariant) in document.invariants.enumerated() {
            add(invariant.clauses, .invariant(number: index + 1))
        }
        for obligation in document.obligations {
            add(obligation.clauses, .obligation(obligation.name))
        }
        add(document.token?.clauses ?? [], .token)

        let listed = document.clauses.sorted { ClauseNumber($0.name) < ClauseNumber($1.name) }
        rows = listed.map { clause in
            var found: [Enforcer] = []
            for (name, enforcer) in enforcers where name == clause.name && !found.contains(enforcer)
            {
                found.append(enforcer)
            }
            return Row(
                clause: clause.name, title: clause.title, marked: clause.enforcement,
                enforcers: found)
        }
        var findings: [Finding] = []
        for row in rows where row.marked == .none {
            findings += row.enforcers.map { .namedThoughNone(clause: row.clause, $0) }
        }
        for (name, enforcer) in enforcers where document.clause(name) == nil {
            let finding = Finding.unknown(clause: name, enforcer)
            if !findings.contains(finding) { findings.append(finding) }
        }
        for (language, text) in prose {
            findings += Self.findings(
                in: ProseHeading.all(in: text, listed: listed.map(\.name)), listed.map(\.name),
                language)
        }
        self.findings = findings
    }

    private static func findings(
        in headings: [ProseHeading], _ listed: [String], _ language: String
    ) -> [Finding] {
        let written = headings.map(\.clause)
        let extra = headings.filter { heading in
            // A heading above listed clauses needs no entry of its own.
            !listed.contains(heading.clause)
                && !listed.contains { $0.hasPrefix(heading.clause + ".") }
        }
        return extra.map { .notListed(clause: $0.clause, title: $0.title, language: language) }
            + listed.filter { !written.contains($0) }
            .map { .notInProse(clause: $0, language: language) }
    }

    package func clauses(_ marked: ContractDocument.Clause.Enforcement) -> [String] {
        rows.filter { $0.marked == marked }.map(\.clause)
    }
}

/// A heading of a clause in the prose: `## 4.1 Number of rounds`.
package struct ProseHeading: Hashable, Sendable {
    package let clause: String
    package let title: String

    package static func all(in markdown: String, listed: [String]) -> [ProseHeading] {
        var isFenced = false
        return markdown.split(whereSeparator: \.isNewline).compactMap { line in
            if line.hasPrefix("```") { isFenced.toggle() }
            guard !isFenced, line.hasPrefix("#") else { return nil }
            return ProseHeading(line.drop { $0 == "#" }, listed: listed)
        }
    }

    private init?(_ heading: Substring, listed: [String]) {
        let words = heading.split(separator: " ", maxSplits: 1)
        guard let first = words.first else { return nil }
        var mark = first
        var rest = words.count > 1 ? words[1] : ""
        if mark == "§" || mark == "第" || mark.lowercased() == "clause"
            || mark.lowercased() == "article"
        {
            let next = rest.split(separator: " ", maxSplits: 1)
            mark = next.first ?? ""
            rest = next.count > 1 ? next[1] : ""
        }
        if rest.hasPrefix("条") { rest = rest.dropFirst().drop { $0 == " " } }
        let name = mark.drop { "§第".contains($0) }.reversed().drop { ".．、:：)）条".contains($0) }
            .reversed()
        let clause = String(name)
        guard listed.contains(clause) || clause.first?.isNumber == true,
            clause.allSatisfy({ $0.isASCII })
        else { return nil }
        self.clause = clause
        title = String(rest)
    }
}

/// Clauses as people order them: 2 before 10, 4 before 4.1.
struct ClauseNumber: Comparable {
    private let parts: [(number: Int, text: String)]

    init(_ name: String) {
        parts = name.split(separator: ".").map { (Int($0) ?? .max, String($0)) }
    }

    static func == (left: Self, right: Self) -> Bool { !(left < right) && !(right < left) }

    static func < (left: Self, right: Self) -> Bool {
        for (one, other) in zip(left.parts, right.parts) {
            if one.number != other.number { return one.number < other.number }
            if one.text != other.text { return one.text < other.text }
        }
        return left.parts.count < right.parts.count
    }
}
