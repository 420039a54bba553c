/// Runs a program once.
///
/// Errors are cells like others, so that `&&` and `||` can absorb them; only a spent budget ends
/// everything.
struct Machine {
    struct Loop {
        let keys: [Cell]
        /// The second variable's values; empty where there is one variable.
        let values: [Cell]
        let isPair: Bool
        var position = 0
        var accumulator: Cell
        var count = 0
        var list: [Cell] = []
        var map = CellMap()
    }

    let zones: ((String) -> TimeZoneRules?)?
    var code = Code.empty
    var inputs: Inputs
    var scratch = Heap()
    private(set) var budget = 0
    var stack: [Cell] = []
    var locals: [Cell] = []
    var loops: [Loop] = []
    private var counter = 0

    init(zones: ((String) -> TimeZoneRules?)?) {
        self.zones = zones
        inputs = Inputs(for: Environment())
    }

    private mutating func prepare(_ code: Code, _ inputs: Inputs, _ budget: Int) {
        self.code = code
        self.inputs = inputs
        self.budget = budget
        counter = 0
        scratch.removeAll()
        stack.removeAll(keepingCapacity: true)
        stack.reserveCapacity(code.stack)
        if !loops.isEmpty { loops.removeAll(keepingCapacity: true) }
        if locals.count < code.locals { locals = Array(repeating: .null, count: code.locals) }
    }

    /// The byte of the source that the instruction at work belongs to.
    private var offset: Int {
        counter > 0 ? Int(code.instructions[counter - 1].offset) : 0
    }

    // MARK: - What cells refer to

    private func heap(_ cell: Cell) -> Heap {
        switch Cell.Space(rawValue: cell.extra) {
        case .constants: code.constants
        case .inputs: inputs.heap
        default: scratch
        }
    }

    func text(_ cell: Cell) -> [UInt8] {
        switch Cell.Space(rawValue: cell.extra) {
        case .constants: code.constants.texts[cell.index]
        case .inputs: inputs.heap.texts[cell.index]
        default: scratch.texts[cell.index]
        }
    }

    func list(_ cell: Cell) -> [Cell] {
        switch Cell.Space(rawValue: cell.extra) {
        case .constants: code.constants.lists[cell.index]
        case .inputs: inputs.heap.lists[cell.index]
        default: scratch.lists[cell.index]
        }
    }

    func map(_ cell: Cell) -> CellMap {
        switch Cell.Space(rawValue: cell.extra) {
        case .constants: code.constants.maps[cell.index]
        case .inputs: inputs.heap.maps[cell.index]
        default: scratch.maps[cell.index]
        }
    }

    func mapKey(_ cell: Cell) -> MapKey? { MapKey(cell, text: text) }

    mutating func string(_ text: [UInt8]) -> Cell {
        scratch.add(text, as: .string, in: .scratch)
    }

    mutating func string(_ text: String) -> Cell { string(Array(text.utf8)) }

    mutating func list(_ cells: [Cell]) -> Cell { scratch.add(cells, in: .scratch) }

    mutating func optional(_ cell: Cell) -> Cell {
        scratch.add([cell], as: .some, in: .scratch)
    }

    mutating func fail(_ code: EvaluationError.Code, _ message: String) -> Cell {
        scratch.errors.append(EvaluationError(code: code, message: message, offset: offset))
        return Cell(.error, index: scratch.errors.count - 1, in: .scratch)
    }

    func error(of cell: Cell) -> EvaluationError {
        if cell.isError { return heap(cell).errors[cell.index] }
        return EvaluationError(
            code: .noSuchOverload, message: "the result is \(cell.typeName), and not bool",
            offset: 0)
    }

    /// Takes the cost of work that grows with a size.
    mutating func spend(_ cost: Int) {
        budget = budget.subtractingReportingOverflow(cost).overflow ? -1 : budget - cost
    }

    // MARK: - Running

    mutating func run(
        _ code: Code, _ inputs: Inputs, budget: Int
    ) throws(EvaluationError) -> Cell {
        prepare(code, inputs, budget)
        let instructions = code.instructions
        while counter < instructions.count {
            let instruction = instructions[counter]
            counter += 1
            self.budget -= 1
            guard self.budget >= 0 else { throw exhausted }
            let a = Int(instruction.a)
            switch instruction.operation {
            case .constant: stack.append(code.constantCells[a])
            case .slot: stack.append(read(a))
            case .local: stack.append(locals[a])
            case .setLocal: locals[a] = pop()
            case .select: top = select(top, code.constantCells[a], isOptional: false)
            case .selectOptional: top = select(top, code.constantCells[a], isOptional: true)
            case .presence: top = presence(top, code.constantCells[a])
            case .call: call(a, Int(instruction.b))
            case .jump: counter = a
            case .decideAnd: if top.isFalse { counter = a }
            case .decideOr: if top.isTrue { counter = a }
            case .joinAnd:
                let term = pop()
                top = join(top, term, deciding: .no)
                if top.isFalse { counter = a }
            case .joinOr:
                let term = pop()
                top = join(top, term, deciding: .yes)
                if top.isTrue { counter = a }
            case .orElse:
                if top.kind != .none {
                    top = orElse(top, unwraps: instruction.b == 1)
                    counter = a
                }
            case .branch:
                let condition = pop()
                if condition.isFalse {
                    counter = a
                } else if !condition.isTrue {
                    stack.append(condition.isError ? condition : notBool(condition))
                    counter = Int(instruction.b)
                }
            case .list: makeList(a, Int(instruction.b))
            case .map: makeMap(a, Int(instruction.b))
            case .begin:
                if let failure = begin(pop(), isPair: instruction.b == 1) {
                    stack.append(failure)
                    counter = a
                }
            case .next: if !next(Int(instruction.b)) { counter = a }
            case .filter:
                let condition = pop()
                if condition.isFalse {
                    counter = a
                } else if !condition.isTrue {
                    loops[loops.count - 1].accumulator =
                        condition.isError ? condition : notBool(condition)
                    counter = Int(instruction.b)
                }
            case .stepAll, .stepExists, .stepOne, .stepMap, .stepFilter, .stepTransformMap,
                .stepEntry:
                if step(instruction.operation, pop()) { counter = a }
            case .endAll, .endExists, .endOne, .endList, .endMap: end(instruction.operation)
            }
        }
        guard self.budget >= 0 else { throw exhausted }
        return pop()
    }

