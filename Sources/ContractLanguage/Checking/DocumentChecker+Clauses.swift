import Policy

// What the prose and people call things.
extension DocumentChecker {
    mutating func checkWords() {
        let kinds: [(String, [String])] = [
            ("parties", document.parties.map(\.name)), ("terms", document.terms.map(\.name)),
            ("state", document.state.map(\.name)),
            ("input", document.actions.flatMap { $0.input.map(\.name) }),
            ("stages", document.stages), ("actions", document.actions.map(\.name)),
            ("obligations", document.obligations.map(\.name)),
            ("events", document.actions.flatMap { $0.events.map(\.name) }),
        ]
        let known = kinds.flatMap { kind, names in names + names.map { "\(kind).\($0)" } }
        for (name, _) in document.words where !known.contains(name) {
            problem(
                "words.\(name)", "is no name of the document", suggestion: similar(name, in: known))
        }
    }

    // MARK: - Clauses

    mutating func checkClauses() {
        guard !document.clauses.isEmpty else { return }
        let known = document.clauses.map(\.name)
        for (names, path) in document.clauseReferences {
            for name in names where !known.contains(name) {
                problem(
                    path, "the document has no clause \"\(name)\"",
                    suggestion: similar(name, in: known))
            }
        }
        let byMachine = Set(document.machineReferences.flatMap(\.self))
        let byObligation = Set(document.obligations.flatMap(\.clauses))
        for clause in document.clauses {
            let path = "clauses.\(clause.name)"
            switch clause.enforcement {
            case .machine where !byMachine.contains(clause.name):
                problem(
                    path, "is marked `machine`, and no rule, payment, action or invariant names it")
            case .obligation where !byObligation.contains(clause.name):
                problem(path, "is marked `obligation`, and no obligation names it")
            default: break
            }
        }
    }
}

extension ContractDocument {
    /// Whether it is the lab's own: nobody concludes it, and the lab alone acts under it.
    package var isConstitution: Bool {
        parties.isEmpty && !actions.isEmpty && actions.allSatisfy { $0.by == [.lab] }
    }

    /// The clauses that something is enforced for by the machine.
    var machineReferences: [[String]] {
        actions.flatMap { action in
            [action.clauses] + action.rules.map(\.clauses) + action.payments.map(\.clauses)
        } + invariants.map(\.clauses) + [token?.clauses ?? []]
    }

    fileprivate var clauseReferences: [(names: [String], path: String)] {
        actions.flatMap { action in
            [(action.clauses, "actions.\(action.name).clause")]
                + action.rules.map { ($0.clauses, $0.condition.path) }
                + action.payments.map { ($0.clauses, $0.path) }
        }
            + invariants.map { ($0.clauses, $0.condition.path) }
            + obligations.map { ($0.clauses, "obligations.\($0.name)") }
            + [(token?.clauses ?? [], "token.clause")]
    }
}

/// A name that looks like one that is not there.
func similar(_ name: String, in known: [String]) -> String? {
    let close = known.map { (name: $0, distance: EditDistance.between(name, $0)) }
        .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let close, close.distance <= max(1, name.utf8.count / 3) else { return nil }
    return close.name
}
