import Randomness

/// Centres to start from, by k-means++: Arthur and Vassilvitskii, *k-means++: The Advantages of
/// Careful Seeding*, SODA 2007, section 2.2. The first is drawn by the points' weights, each other
/// by weight times the squared distance to the nearest centre so far.
enum KMeansStart {
    /// - Parameters:
    ///   - points: m × P.
    ///   - weights: m, each 0 or above.
    /// - Returns: The places of at most `count` different points, fewer where all others have no
    ///   weight or stand on a centre already.
    static func chosen(
        _ count: Int, of points: [Double], weights: [Double], width: Int,
        random: inout SeededRandom
    ) -> [Int] {
        var chosen: [Int] = []
        var chances = weights
        var distances = [Double](repeating: .infinity, count: weights.count)
        while chosen.count < count {
            guard let next = drawn(chances, &random) else { break }
            chosen.append(next)
            for point in weights.indices {
                var distance = 0.0
                for input in 0..<width {
                    let difference = points[point * width + input] - points[next * width + input]
                    distance += difference * difference
                }
                distances[point] = min(distances[point], distance)
                chances[point] = weights[point] * distances[point]
            }
        }
        return chosen
    }

    private static func drawn(_ chances: [Double], _ random: inout SeededRandom) -> Int? {
        let total = chances.reduce(0, +)
        guard total > 0, total.isFinite else { return nil }
        let mark = random.uniformFraction() * total
        var sum = 0.0
        for (place, chance) in chances.enumerated() where chance > 0 {
            sum += chance
            if mark < sum { return place }
        }
        return chances.lastIndex { $0 > 0 }
    }
}
