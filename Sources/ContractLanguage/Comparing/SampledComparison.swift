import Policy

/// Two expressions, one of each document, run side by side on the same cases.
struct SampledComparison {
    /// One side: what it reads, and how.
    struct Side {
        let scope: Scope
        let document: ContractDocument
        let input: [ContractDocument.Field]

        func type(of name: String) -> DataType? {
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            switch parts[0] {
            case "now": return .timestamp
            case "sender", "offeredBy": return .member
            case "escrow": return .money
            case "terms": return document.terms.first { $0.name == parts[1] }?.type
            case "state": return document.state.first { $0.name == parts[1] }?.type
            case "input": return input.first { $0.name == parts[1] }?.type
            case "parties":
                return switch document.party(parts[1]) {
                case .member?: .member
                case .members(let count)?: .list(.member, countMax: count)
                case nil: nil
                }
            default: return nil
            }
        }

        func inputs(_ space: SampleSpace, _ values: [Value]) -> Inputs {
            let inputs = Inputs(for: scope.environment)
            for (variable, value) in zip(space.variables, values) {
                inputs.set(variable.name, to: value)
            }
            return inputs
        }
    }

    /// A case in which the two sides differ, as people read it.
    struct Finding {
        /// Where the new side is true, or larger.
        var more: String?
        /// Where the new side is false, or smaller.
        var less: String?
        var tried = 0
    }

    let old: Side
    let new: Side

    /// Guards: anything but true is a no.
    func guards(_ before: [Formula], _ after: [Formula]) -> Finding {
        func holds(_ formulas: [Formula], _ inputs: Inputs, _ evaluator: inout Evaluator) -> Int64?
        {
            formulas.allSatisfy {
                evaluator.denial(of: $0.compiled.program, inputs, budget: $0.costMax) == nil
            } ? 1 : 0
        }
        return compare(before, after) {
            holds(before, $0, &$1)
        } _: {
            holds(after, $0, &$1)
        }
    }

    /// Amounts and lengths of time.
    func magnitudes(
        _ before: Formula?, if beforeCondition: Formula?, _ after: Formula?,
        if afterCondition: Formula?
    ) -> Finding {
        func magnitude(
            _ formula: Formula?, _ condition: Formula?, _ inputs: Inputs,
            _ evaluator: inout Evaluator
        ) -> Int64? {
            if let condition {
                guard
                    evaluator.denial(
                        of: condition.compiled.program, inputs, budget: condition.costMax) == nil
                else { return 0 }
            }
            guard let formula else { return nil }
            switch try? evaluator.value(
                of: formula.compiled.program, inputs, budget: formula.costMax)
            {
            case .int(let value)?: return value
            case .duration(let span)?: return span.nanoseconds
            default: return nil
            }
        }
        return compare(
            [before, beforeCondition].compactMap(\.self),
            [after, afterCondition].compactMap(\.self)
        ) {
            magnitude(before, beforeCondition, $0, &$1)
        } _: {
            magnitude(after, afterCondition, $0, &$1)
        }
    }

    private func compare(
        _ before: [Formula], _ after: [Formula],
        _ one: (Inputs, inout Evaluator) -> Int64?, _ other: (Inputs, inout Evaluator) -> Int64?
    ) -> Finding {
        var names: [String] = []
        for name in (before + after).flatMap(\.variables) where !names.contains(name) {
            names.append(name)
        }
        let space = SampleSpace(
            names.sorted(),
            types: { name in [old.type(of: name), new.type(of: name)].compactMap(\.self) },
            constants: SampleConstants((before + after).map(\.text), old.document, new.document))
        var finding = Finding()
        var evaluator = Evaluator()
        for index in 0..<space.count {
            finding.tried = index + 1
            let values = space.values(at: index)
            guard let was = one(old.inputs(space, values), &evaluator),
                let now = other(new.inputs(space, values), &evaluator), was != now
            else { continue }
            if now > was, finding.more == nil { finding.more = space.text(at: index) }
            if now < was, finding.less == nil { finding.less = space.text(at: index) }
            if finding.more != nil, finding.less != nil { break }
        }
        return finding
    }
}
