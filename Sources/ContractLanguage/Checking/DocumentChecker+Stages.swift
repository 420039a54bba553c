import Policy

// How a contract can go on and end, and who has signed by then.
extension DocumentChecker {
    mutating func checkStage(_ stage: String, at path: String) {
        guard !document.stages.contains(stage) else { return }
        problem(
            path, "there is no stage `\(stage)`", suggestion: similar(stage, in: document.stages))
    }

    mutating func checkStages() {
        for (index, stage) in document.final.enumerated() {
            checkStage(stage, at: "final[\(index)]")
        }
        if let first = document.stages.first, document.final.contains(first) {
            problem("final", "a contract does not begin in a final stage")
        }
        for action in document.actions {
            let path = "actions.\(action.name)"
            for (index, stage) in action.from.enumerated() {
                checkStage(stage, at: "\(path).from[\(index)]")
                if document.final.contains(stage) {
                    problem("\(path).from[\(index)]", "`\(stage)` is final, and has no way out")
                }
            }
            for (index, turn) in action.turns.enumerated() {
                checkStage(turn.stage, at: "\(path).to[\(index)].stage")
            }
            let endless = action.turns.dropLast().contains { $0.condition == nil }
            if endless {
                problem("\(path).to", "nothing behind an entry without `when` is reached")
            }
            if usesEscrow { checkRest(of: action, at: path) }
        }
        if usesEscrow, document.final.isEmpty {
            problem(
                "stages",
                "money goes into escrow, and no stage is final: say where the contract ends, and who gets what is left"
            )
        }
    }

    /// What ends a contract leaves nothing in escrow.
    private mutating func checkRest(of action: ActionText, at path: String) {
        let isFinal = action.turns.map { document.final.contains($0.stage) }
        guard isFinal.contains(true) else { return }
        let rests = action.payments.filter(\.isRest)
        guard !rests.isEmpty else {
            problem(
                path,
                "leads to a final stage, and must say who gets what is left: pay: {from: escrow, to: …, amount: rest}"
            )
            return
        }
        // Where it only may end, the condition of the payment can be that of the stage.
        guard !isFinal.contains(false), action.turns.last?.condition == nil else { return }
        guard let last = action.payments.lastIndex(where: { $0.isRest && $0.condition == nil })
        else {
            problem(
                rests[rests.count - 1].path,
                "the last payment of what is left needs no `when`: if none is made, the contract cannot end"
            )
            return
        }
        if let late = action.payments[last...].first(where: \.isIntoEscrow) {
            problem(
                late.path, "goes into escrow after what is left was paid, and would be left there")
        }
    }

    private var usesEscrow: Bool {
        document.actions.contains { $0.payments.contains { $0.isIntoEscrow } }
    }

    /// The stages that an action can lead to from one.
    func targets(of action: ActionText, from stage: String) -> [String] {
        let stages = action.turns.map(\.stage)
        return action.turns.last?.condition == nil && !stages.isEmpty ? stages : stages + [stage]
    }

    mutating func checkReachability() {
        guard let first = document.stages.first else { return }
        let reached = closure(of: [first]) { stage in
            self.document.actions.filter { $0.from.contains(stage) }
                .flatMap { self.targets(of: $0, from: stage) }
        }
        for stage in document.stages where !reached.contains(stage) {
            problem("stages", "`\(stage)` cannot be reached: no action leads to it")
        }
        let ending = closure(of: document.final) { stage in
            self.document.actions.filter { $0.turns.contains { $0.stage == stage } }
                .flatMap(\.from)
        }
        for stage in document.stages where reached.contains(stage) {
            guard !document.final.contains(stage) else { continue }
            if !document.actions.contains(where: { $0.from.contains(stage) }) {
                problem(
                    "stages",
                    "`\(stage)` is a dead end: no action is taken there; if that is meant, write final: [\(stage)]"
                )
            } else if !document.final.isEmpty, !ending.contains(stage) {
                problem("stages", "from `\(stage)` no final stage can be reached")
            }
        }
        if problems.isEmpty { checkEndings() }
    }

    /// A stage and the obligations that are open in it.
    private struct Standing: Hashable {
        let stage: String
        let open: Set<String>
    }

