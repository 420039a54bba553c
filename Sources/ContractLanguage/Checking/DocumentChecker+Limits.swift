// What an instance can take of everybody's time and memory.
extension DocumentChecker {
    /// An action costs what its own expressions cost, the deadlines that it opens and the invariants
    /// after it; and before it, whether an overdue obligation's remedy could be taken.
    mutating func checkCosts() {
        let invariants = parts.invariants.reduce(0) { $0 + $1.formula.costMax }
        let own = parts.actions.mapValues { action in
            action.text.opens.reduce(action.costMax + invariants) {
                $0 + (parts.obligations[$1]?.within.costMax ?? 0)
            }
        }
        let remedies = Set(document.obligations.compactMap(\.remedy))
        for action in document.actions {
            let before =
                action.isRemedy
                ? []
                : remedies.filter { name in
                    document.action(name)?.from.contains(where: action.from.contains) == true
                }
            let cost = before.reduce(own[action.name] ?? 0) { $0 + (own[$1] ?? 0) }
            parts.actions[action.name]?.costMax = cost
            if cost > CompiledContract.costMax {
                problem(
                    "actions.\(action.name)",
                    "can cost \(cost) steps in all, with invariants and overdue obligations, and \(CompiledContract.costMax) are allowed; lower the bounds of what its expressions go through"
                )
            }
        }
        // Everybody runs the examples when the document is published.
        let examples = document.examples.reduce(0) { $0 + (own[$1.action] ?? 0) }
        if examples > CompiledContract.examplesCostMax {
            problem(
                "examples",
                "can cost \(examples) steps in all, and \(CompiledContract.examplesCostMax) are allowed; leave some out"
            )
        }
        let conclusion = parts.initial.reduce(invariants) { $0 + ($1?.costMax ?? 0) }
        if conclusion > CompiledContract.costMax {
            problem(
                "state",
                "to conclude it can cost \(conclusion) steps in all, and \(CompiledContract.costMax) are allowed; lower the bounds of what the initial values and invariants go through"
            )
        }
    }

    mutating func checkSizes() {
        let parties = document.parties.map { party in
            let countMax = if case .members(let countMax) = party.kind { countMax } else { 1 }
            return (
                path: "parties.\(party.name)",
                bytes: DataType.list(.member, countMax: countMax).bytesMax
            )
        }
        let terms = document.terms.map { (path: "terms.\($0.name)", bytes: $0.type.bytesMax) }
        let state = document.state.map { (path: "state.\($0.name)", bytes: $0.type.bytesMax) }
        checkSize(parties + terms + state, of: "an instance")
        for action in document.actions {
            checkSize(
                action.input.map {
                    (path: "actions.\(action.name).input.\($0.name)", bytes: $0.type.bytesMax)
                }, of: "the input")
        }
    }

    private mutating func checkSize(_ fields: [(path: String, bytes: Int)], of what: String) {
        let bytes = fields.reduce(0) { $0 + $1.bytes }
        guard bytes > CompiledContract.bytesMax,
            let largest = fields.max(by: { $0.bytes < $1.bytes })
        else { return }
        problem(
            largest.path,
            "can take \(largest.bytes) bytes; \(what) can take \(bytes) in all, and \(CompiledContract.bytesMax) are allowed"
        )
    }
}
