// Where everything stands, and how the arrows go.
extension StageLayers {
    /// How far to the right anything reaches.
    var right: Int { items.map { $0.boxLeft + $0.width }.max() ?? 0 }

    func rowTops(from top: Int) -> [Int] {
        var tops: [Int] = []
        var y = top
        for row in rows {
            tops.append(y)
            y += (row.map { items[$0].height }.max() ?? 0) + Self.rowGap
        }
        return tops
    }

    private func rowHeight(_ row: Int) -> Int { rows[row].map { items[$0].height }.max() ?? 0 }

    private func top(_ item: Int, _ tops: [Int]) -> Int {
        tops[items[item].row] + (rowHeight(items[item].row) - items[item].boxHeight) / 2
    }

    func boxes(_ tops: [Int]) -> [StageDiagram.Box] {
        var boxes: [StageDiagram.Box] = []
        for (index, item) in items.enumerated() {
            guard let kind = item.kind else { continue }
            boxes.append(
                .init(
                    kind: kind, lines: item.lines, x: item.boxLeft, y: top(index, tops),
                    width: item.boxWidth, height: item.boxHeight))
            if !item.loop.isEmpty {
                let height = item.loop.count * 16 + 6
                boxes.append(
                    .init(
                        kind: .loop, lines: item.loop,
                        x: item.boxLeft + item.boxWidth + Self.loopGap,
                        y: tops[item.row] + (rowHeight(item.row) - height) / 2,
                        width: item.loopWidth - Self.loopGap, height: height))
            }
        }
        return boxes
    }

    func arrows(_ tops: [Int]) -> [StageDiagram.Arrow] {
        var arrows: [StageDiagram.Arrow] = []
        for chain in chains {
            var points: [(x: Int, y: Int)] = []
            for (index, item) in chain.items.enumerated() {
                let boxTop = top(item, tops)
                let rowTop = tops[items[item].row]
                let rowBottom = rowTop + rowHeight(items[item].row)
                if index == 0 {
                    let x = port(of: item, to: chain.items[1])
                    points += [(x, boxTop + items[item].boxHeight), (x, rowBottom)]
                } else if index == chain.items.count - 1 {
                    let x = port(of: item, to: chain.items[index - 1])
                    points += [(x, rowTop), (x, boxTop)]
                } else {
                    points += [(items[item].boxCenter, rowTop), (items[item].boxCenter, rowBottom)]
                }
            }
            arrows.append(
                .init(
                    path: Self.path(chain.isUpward ? points.reversed() : points),
                    isDashed: chain.isDashed))
        }
        for (index, item) in items.enumerated() where !item.loop.isEmpty {
            let (x, y) = (item.boxLeft + item.boxWidth, top(index, tops) + item.boxHeight / 2)
            arrows.append(
                .init(
                    path: "M\(x),\(y - 9) C\(x + 36),\(y - 20) \(x + 36),\(y + 20) \(x),\(y + 9)",
                    isDashed: item.isLoopDashed))
        }
        return arrows
    }

    /// Where on the edge of a stage the arrow to a neighbour begins: they share it from left to right.
    private func port(of item: Int, to neighbour: Int) -> Int {
        let row = items[neighbour].row
        let others = neighbours[item].filter {
            (items[$0].row > items[item].row) == (row > items[item].row)
        }
        .sorted { (items[$0].center, $0) < (items[$1].center, $1) }
        let place = others.firstIndex(of: neighbour) ?? 0
        return items[item].boxLeft + items[item].boxWidth * (place + 1) / (others.count + 1)
    }

    private static func path(_ points: [(x: Int, y: Int)]) -> String {
        guard let first = points.first else { return "" }
        var path = "M\(first.x),\(first.y)"
        var before = first
        for point in points.dropFirst() where point != before {
            if point.x == before.x {
                path += " L\(point.x),\(point.y)"
            } else {
                let middle = (before.y + point.y) / 2
                path += " C\(before.x),\(middle) \(point.x),\(middle) \(point.x),\(point.y)"
            }
            before = point
        }
        return path
    }
}