    /// An action that only an overdue obligation allows is no way out where that one is not open.
    private mutating func checkEndings() {
        guard let first = document.stages.first, !document.final.isEmpty,
            document.actions.contains(where: \.isRemedy)
        else { return }
        let start = Standing(stage: first, open: [])
        var ways: [Standing: Set<Standing>] = [:]
        var found = [start]
        while let standing = found.popLast() {
            guard ways[standing] == nil else { continue }
            // So many say enough; to go through all could take for ever.
            guard ways.count < Self.standingsMax else { return }
            let next = Set(steps(from: standing))
            ways[standing] = next
            found += next
        }
        var ending = Set(ways.keys.filter { document.final.contains($0.stage) })
        var count = -1
        while count != ending.count {
            count = ending.count
            for (standing, next) in ways where !next.isDisjoint(with: ending) {
                ending.insert(standing)
            }
        }
        let caught = ways.keys.filter { !ending.contains($0) }
            .map { (stage: $0.stage, open: $0.open.sorted().joined(separator: ", ")) }
            .min { ($0.stage, $0.open) < ($1.stage, $1.open) }
        guard let caught else { return }
        problem(
            "stages",
            "from `\(caught.stage)` no final stage can be reached while \(caught.open.isEmpty ? "no obligation is open" : "only \(caught.open) is open"): the way out is taken only when an obligation is overdue"
        )
    }

    private static let standingsMax = 2_000

    private func steps(from standing: Standing) -> [Standing] {
        document.actions.filter { $0.from.contains(standing.stage) }.flatMap { action in
            var open = standing.open.subtracting(action.fulfils)
            if action.isRemedy {
                let overdue = document.obligations.filter {
                    $0.remedy == action.name && standing.open.contains($0.name)
                }
                guard !overdue.isEmpty else { return [Standing]() }
                open.subtract(overdue.map(\.name))
            }
            open.formUnion(action.opens)
            return targets(of: action, from: standing.stage).map { Standing(stage: $0, open: open) }
        }
    }

    private func closure(of start: [String], _ next: (String) -> [String]) -> Set<String> {
        var found = Set(start)
        var open = start
        while let stage = open.popLast() {
            for other in next(stage) where found.insert(other).inserted { open.append(other) }
        }
        return found
    }

    // MARK: - Signatures

    /// Finds out who may make the offer: those with whom everybody has signed before the lab acts
    /// or a party's money moves.
    mutating func checkSignatures() {
        let singles = document.parties.filter { $0.kind == .member }.map(\.name)
        for name in document.offer ?? [] where !singles.contains(name) {
            problem(
                "offer", "`\(name)` is no party of one member",
                suggestion: similar(name, in: singles))
        }
        guard !singles.isEmpty else {
            if document.isConstitution { return }
            if document.parties.isEmpty {
                problem("parties", "a contract has parties; at least one of one member")
            } else {
                problem("parties", "somebody makes the offer: one party at least is `member`")
            }
            return
        }
        let violations = singles.map { (party: $0, path: violation(offeredBy: $0, singles)) }
        if let offer = document.offer {
            for case (let party, let violation?) in violations where offer.contains(party) {
                problem(
                    violation.path,
                    "where \(party) makes the offer, \(violation.unsigned) has not signed by then")
            }
            offerors = offer
        } else {
            offerors = violations.filter { $0.path == nil }.map(\.party)
            if offerors.isEmpty, let violation = violations.compactMap(\.path).first {
                problem(
                    violation.path,
                    "whoever makes the offer, not everybody concerned has signed by then (\(violation.unsigned) has not)"
                )
            }
        }
    }

    private func violation(
        offeredBy offeror: String, _ singles: [String]
    ) -> (path: String, unsigned: String)? {
        guard let first = document.stages.first else { return nil }
        var signed: [String: Set<String>] = [first: [offeror]]
        var open = [first]
        while let stage = open.popLast() {
            let before = signed[stage] ?? []
            for action in document.actions where action.from.contains(stage) {
                for joining in signatures(of: action, offeror, singles) {
                    let after = before.union(joining)
                    for target in targets(of: action, from: stage) {
                        let known = signed[target]
                        let both = known.map { $0.intersection(after) } ?? after
                        if known != both {
                            signed[target] = both
                            open.append(target)
                        }
                    }
                }
            }
        }
        for (stage, before) in signed.sorted(by: { $0.key < $1.key }) {
            for action in document.actions where action.from.contains(stage) {
                if action.by.contains(.lab),
                    let missing = singles.first(where: { !before.contains($0) })
                {
                    return ("actions.\(action.name)", missing)
                }
                for joining in signatures(of: action, offeror, singles) {
                    for payment in action.payments {
                        if case .party(let payer) = payment.from,
                            !before.union(joining).contains(payer)
                        {
                            return (payment.path, payer)
                        }
                    }
                }
            }
        }
        return nil
    }

    /// For each of those who may take an action, which parties sign by it.
    private func signatures(
        of action: ActionText, _ offeror: String, _ singles: [String]
    ) -> [Set<String>] {
        guard !action.by.isEmpty else { return [[]] }
        return action.by.map { actor in
            switch actor {
            case .party(let name): singles.contains(name) ? [name] : []
            case .counterparty: Set(singles.filter { $0 != offeror })
            case .anyone, .lab: []
            }
        }
    }

    // MARK: - Words

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

extension ActionText.Payment {
    fileprivate var isRest: Bool {
        if case .rest = amount { true } else { false }
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
