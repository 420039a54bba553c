/// Macros that go through a list or a map.
extension Machine {
    mutating func begin(_ range: Cell, isPair: Bool) -> Cell? {
        let loop: Loop
        switch range.kind {
        case .error: return range
        case .list:
            let elements = list(range)
            loop = Loop(
                keys: isPair ? [] : elements, values: isPair ? elements : [], isPair: isPair,
                accumulator: .null)
        case .map:
            let map = map(range)
            loop = Loop(
                keys: map.keys, values: isPair ? map.values : [], isPair: isPair, accumulator: .null
            )
        default: return fail(.noSuchOverload, "expected a list or a map, found \(range.typeName)")
        }
        loops.append(loop)
        return nil
    }

    mutating func next(_ local: Int) -> Bool {
        let last = loops.count - 1
        let position = loops[last].position
        let isPair = loops[last].isPair
        guard position < (isPair ? loops[last].values.count : loops[last].keys.count) else {
            return false
        }
        if isPair {
            locals[local] =
                loops[last].keys.isEmpty ? .int(Int64(position)) : loops[last].keys[position]
            locals[local + 1] = loops[last].values[position]
        } else {
            locals[local] = loops[last].keys[position]
        }
        loops[last].position = position + 1
        return true
    }

    /// - Returns: Whether the loop is decided.
    mutating func step(_ operation: Instruction.Operation, _ made: Cell) -> Bool {
        let last = loops.count - 1
        switch operation {
        case .stepAll, .stepExists:
            let deciding: Cell = operation == .stepAll ? .no : .yes
            let old = loops[last].accumulator
            let joined = join(
                old.kind == .null ? .bool(operation == .stepAll) : old, made, deciding: deciding)
            loops[last].accumulator = joined
            return joined.kind == .bool && joined.bits == deciding.bits
        case .stepOne, .stepFilter:
            guard made.kind == .bool else {
                loops[last].accumulator = made.isError ? made : notBool(made)
                return true
            }
            guard made.isTrue else { return false }
            loops[last].count += 1
            if operation == .stepFilter {
                loops[last].list.append(loops[last].keys[loops[last].position - 1])
            }
            return false
        case .stepMap:
            guard !made.isError else {
                loops[last].accumulator = made
                return true
            }
            loops[last].list.append(made)
            return false
        case .stepTransformMap:
            guard !made.isError else {
                loops[last].accumulator = made
                return true
            }
            let position = loops[last].position - 1
            let key =
                loops[last].keys.isEmpty ? Cell.int(Int64(position)) : loops[last].keys[position]
            return keep(key, made)
        default:
            guard made.kind == .map else {
                loops[last].accumulator =
                    made.isError
                    ? made : fail(.noSuchOverload, "expected a map, found \(made.typeName)")
                return true
            }
            let entries = map(made)
            for (key, value) in zip(entries.keys, entries.values) where keep(key, value) {
                return true
            }
            return false
        }
    }

    private mutating func keep(_ key: Cell, _ value: Cell) -> Bool {
        let last = loops.count - 1
        var map = CellMap()
        swap(&map, &loops[last].map)
        let failure = insert(key, value, into: &map)
        swap(&map, &loops[last].map)
        guard let failure else { return false }
        loops[last].accumulator = failure
        return true
    }

    mutating func end(_ operation: Instruction.Operation) {
        let loop = loops.removeLast()
        if loop.accumulator.isError {
            stack.append(loop.accumulator)
            return
        }
        switch operation {
        case .endAll: stack.append(loop.accumulator.kind == .null ? .yes : loop.accumulator)
        case .endExists: stack.append(loop.accumulator.kind == .null ? .no : loop.accumulator)
        case .endOne: stack.append(.bool(loop.count == 1))
        case .endList: stack.append(list(loop.list))
        default: stack.append(scratch.add(loop.map, in: .scratch))
        }
    }
}
