/// Fields, and what makes lists and maps.
extension Machine {
    mutating func select(_ operand: Cell, _ field: Cell, isOptional: Bool) -> Cell {
        switch operand.kind {
        case .error: return operand
        case .map:
            let found = mapKey(field).flatMap { map(operand)[$0] }
            if isOptional { return found.map { optional($0) } ?? .empty }
            return found ?? noKey(field)
        case .none: return .empty
        case .some: return select(list(operand)[0], field, isOptional: true)
        default:
            return fail(
                .noSuchOverload, "\(operand.typeName) has no fields")
        }
    }

    mutating func noKey(_ key: Cell) -> Cell {
        fail(.noSuchKey, "the map has no key \(shown(key))")
    }

    mutating func presence(_ operand: Cell, _ field: Cell) -> Cell {
        switch operand.kind {
        case .error: return operand
        case .map: return .bool(mapKey(field).map { map(operand)[$0] != nil } ?? false)
        case .none: return .no
        case .some: return presence(list(operand)[0], field)
        default: return fail(.noSuchOverload, "\(operand.typeName) has no fields")
        }
    }

    // MARK: - Lists and maps

    mutating func makeList(_ count: Int, _ table: Int) {
        var cells = Array(stack.suffix(count))
        stack.removeLast(count)
        if let failed = cells.first(where: \.isError) {
            stack.append(failed)
            return
        }
        if table >= 0 {
            var kept: [Cell] = []
            for (cell, isOptional) in zip(cells, code.flags[table]) {
                switch (isOptional, cell.kind) {
                case (false, _): kept.append(cell)
                case (true, .some): kept.append(list(cell)[0])
                case (true, .none): break
                default:
                    stack.append(
                        fail(.noSuchOverload, "`?` takes an optional, found \(cell.typeName)"))
                    return
                }
            }
            cells = kept
        }
        stack.append(list(cells))
    }

    mutating func makeMap(_ count: Int, _ table: Int) {
        let cells = Array(stack.suffix(2 * count))
        stack.removeLast(2 * count)
        if let failed = cells.first(where: \.isError) {
            stack.append(failed)
            return
        }
        var map = CellMap()
        for index in 0..<count {
            let key = cells[2 * index]
            var value = cells[2 * index + 1]
            if table >= 0, code.flags[table][index] {
                if value.kind == .none {
                    guard canBeKey(key) else {
                        stack.append(noMapKey(key))
                        return
                    }
                    continue
                }
                guard value.kind == .some else {
                    stack.append(
                        fail(.noSuchOverload, "`?` takes an optional, found \(value.typeName)"))
                    return
                }
                value = list(value)[0]
            }
            if let failure = insert(key, value, into: &map) {
                stack.append(failure)
                return
            }
        }
        stack.append(scratch.add(map, in: .scratch))
    }

    private func canBeKey(_ cell: Cell) -> Bool {
        switch cell.kind {
        case .bool, .int, .uint, .string: true
        default: false
        }
    }

    private mutating func noMapKey(_ cell: Cell) -> Cell {
        fail(.unsupportedKey, "\(cell.typeName) cannot be a map's key")
    }

    mutating func insert(_ key: Cell, _ value: Cell, into map: inout CellMap) -> Cell? {
        guard canBeKey(key), let mapKey = mapKey(key) else { return noMapKey(key) }
        guard map.insert(mapKey, key: key, value: value) else {
            return fail(.duplicateKey, "the key \(shown(key)) comes twice")
        }
        return nil
    }
}
