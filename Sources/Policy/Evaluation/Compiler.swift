/// Makes instructions of a resolved expression.
struct Compiler {
    private var instructions: [Instruction] = []
    private var constants = Heap()
    private var constantCells: [Cell] = []
    private var flags: [[Bool]] = []
    private var depth = 0
    private var depthMax = 0
    private var locals: [Int: Int] = [:]
    private var localsMax = 0

    static func compile(_ expression: ResolvedExpression) -> Code {
        var compiler = Compiler()
        compiler.emit(expression)
        return Code(
            instructions: compiler.instructions, constants: compiler.constants,
            constantCells: compiler.constantCells, flags: compiler.flags,
            locals: compiler.localsMax, stack: compiler.depthMax)
    }

    // MARK: - Emitting

    private var here: Int { instructions.count }

    /// - Parameter effect: How many cells the stack has more afterwards.
    @discardableResult
    private mutating func emit(
        _ operation: Instruction.Operation, _ a: Int = 0, _ b: Int = 0,
        at expression: ResolvedExpression, effect: Int
    ) -> Int {
        instructions.append(
            Instruction(
                operation: operation, a: Int32(a), b: Int32(b), offset: Int32(expression.offset)))
        depth += effect
        depthMax = max(depthMax, depth)
        return here - 1
    }

    private mutating func constant(_ cell: Cell) -> Int {
        constantCells.append(cell)
        return constantCells.count - 1
    }

    private mutating func text(_ text: String) -> Int {
        constant(constants.add(Array(text.utf8), as: .string, in: .constants))
    }

    /// Two locals that belong together stand side by side.
    private mutating func local(_ number: Int) -> Int {
        if let known = locals[number] { return known }
        locals[number] = localsMax
        localsMax += 1
        return localsMax - 1
    }

    private mutating func emit(_ expression: ResolvedExpression) {
        switch expression.kind {
        case .literal(let literal):
            emit(.constant, constant(cell(literal)), at: expression, effect: 1)
        case .typeName(let type):
            let name = String(type.description.prefix { $0 != "(" })
            let cell = constants.add(Array(name.utf8), as: .type, in: .constants)
            emit(.constant, constant(cell), at: expression, effect: 1)
        case .slot(let slot): emit(.slot, slot, at: expression, effect: 1)
        case .local(let number): emit(.local, local(number), at: expression, effect: 1)
        case .select(let operand, let field, let isOptional):
            emit(operand)
            emit(isOptional ? .selectOptional : .select, text(field), at: expression, effect: 0)
        case .presence(let operand, let field):
            emit(operand)
            emit(.presence, text(field), at: expression, effect: 0)
        case .call(let function, let arguments)
        where function == .optionalOr || function == .optionalOrValue:
            emit(arguments[0])
            let orElse = emit(
                .orElse, 0, function == .optionalOrValue ? 1 : 0, at: expression, effect: 0)
            emit(arguments[1])
            emit(.call, Int(function.rawValue), 2, at: expression, effect: -1)
            instructions[orElse].a = Int32(here)
        case .call(let function, let arguments):
            for argument in arguments { emit(argument) }
            emit(
                .call, Int(function.rawValue), arguments.count, at: expression,
                effect: 1 - arguments.count)
        case .logic(let isAnd, let terms): emitLogic(isAnd, terms, at: expression)
        case .conditional(let condition, let yes, let no):
            emit(condition)
            let branch = emit(.branch, at: expression, effect: -1)
            emit(yes)
            let jump = emit(.jump, at: expression, effect: -1)
            instructions[branch].a = Int32(here)
            emit(no)
            instructions[branch].b = Int32(here)
            instructions[jump].a = Int32(here)
        case .list(let elements):
            for element in elements { emit(element.value) }
            emit(
                .list, elements.count, table(elements.map(\.isOptional)), at: expression,
                effect: 1 - elements.count)
        case .map(let entries):
            for entry in entries {
                emit(entry.key)
                emit(entry.value)
            }
            emit(
                .map, entries.count, table(entries.map(\.isOptional)), at: expression,
                effect: 1 - 2 * entries.count)
        case .comprehension(let comprehension): emit(comprehension, at: expression)
        case .bind(let number, let value, let body):
            emit(value)
            emit(.setLocal, local(number), at: expression, effect: -1)
            emit(body)
        case .failure(let code, let message, _):
            constants.errors.append(
                EvaluationError(code: code, message: message, offset: expression.offset))
            let cell = Cell(.error, index: constants.errors.count - 1, in: .constants)
            emit(.constant, constant(cell), at: expression, effect: 1)
        }
    }

    private mutating func table(_ optional: [Bool]) -> Int {
        guard optional.contains(true) else { return -1 }
        flags.append(optional)
        return flags.count - 1
    }

    private mutating func cell(_ literal: Expression.Literal) -> Cell {
        switch literal {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .uint(let value): .uint(value)
        case .double(let value): .double(value)
        case .string(let text): constants.add(text, as: .string, in: .constants)
        case .bytes(let bytes): constants.add(bytes, as: .bytes, in: .constants)
        }
    }

    private mutating func emitLogic(
        _ isAnd: Bool, _ terms: [ResolvedExpression], at expression: ResolvedExpression
    ) {
        var jumps: [Int] = []
        for (index, term) in terms.enumerated() {
            emit(term)
            if index == 0 {
                jumps.append(emit(isAnd ? .decideAnd : .decideOr, at: expression, effect: 0))
            } else {
                jumps.append(emit(isAnd ? .joinAnd : .joinOr, at: expression, effect: -1))
            }
        }
        for jump in jumps { instructions[jump].a = Int32(here) }
    }

    private mutating func emit(
        _ comprehension: ResolvedExpression.Comprehension, at expression: ResolvedExpression
    ) {
        emit(comprehension.range)
        let first = local(comprehension.local)
        if let second = comprehension.second { _ = local(second) }
        let begin = emit(
            .begin, 0, comprehension.second == nil ? 0 : 1, at: expression, effect: -1)
        let next = emit(.next, 0, first, at: expression, effect: 0)
        var filter: Int?
        if let condition = comprehension.filter {
            emit(condition)
            filter = emit(.filter, next, at: expression, effect: -1)
        }
        emit(comprehension.body)
        let (stepOperation, endOperation) = comprehension.kind.operations
        let step = emit(stepOperation, at: expression, effect: -1)
        emit(.jump, next, at: expression, effect: 0)
        let end = emit(endOperation, at: expression, effect: 1)
        instructions[next].a = Int32(end)
        instructions[step].a = Int32(end)
        if let filter { instructions[filter].b = Int32(end) }
        instructions[begin].a = Int32(here)
    }
}

extension Expression.Comprehension.Kind {
    fileprivate var operations: (Instruction.Operation, Instruction.Operation) {
        switch self {
        case .all: (.stepAll, .endAll)
        case .exists: (.stepExists, .endExists)
        case .existsOne: (.stepOne, .endOne)
        case .filter: (.stepFilter, .endList)
        case .map: (.stepMap, .endList)
        case .transformMap: (.stepTransformMap, .endMap)
        case .transformMapEntry: (.stepEntry, .endMap)
        }
    }
}
