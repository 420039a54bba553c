import Encodings

/// Places stages and arrows in layers.
struct StageLayers {
    struct Item {
        let row: Int
        let lines: [String]
        let kind: StageDiagram.Box.Kind?
        /// The names of actions that stay here.
        var loop: [String] = []
        var isLoopDashed = false
        var center = 0.0

        var boxWidth: Int {
            guard let kind else { return 10 }
            let padding = if case .stage = kind { 28 } else { 10 }
            return (lines.map(\.terminalWidth).max() ?? 0) * 8 + padding
        }
        var loopWidth: Int {
            loop.isEmpty ? 0 : StageLayers.loopGap + (loop.map(\.terminalWidth).max() ?? 0) * 8 + 6
        }
        var width: Int { boxWidth + loopWidth }
        var boxHeight: Int {
            guard let kind else { return 0 }
            return if case .stage = kind { 40 } else { lines.count * 16 + 6 }
        }
        var height: Int { max(boxHeight, loop.count * 16 + 6) }
        /// Of the box, without what stands beside it.
        var boxLeft: Int { Int(center) - width / 2 }
        var boxCenter: Int { boxLeft + boxWidth / 2 }
    }

    /// An arrow through the rows, from the upper end to the lower.
    struct Chain {
        let items: [Int]
        /// Whether the arrow points at the upper end.
        let isUpward: Bool
        let isDashed: Bool
    }

    static let loopGap = 34
    private static let gap = 22
    static let rowGap = 30

    private(set) var items: [Item] = []
    private(set) var chains: [Chain] = []
    /// The items of each row, from left to right.
    private(set) var rows: [[Int]] = []
    private(set) var neighbours: [[Int]] = []

    init(_ graph: StageGraph, label: (String) -> String, stage name: (String) -> String) {
        let rank = Self.ranks(graph)
        var places: [String: Int] = [:]
        for stage in graph.stages {
            places[stage] = items.count
            items.append(
                Item(
                    row: 2 * (rank[stage] ?? 0), lines: [name(stage)],
                    kind: .stage(
                        isInitial: stage == graph.initial, isFinal: graph.final.contains(stage))))
        }
        var links: [(from: String, to: String, edges: [StageGraph.Edge])] = []
        for edge in graph.edges {
            let index = links.firstIndex {
                $0.from == edge.from && $0.to == edge.to && $0.edges[0].isRemedy == edge.isRemedy
            }
            if let index {
                links[index].edges.append(edge)
            } else {
                links.append((edge.from, edge.to, [edge]))
            }
        }
        for link in links {
            guard let from = places[link.from], let to = places[link.to] else { continue }
            let lines = link.edges.map { label($0.action) }
            let isDashed = link.edges[0].isRemedy
            if from == to {
                items[from].isLoopDashed = items[from].loop.isEmpty && isDashed
                items[from].loop += lines
                continue
            }
            let isUpward = items[from].row > items[to].row
            let (upper, lower) = isUpward ? (to, from) : (from, to)
            var chain = [upper]
            for row in (items[upper].row + 1)..<items[lower].row {
                chain.append(items.count)
                items.append(
                    row == items[upper].row + 1
                        ? Item(row: row, lines: lines, kind: .label)
                        : Item(row: row, lines: [], kind: nil))
            }
            chain.append(lower)
            chains.append(Chain(items: chain, isUpward: isUpward, isDashed: isDashed))
        }
        let last = items.map(\.row).max() ?? 0
        rows = (0...last).map { row in items.indices.filter { items[$0].row == row } }
        neighbours = Array(repeating: [], count: items.count)
        for chain in chains {
            for (one, other) in zip(chain.items, chain.items.dropFirst()) {
                neighbours[one].append(other)
                neighbours[other].append(one)
            }
        }
    }

