import CKernels

/// The squared distances between n updates, and their squared norms: all that the rules need to
/// know that look at an update as a whole.
package struct UpdateDistances: Sendable {
    /// Row after row, n × n, 0 on the diagonal; empty where only norms were asked for.
    private let squares: [Double]
    package let squaredNorms: [Double]
    let count: Int

    /// The lanes that the kernels have added up, each ending in the sum of 8.
    init(pairLanes: [Double]?, normLanes: [Double], count: Int) {
        self.count = count
        squaredNorms = (0..<count).map { Self.folded(normLanes, at: 8 * $0) }
        guard let pairLanes else {
            squares = []
            return
        }
        var squares = [Double](repeating: 0, count: count * count)
        var pair = 0
        for left in 0..<count {
            for right in left + 1..<max(left + 1, count) {
                let square = Self.folded(pairLanes, at: 8 * pair)
                squares[left * count + right] = square
                squares[right * count + left] = square
                pair += 1
            }
        }
        self.squares = squares
    }

    /// ‖Δ_left − Δ_right‖².
    package subscript(left: Int, right: Int) -> Double { squares[left * count + right] }

    /// Lane l is added to by lane l + 4, then by l + 2 and l + 1, as in all kernels.
    private static func folded(_ lanes: [Double], at start: Int) -> Double {
        let fours = (0..<4).map { lanes[start + $0] + lanes[start + $0 + 4] }
        return (fours[0] + fours[2]) + (fours[1] + fours[3])
    }
}

extension UpdateDistances {
    /// Krum's score of each of the candidates: the sum of the squared distances to its nearest
    /// `neighbours` among them, the least first.
    package func krumScores(of candidates: [Int], neighbours: Int) -> [Double] {
        candidates.map { candidate in
            let distances = candidates.filter { $0 != candidate }.map { self[candidate, $0] }
            return distances.sorted().prefix(neighbours).reduce(0, +)
        }
    }

    /// The `m` updates that Krum scores best, in ascending order of their indices; of equal
    /// scores, the first.
    package func krumSelection(f: Int, m: Int) -> [Int] {
        let all = Array(0..<count)
        let scores = krumScores(of: all, neighbours: max(count - f - 2, 1))
        let best = all.sorted { (scores[$0], $0) < (scores[$1], $1) }
        return best.prefix(m).sorted()
    }

    /// The n − 2f updates that Bulyan goes on with, in the order in which it selects them.
    package func bulyanSelection(f: Int) -> [Int] {
        var left = Array(0..<count)
        return (0..<count - 2 * f).map { _ in
            let scores = krumScores(of: left, neighbours: max(left.count - f - 2, 1))
            var best = 0
            for place in left.indices where scores[place] < scores[best] { best = place }
            return left.remove(at: best)
        }
    }

    /// How much each update counts in the smoothed geometric median; the sum is 1.
    ///
    /// The distances to z = Σ aⱼ Δⱼ, Σ aⱼ = 1, follow from those between the updates:
    /// ‖Δᵢ − z‖² = Σⱼ aⱼ dᵢⱼ² − ½ Σⱼₖ aⱼ aₖ dⱼₖ².
    package func geometricMedianShares(weights: [Double], nu: Double, iterations: Int) -> [Double] {
        var shares = Self.normalised(weights)
        for _ in 0..<iterations {
            let means = (0..<count).map { i in
                (0..<count).reduce(0) { $0 + shares[$1] * self[i, $1] }
            }
            let half = (0..<count).reduce(0) { $0 + shares[$1] * means[$1] } / 2
            shares = Self.normalised(
                (0..<count).map { i in
                    weights[i] / max(nu, max(0, means[i] - half).squareRoot())
                })
        }
        return shares
    }

    private static func normalised(_ weights: [Double]) -> [Double] {
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }
}
