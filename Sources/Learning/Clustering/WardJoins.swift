/// Weighted points that are joined two by two until few enough are left, each time the two whose
/// joining adds least to the sum of the squared distances to the points' means: Ward, *Hierarchical
/// Grouping to Optimize an Objective Function*, Journal of the American Statistical Association 58,
/// 1963.
struct WardJoins {
    private let width: Int
    private let scales: [Double]
    /// m × P.
    private(set) var points: [Double]
    private(set) var weights: [Double]
    /// For each point the one that it would be joined with, and what that would add.
    private var nearest: [(place: Int, cost: Double)] = []

    /// - Parameters:
    ///   - points: m × P.
    ///   - weights: m, above 0.
    ///   - scales: P: how long a unit of each input is.
    init(_ points: [Double], weights: [Double], scales: [Double]) {
        self.points = points
        self.weights = weights
        self.scales = scales
        width = scales.count
    }

    mutating func join(to countMax: Int) {
        guard weights.count > countMax else { return }
        nearest = weights.indices.map { nearest(to: $0) }
        while weights.count > countMax, let one = cheapest { join(one, nearest[one].place) }
    }

    private var cheapest: Int? {
        nearest.indices.min { nearest[$0].cost < nearest[$1].cost }
    }

    private func cost(_ one: Int, _ other: Int) -> Double {
        var distance = 0.0
        for input in 0..<width {
            let difference =
                (points[one * width + input] - points[other * width + input]) / scales[input]
            distance += difference * difference
        }
        return distance * (weights[one] * weights[other] / (weights[one] + weights[other]))
    }

    private func nearest(to point: Int) -> (place: Int, cost: Double) {
        var found = (place: point == 0 ? 1 : 0, cost: Double.infinity)
        for other in weights.indices where other != point {
            let cost = cost(point, other)
            if cost < found.cost { found = (other, cost) }
        }
        return found
    }

    private mutating func join(_ one: Int, _ other: Int) {
        let (kept, gone) = (min(one, other), max(one, other))
        let share = weights[gone] / (weights[kept] + weights[gone])
        for input in 0..<width {
            let place = kept * width + input
            points[place] += (points[gone * width + input] - points[place]) * share
        }
        weights[kept] += weights[gone]
        points.removeSubrange(gone * width..<(gone + 1) * width)
        weights.remove(at: gone)
        nearest.remove(at: gone)
        guard weights.count > 1 else { return }
        for point in nearest.indices where point != kept {
            let place = nearest[point].place
            if place == kept || place == gone {
                nearest[point] = nearest(to: point)
            } else {
                if place > gone { nearest[point].place -= 1 }
                let cost = cost(point, kept)
                if cost < nearest[point].cost { nearest[point] = (kept, cost) }
            }
        }
        nearest[kept] = nearest(to: kept)
    }
}
