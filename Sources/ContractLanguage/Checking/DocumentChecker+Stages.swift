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

    var usesEscrow: Bool {
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
}

extension ActionText.Payment {
    fileprivate var isRest: Bool {
        if case .rest = amount { true } else { false }
    }
}