    /// The longest way to each stage, where what leads back does not count.
    private static func ranks(_ graph: StageGraph) -> [String: Int] {
        var next: [String: [String]] = [:]
        for edge in graph.edges where edge.from != edge.to {
            if next[edge.from]?.contains(edge.to) != true {
                next[edge.from, default: []].append(edge.to)
            }
        }
        var finished: [String] = []
        var open: Set<String> = []
        var seen: Set<String> = []
        var forward: [(String, String)] = []
        // As deep as a document has stages: 32 at most.
        func visit(_ stage: String) {
            seen.insert(stage)
            open.insert(stage)
            for target in next[stage] ?? [] where !open.contains(target) {
                forward.append((stage, target))
                if !seen.contains(target) { visit(target) }
            }
            open.remove(stage)
            finished.append(stage)
        }
        for stage in graph.stages where !seen.contains(stage) { visit(stage) }
        var rank: [String: Int] = [:]
        for stage in finished.reversed() {
            for (from, target) in forward where from == stage {
                rank[target] = max(rank[target] ?? 0, (rank[stage] ?? 0) + 1)
            }
        }
        return rank
    }

    // MARK: - Left and right

    /// Orders each row so that few arrows cross.
    mutating func order() {
        var best = rows
        var bestCrossings = crossings()
        for sweep in 0..<12 {
            let isDown = sweep.isMultiple(of: 2)
            for row in isDown ? Array(rows.indices) : rows.indices.reversed() {
                let position = Dictionary(
                    uniqueKeysWithValues: rows.flatMap { $0.enumerated().map { ($1, Double($0)) } })
                let keys = rows[row].map { item in
                    let others = neighbours[item].filter {
                        isDown ? items[$0].row < row : items[$0].row > row
                    }
                    return others.isEmpty
                        ? position[item] ?? 0
                        : others.map { position[$0] ?? 0 }.reduce(0, +) / Double(others.count)
                }
                rows[row] = zip(rows[row], keys).enumerated()
                    .sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
                    .map(\.element.0)
            }
            let count = crossings()
            if count < bestCrossings { (best, bestCrossings) = (rows, count) }
        }
        rows = best
    }

    private func crossings() -> Int {
        let position = Dictionary(
            uniqueKeysWithValues: rows.flatMap { $0.enumerated().map { ($1, $0) } })
        var count = 0
        for row in rows.dropLast() {
            let pairs = row.flatMap { item in
                neighbours[item].filter { items[$0].row > items[item].row }
                    .map { (position[item] ?? 0, position[$0] ?? 0) }
            }
            for (index, one) in pairs.enumerated() {
                for other in pairs.dropFirst(index + 1)
                where (one.0 - other.0) * (one.1 - other.1) < 0 { count += 1 }
            }
        }
        return count
    }

    /// Moves everything near to what it is joined with, as far as nothing overlaps.
    mutating func place() {
        for row in rows {
            var x = 0
            for item in row {
                items[item].center = Double(x + items[item].width / 2)
                x += items[item].width + Self.gap
            }
        }
        for round in 0..<24 {
            for row in round.isMultiple(of: 2) ? rows : rows.reversed() where !row.isEmpty {
                let wished = row.map { item in
                    neighbours[item].isEmpty
                        ? items[item].center
                        : neighbours[item].map { items[$0].center }.reduce(0, +)
                            / Double(neighbours[item].count)
                }
                var fromLeft = wished
                var fromRight = wished
                for index in row.indices.dropFirst() {
                    fromLeft[index] = max(wished[index], fromLeft[index - 1] + distance(row, index))
                }
                for index in row.indices.dropLast().reversed() {
                    fromRight[index] = min(
                        wished[index], fromRight[index + 1] - distance(row, index + 1))
                }
                // Both keep the distances, and so does what lies between them.
                for (index, item) in row.enumerated() {
                    items[item].center = ((fromLeft[index] + fromRight[index]) / 2).rounded()
                }
            }
        }
        let left = items.map(\.boxLeft).min() ?? 0
        for index in items.indices { items[index].center += Double(StageDiagram.margin - left) }
    }

    private func distance(_ row: [Int], _ index: Int) -> Double {
        Double((items[row[index - 1]].width + items[row[index]].width) / 2 + Self.gap + 2)
    }
}
