import Policy

// Who takes an action, and what it is made of.
extension DocumentChecker {
    mutating func check(_ action: ActionText) {
        let path = "actions.\(action.name)"
        let scope = Scope.action(action, of: document)
        checkActors(of: action, at: path)
        let rules = action.rules.compactMap { rule in
            condition(rule.condition, in: scope).map { (text: rule, formula: $0) }
        }
        let effects = action.effects.compactMap { effect in
            check(effect, in: scope).map { $0 }
        }
        let payments = action.payments.compactMap { check($0, of: action, in: scope) }
        let events = action.events.map { event in
            (
                name: event.name,
                data: event.data.compactMap { item in
                    anything(item.value, in: scope).map { (name: item.name, formula: $0) }
                }
            )
        }
        let turns = action.turns.map { turn in
            (condition: turn.condition.flatMap { condition($0, in: scope) }, stage: turn.stage)
        }
        for (names, field) in [(action.opens, "open"), (action.fulfils, "fulfil")] {
            for (index, name) in names.enumerated()
            where !document.obligations.contains(where: { $0.name == name }) {
                problem(
                    "\(path).\(field)[\(index)]", "there is no obligation `\(name)`",
                    suggestion: similar(name, in: document.obligations.map(\.name)))
            }
        }
        let formulas =
            rules.map(\.formula) + effects.flatMap(\.change.formulas)
            + payments.flatMap(\.formulas) + events.flatMap { $0.data.map(\.formula) }
            + turns.compactMap(\.condition)
        let weight = formulas.reduce(0) { $0 + $1.weightMax }
        if weight > CompiledContract.bytesMax {
            problem(
                path,
                "its effects, payments and events can have \(weight) bytes and elements in all, and \(CompiledContract.bytesMax) are allowed"
            )
        }
        let cost = formulas.reduce(0) { $0 + $1.costMax }
        parts.actions[action.name] = .init(
            text: action, scope: scope, rules: rules, effects: effects, payments: payments,
            events: events, turns: turns, costMax: cost)
    }

    private mutating func checkActors(of action: ActionText, at path: String) {
        for (index, actor) in action.by.enumerated() {
            switch actor {
            case .party(let name):
                if document.party(name) == nil {
                    problem(
                        "\(path).by[\(index)]", "`\(name)` is no party",
                        suggestion: similar(
                            name,
                            in: document.parties.map(\.name) + ["lab", "anyone", "counterparty"]))
                }
            case .counterparty:
                if document.parties.count(where: { $0.kind == .member }) != 2 {
                    problem(
                        "\(path).by", "a counterparty is one of exactly two parties of one member")
                }
            case .lab:
                check(hookOf: action, at: path)
            case .anyone: break
            }
        }
        if action.by.contains(.lab), action.by.count > 1 {
            problem("\(path).by", "the lab takes its actions alone")
        }
        if action.isRemedy {
            if !document.obligations.contains(where: { $0.remedy == action.name }) {
                problem(
                    path, "needs a `by`, or an obligation that names it in its `else`")
            }
            if !action.input.isEmpty {
                problem("\(path).input", "anybody may take this action, so that it has no input")
            }
        }
    }

    private mutating func check(hookOf action: ActionText, at path: String) {
        guard let hook = LabHook.named(action.name) else {
            problem(
                "\(path).by",
                "the lab takes no action `\(action.name)`; it knows \(LabHook.all.map(\.name).joined(separator: " and "))"
            )
            return
        }
        checkKind(of: hook, at: path)
        if hook.name != LabHook.train.name, let payment = action.payments.first {
            problem(payment.path, "the lab pays nothing for `\(hook.name)`; it does for `train`")
        }
        for field in action.input {
            guard let given = hook.inputs.first(where: { $0.name == field.name }) else {
                problem(
                    "\(path).input.\(field.name)",
                    "the lab does not say this; it says \(hook.inputs.map(\.name).joined(separator: ", "))"
                )
                continue
            }
            if given.type.valueType != field.type.valueType {
                problem("\(path).input.\(field.name)", "the lab says this as \(given.type)")
            }
        }
        for payment in action.payments where payment.from == .escrow || payment.isIntoEscrow {
            problem(
                payment.path,
                "what the lab's action pays is set aside until the round closes, and goes from party to party"
            )
        }
        for payment in action.payments where payment.from == .sender || payment.isToSender {
            problem(payment.path, "the lab has no purse")
        }
    }

    private mutating func checkKind(of hook: LabHook, at path: String) {
        switch hook.kind {
        case .licence:
            let hasDataset = document.terms.contains { $0.name == "dataset" && $0.type == .dataset }
            if document.party("licensor") != .member || document.party("licensee") != .member
                || !hasDataset
            {
                problem(
                    "\(path).by",
                    "the lab takes `\(hook.name)` of licences: they have the parties licensor and licensee, and the term `dataset: dataset`"
                )
            }
        case .constitution:
            if !document.parties.isEmpty {
                problem(
                    "\(path).by",
                    "the lab takes `\(hook.name)` of its constitution, which has no parties")
            }
        }
    }
}

extension ValueType {
    /// Whether a value of this type is one of another; what an empty list holds says nothing.
    func fits(_ other: ValueType) -> Bool {
        switch (self, other) {
        case (.dyn, _): true
        case (.list(let one), .list(let other)): one.fits(other)
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            key.fits(otherKey) && value.fits(otherValue)
        default: self == other
        }
    }

    /// As documents write it.
    var shown: String {
        switch self {
        case .timestamp: "a timestamp"
        case .duration: "a duration"
        case .int: "an int"
        default: "a \(self)"
        }
    }
}

extension ActionText.Payment {
    var isIntoEscrow: Bool {
        if case .purse(.escrow) = to { true } else { false }
    }

    var isToSender: Bool {
        if case .purse(.sender) = to { true } else { false }
    }
}

extension CompiledContract.Action.Change {
    var formulas: [Formula] {
        switch self {
        case .set(let formula), .add(let formula), .subtract(let formula), .append(let formula),
            .remove(let formula):
            [formula]
        case .put(let key, let value): [key, value]
        }
    }
}

extension CompiledContract.Action.Payment {
    var formulas: [Formula] {
        let destination: Formula? =
            switch to {
            case .purse: nil
            case .split(let formula), .member(let formula): formula
            }
        return [amount, condition, destination].compactMap(\.self)
    }
}