    private var exhausted: EvaluationError {
        EvaluationError(
            code: .costExceeded, message: "the expression costs more than it may", offset: offset)
    }

    mutating func pop() -> Cell { stack.removeLast() }

    var top: Cell {
        get { stack[stack.count - 1] }
        set { stack[stack.count - 1] = newValue }
    }

    private mutating func read(_ slot: Int) -> Cell {
        let cell = inputs.cells[slot]
        guard cell.isError else { return cell }
        return fail(.noSuchVariable, "`\(inputs.name(of: slot))` has no value")
    }

    // MARK: - Logic

    mutating func notBool(_ cell: Cell) -> Cell {
        fail(.noSuchOverload, "expected a bool, found \(cell.typeName)")
    }

    /// What two terms come to; an error is absorbed by a term that decides.
    mutating func join(_ first: Cell, _ second: Cell, deciding: Cell) -> Cell {
        func decides(_ cell: Cell) -> Bool { cell.kind == .bool && cell.bits == deciding.bits }
        if first.kind == .bool, second.kind == .bool { return decides(first) ? first : second }
        if decides(first) || decides(second) { return deciding }
        if first.isError { return first }
        if second.isError { return second }
        return notBool(first.kind == .bool ? second : first)
    }

    private mutating func orElse(_ cell: Cell, unwraps: Bool) -> Cell {
        switch cell.kind {
        case .error: cell
        case .some: unwraps ? list(cell)[0] : cell
        default: fail(.noSuchOverload, "expected an optional, found \(cell.typeName)")
        }
    }

    // MARK: - Calls

    private mutating func call(_ number: Int, _ count: Int) {
        guard let function = Function(rawValue: UInt8(number)) else { return }
        if count == 2 {
            let second = pop()
            let first = top
            if first.kind == .int, second.kind == .int,
                let result = Self.integers(function, first.int, second.int)
            {
                top = result
            } else if first.isError || second.isError {
                top = first.isError ? first : second
            } else {
                top = apply(function, first, second) ?? apply(function, [first, second])
            }
            return
        }
        let arguments = Array(stack.suffix(count))
        stack.removeLast(count)
        stack.append(arguments.first(where: \.isError) ?? apply(function, arguments))
    }

    /// What is asked most, without further ado.
    @inline(__always)
    private static func integers(_ function: Function, _ first: Int64, _ second: Int64) -> Cell? {
        switch function {
        case .less: return .bool(first < second)
        case .lessOrEqual: return .bool(first <= second)
        case .greater: return .bool(first > second)
        case .greaterOrEqual: return .bool(first >= second)
        case .equal: return .bool(first == second)
        case .notEqual: return .bool(first != second)
        case .add:
            let (sum, overflow) = first.addingReportingOverflow(second)
            return overflow ? nil : .int(sum)
        default: return nil
        }
    }

    // MARK: - Results

    /// - Throws: ``EvaluationError`` where the cell is one.
    func value(of cell: Cell) throws(EvaluationError) -> Value {
        switch cell.kind {
        case .error: throw error(of: cell)
        case .null: return .null
        case .bool: return .bool(cell.isTrue)
        case .int: return .int(cell.int)
        case .uint: return .uint(cell.bits)
        case .double: return .double(cell.double)
        case .duration: return .duration(TimeSpan(nanoseconds: cell.int))
        case .timestamp: return instant(cell).map(Value.timestamp) ?? .null
        case .string: return .string(String(decoding: text(cell), as: UTF8.self))
        case .bytes: return .bytes(text(cell))
        case .type: return .type(String(decoding: text(cell), as: UTF8.self))
        case .none: return .optional(nil)
        case .some: return .optional(try value(of: list(cell)[0]))
        case .list:
            var values: [Value] = []
            for element in list(cell) { values.append(try value(of: element)) }
            return .list(values)
        case .map:
            let map = map(cell)
            var entries: [Value.MapEntry] = []
            for (key, element) in zip(map.keys, map.values) {
                entries.append(.init(key: try value(of: key), value: try value(of: element)))
            }
            return .map(entries)
        }
    }

    func instant(_ cell: Cell) -> Instant? {
        Instant(seconds: cell.int, nanoseconds: cell.extra)
    }
}
