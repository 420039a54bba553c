/// The most that running an expression can cost, whatever its inputs are within their extents.
///
/// - Note: It mirrors the machine: one for each instruction, and what each function spends on long
///   values (`Machine.spend`). A test holds both against each other.
struct CostEstimate {
    let cost: Int?
    let extent: Extent

    init(of expression: ResolvedExpression, variables: [Extent]) {
        var estimator = Estimator(variables: variables)
        (cost, extent) = estimator.estimate(expression)
    }
}

private struct Estimator {
    typealias Estimate = (cost: Int?, extent: Extent)

    let variables: [Extent]
    private var locals: [Int: Extent] = [:]

    init(variables: [Extent]) {
        self.variables = variables
    }

    mutating func estimate(_ expression: ResolvedExpression) -> Estimate {
        let (cost, extent) = raw(expression)
        let known = Extent(of: expression.type)
        // The type of a number says more than where it came from.
        return (cost, known == .plain ? .plain : extent)
    }

    private mutating func raw(_ expression: ResolvedExpression) -> Estimate {
        switch expression.kind {
        case .literal(.string(let bytes)), .literal(.bytes(let bytes)):
            return (1, .text(bytes: bytes.count))
        case .literal: return (1, .plain)
        case .typeName: return (1, .text(bytes: 64))
        case .slot(let slot): return (1, variables[slot])
        case .local(let number): return (1, locals[number] ?? .unbounded)
        case .select(let operand, _, let isOptional):
            let (cost, extent) = estimate(operand)
            let isWrapped = if case .list = extent { true } else { isOptional }
            return (
                Cost.sum(cost, 1), isWrapped ? .list(count: 1, extent.value) : extent.value
            )
        case .presence(let operand, _): return (Cost.sum(estimate(operand).cost, 1), .plain)
        case .call(let function, let arguments): return call(function, arguments)
        case .logic(_, let terms):
            return (Cost.sum(terms.map { Cost.sum(estimate($0).cost, 1) }), .plain)
        case .conditional(let condition, let yes, let no):
            let (yes, no) = (estimate(yes), estimate(no))
            let branches = yes.cost.flatMap { one in no.cost.map { max(one, $0) } }
            return (
                Cost.sum([estimate(condition).cost, branches, 2]), yes.extent.union(no.extent)
            )
        case .list(let elements):
            let parts = elements.map { element in
                let (cost, extent) = estimate(element.value)
                return (cost: cost, extent: element.isOptional ? extent.element : extent)
            }
            return (
                Cost.sum(parts.map(\.cost) + [1]),
                .list(count: parts.count, Extent.union(parts.map(\.extent)))
            )
        case .map(let entries): return map(entries)
        case .comprehension(let comprehension): return loop(comprehension)
        case .bind(let local, let value, let body):
            let (valueCost, extent) = estimate(value)
            locals[local] = extent
            let (bodyCost, result) = estimate(body)
            return (Cost.sum([valueCost, bodyCost, 1]), result)
        case .failure: return (1, .plain)
        }
    }

    private mutating func map(
        _ entries: [(key: ResolvedExpression, value: ResolvedExpression, isOptional: Bool)]
    ) -> Estimate {
        let keys = entries.map { estimate($0.key) }
        let values = entries.map { entry in
            let (cost, extent) = estimate(entry.value)
            return (cost: cost, extent: entry.isOptional ? extent.element : extent)
        }
        return (
            Cost.sum(keys.map(\.cost) + values.map(\.cost) + [1]),
            .map(
                count: entries.count, key: Extent.union(keys.map(\.extent)),
                value: Extent.union(values.map(\.extent)))
        )
    }

    private mutating func loop(_ comprehension: ResolvedExpression.Comprehension) -> Estimate {
        let (rangeCost, range) = estimate(comprehension.range)
        let isMap = if case .map = comprehension.range.type { true } else { false }
        if let second = comprehension.second {
            locals[comprehension.local] = isMap ? range.element : .plain
            locals[second] = isMap ? range.value : range.element
        } else {
            locals[comprehension.local] = range.element
        }
        let first = locals[comprehension.local] ?? .unbounded
        let filter = comprehension.filter.map { Cost.sum(estimate($0).cost, 1) } ?? 0
        let (bodyCost, body) = estimate(comprehension.body)
        let pass = Cost.sum([filter, bodyCost, 3])
        let cost = Cost.sum([rangeCost, Cost.product(range.size, pass), 3])
        let extent: Extent =
            switch comprehension.kind {
            case .all, .exists, .existsOne: .plain
            case .filter: range.size.map { .list(count: $0, first) } ?? .unbounded
            case .map: range.size.map { .list(count: $0, body) } ?? .unbounded
            case .transformMap:
                range.size.map { .map(count: $0, key: first, value: body) } ?? .unbounded
            case .transformMapEntry:
                Cost.product(range.size, body.size).map {
                    .map(count: $0, key: body.element, value: body.value)
                } ?? .unbounded
            }
        return (cost, extent)
    }

    private mutating func call(
        _ function: Function, _ arguments: [ResolvedExpression]
    ) -> Estimate {
        let parts = arguments.map { estimate($0) }
        let extents = parts.map(\.extent)
        let isLazy = function == .optionalOr || function == .optionalOrValue
        var pattern: [UInt8]?
        if function == .matches, case .literal(.string(let text)) = arguments[1].kind {
            pattern = text
        }
        let own = FunctionCost.spent(function, extents, pattern: pattern)
        return (
            Cost.sum(parts.map(\.cost) + [own, isLazy ? 2 : 1]),
            FunctionCost.result(function, extents)
        )
    }
}
