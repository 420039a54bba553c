/// The stages of a document and how actions lead from one to another.
package struct StageGraph: Sendable {
    package struct Edge: Hashable, Sendable {
        package let from: String
        package let to: String
        package let action: String
        /// Whether it depends on a condition where it leads.
        package let isConditional: Bool
        /// Taken only when an obligation is overdue.
        package let isRemedy: Bool
    }

    package let stages: [String]
    package let final: Set<String>
    package let edges: [Edge]

    package var initial: String { stages.first ?? "" }

    package init(_ document: ContractDocument) {
        stages = document.stages
        final = Set(document.final)
        var edges: [Edge] = []
        for stage in document.stages {
            for action in document.actions where action.from.contains(stage) {
                for (target, isConditional) in Self.targets(of: action, from: stage) {
                    edges.append(
                        Edge(
                            from: stage, to: target, action: action.name,
                            isConditional: isConditional,
                            isRemedy: action.isRemedy))
                }
            }
        }
        self.edges = edges
    }

    /// Where an action can lead from a stage, each stage once.
    private static func targets(
        of action: ActionText, from stage: String
    ) -> [(stage: String, isConditional: Bool)] {
        var targets: [(stage: String, isConditional: Bool)] = []
        var isCertain = false
        for turn in action.turns where !isCertain {
            isCertain = turn.condition == nil
            if !targets.contains(where: { $0.stage == turn.stage }) {
                targets.append((turn.stage, !(isCertain && targets.isEmpty)))
            }
        }
        if !isCertain, !targets.contains(where: { $0.stage == stage }) {
            targets.append((stage, !targets.isEmpty))
        }
        return targets.count == 1 ? [(targets[0].stage, false)] : targets
    }

    /// The actions in the order in which a contract can come to them.
    func actionsInOrder(of document: ContractDocument) -> [ActionText] {
        var order: [String] = [initial]
        var index = 0
        while index < order.count {
            for edge in edges where edge.from == order[index] && !order.contains(edge.to) {
                order.append(edge.to)
            }
            index += 1
        }
        let rank = Dictionary(
            order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        func first(_ action: ActionText) -> Int {
            action.from.compactMap { rank[$0] }.min() ?? .max
        }
        func goesOn(_ action: ActionText) -> Int {
            let targets = action.turns.map(\.stage)
            return action.isRemedy
                ? 3 : targets.allSatisfy(final.contains) && !targets.isEmpty ? 2 : 1
        }
        return document.actions.sorted {
            (first($0), goesOn($0), $0.name) < (first($1), goesOn($1), $1.name)
        }
    }

    /// A state diagram for Mermaid.
    package func mermaid(title: String, label: (String) -> String, stage name: (String) -> String)
        -> String
    {
        func clean(_ text: String) -> String {
            text.filter { !"\":;#\n{}<>".contains($0) }
        }
        var lines = [
            "---", "title: \"\(title.replacing("\"", with: "'"))\"", "---", "stateDiagram-v2",
        ]
        let identifiers = Dictionary(
            uniqueKeysWithValues: stages.enumerated().map { ($1, "s\($0)") })
        for stage in stages {
            lines.append("    state \"\(clean(name(stage)))\" as \(identifiers[stage] ?? stage)")
        }
        lines.append("    [*] --> \(identifiers[initial] ?? initial)")
        for edge in edges {
            let from = identifiers[edge.from] ?? edge.from
            let to = identifiers[edge.to] ?? edge.to
            lines.append("    \(from) --> \(to): \(clean(label(edge.action)))")
        }
        for stage in stages where final.contains(stage) {
            lines.append("    \(identifiers[stage] ?? stage) --> [*]")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
