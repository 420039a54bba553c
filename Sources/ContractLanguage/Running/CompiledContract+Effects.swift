import Encodings
import Policy

// The rules of an action, what it changes, and the obligations that it opens and closes.
extension CompiledContract {
    func checkRules(
        of action: Action, at moment: Moment, _ inputs: Inputs, _ evaluator: inout Evaluator,
        as purpose: Purpose
    ) throws(ContractRefusal) -> [ContractDecision] {
        var decisions: [ContractDecision] = []
        for (rule, formula) in action.rules {
            let denial = evaluator.denial(
                of: formula.compiled.program, inputs, budget: formula.costMax)
            var saw = formula.observed(in: moment)
            if case .failed(let error) = denial {
                if purpose == .example(isRefusal: true), error.code == .noSuchVariable { continue }
                saw.append(ContractObservation(name: "error", value: error.message))
            }
            if denial != nil {
                throw ContractRefusal(
                    .rule, rule: formula.text.text, clauses: rule.clauses, says: rule.says,
                    saw: saw)
            }
            decisions.append(
                ContractDecision(rule: formula.text.text, clauses: rule.clauses, saw: saw))
        }
        return decisions
    }

    func value(
        after change: Action.Change, _ variable: ContractDocument.Variable, _ old: Value?,
        _ inputs: Inputs, _ evaluator: inout Evaluator, _ moment: Moment
    ) throws(ContractRefusal) -> Value {
        if case .set(let formula) = change {
            return try evaluate(formula, inputs, &evaluator, moment)
        }
        guard let old else {
            throw ContractRefusal(
                .bounds, rule: "`state.\(variable.name)` has no value", isUnknown: true)
        }
        switch change {
        case .set(let formula): return try evaluate(formula, inputs, &evaluator, moment)
        case .add(let formula), .subtract(let formula):
            let operand = try evaluate(formula, inputs, &evaluator, moment)
            let isAdding = if case .add = change { true } else { false }
            guard case .int(let one) = old, case .int(let other) = operand else { return old }
            let (sum, overflow) =
                isAdding
                ? one.addingReportingOverflow(other) : one.subtractingReportingOverflow(other)
            guard !overflow else {
                throw ContractRefusal(
                    .bounds, rule: "state.\(variable.name) is \(variable.type)",
                    saw: [
                        ContractObservation(name: "state.\(variable.name)", value: String(one)),
                        ContractObservation(
                            name: isAdding ? "added" : "subtracted", value: String(other)),
                    ])
            }
            return .int(sum)
        case .append(let formula):
            guard case .list(let elements) = old else { return old }
            return .list(elements + [try evaluate(formula, inputs, &evaluator, moment)])
        case .put(let key, let value):
            let key = try evaluate(key, inputs, &evaluator, moment)
            let value = try evaluate(value, inputs, &evaluator, moment)
            guard case .map(let entries) = old else { return old }
            return .map(
                DataType.inOrder(
                    entries.filter { !$0.key.isSame(as: key) } + [.init(key: key, value: value)]))
        case .remove(let formula):
            let gone = try evaluate(formula, inputs, &evaluator, moment)
            switch old {
            case .list(let elements): return .list(elements.filter { !$0.isSame(as: gone) })
            case .map(let entries): return .map(entries.filter { !$0.key.isSame(as: gone) })
            default: return old
            }
        }
    }

    func turnObligations(
        of action: ActionText, _ next: inout ContractInstance, _ evaluator: inout Evaluator,
        _ moment: Moment, as purpose: Purpose
    ) throws(ContractRefusal) {
        for name in action.fulfils { next.obligations[name] = nil }
        if action.isRemedy {
            for obligation in document.obligations where obligation.remedy == action.name {
                if let due = next.obligations[obligation.name], let now = moment.now, due <= now {
                    next.obligations[obligation.name] = nil
                }
            }
        }
        guard !action.opens.isEmpty else { return }
        let inputs = standing.inputs(moment)
        for name in action.opens where next.obligations[name] == nil {
            guard let obligation = obligations[name], let now = moment.now else { continue }
            let span = try purpose.known { () throws(ContractRefusal) in
                try evaluate(obligation.within, inputs, &evaluator, moment)
            }
            guard case .duration(let within) = span else { continue }
            guard within.nanoseconds >= 0, let due = now.advanced(by: within) else {
                throw ContractRefusal(
                    .bounds, rule: "the deadline of `\(name)` lies ahead, before the year 10000",
                    saw: [ContractObservation(name: "within", value: within.secondsText)])
            }
            next.obligations[name] = due
        }
    }
}

extension Value {
    /// Compared byte by byte: which texts are equivalent to Unicode changes with its version.
    func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.string(let one), .string(let other)): one.utf8.elementsEqual(other.utf8)
        case (.list(let ours), .list(let theirs)):
            ours.count == theirs.count && zip(ours, theirs).allSatisfy { $0.isSame(as: $1) }
        case (.map(let ours), .map(let theirs)):
            ours.count == theirs.count
                && zip(ours, theirs).allSatisfy {
                    $0.key.isSame(as: $1.key) && $0.value.isSame(as: $1.value)
                }
        default: self == other
        }
    }
}
