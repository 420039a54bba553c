import Randomness
import Testing

@testable import Learning

@Suite struct WardJoinsTests {
    private struct Cluster: Equatable {
        var point: [Double]
        var weight: Double
    }

    /// By the definition: of all pairs the one that adds least, again and again.
    private func joined(_ clusters: [Cluster], scales: [Double], to count: Int) -> [Cluster] {
        var clusters = clusters
        while clusters.count > count {
            var best = (cost: Double.infinity, one: 0, other: 1)
            for one in clusters.indices {
                for other in clusters.indices where other > one {
                    let (a, b) = (clusters[one], clusters[other])
                    let distance = zip(zip(a.point, b.point), scales).reduce(0) {
                        let difference = ($1.0.0 - $1.0.1) / $1.1
                        return $0 + difference * difference
                    }
                    let cost = distance * (a.weight * b.weight / (a.weight + b.weight))
                    if cost < best.cost { best = (cost, one, other) }
                }
            }
            let gone = clusters.remove(at: best.other)
            let share = gone.weight / (clusters[best.one].weight + gone.weight)
            clusters[best.one].point = zip(clusters[best.one].point, gone.point).map {
                $0 + ($1 - $0) * share
            }
            clusters[best.one].weight += gone.weight
        }
        return clusters
    }

    @Test("The cheapest pair is joined, again and again", arguments: 0..<20)
    func cheapest(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let scales = [1, 0.01, 50]
        let clusters = (0..<30).map { _ in
            Cluster(
                point: scales.map { random.normalNumber() * $0 },
                weight: Double(random.uniformInteger(in: 1...40)))
        }
        for count in [29, 12, 3, 1] {
            var joins = WardJoins(
                clusters.flatMap(\.point), weights: clusters.map(\.weight), scales: scales)
            joins.join(to: count)
            let found = joins.weights.indices.map {
                Cluster(point: Array(joins.points[$0 * 3..<$0 * 3 + 3]), weight: joins.weights[$0])
            }
            #expect(found == joined(clusters, scales: scales, to: count))
        }
    }

    @Test("Points that are few enough stay, and what cannot be told apart is joined all the same")
    func extremes() {
        var few = WardJoins([1, 2], weights: [3, 4], scales: [1])
        few.join(to: 2)
        #expect(few.points == [1, 2] && few.weights == [3, 4])
        var none = WardJoins([], weights: [], scales: [1])
        none.join(to: 1)
        #expect(none.weights.isEmpty)
        // Farther apart than a number can tell.
        var far = WardJoins([1e100, -1e100, 0], weights: [1, 1, 1], scales: [1e-200])
        far.join(to: 1)
        #expect(far.weights == [3] && far.points.allSatisfy(\.isFinite))
        var same = WardJoins([5, 5, 5, 5], weights: [1, 2, 3, 4], scales: [1])
        same.join(to: 1)
        #expect(same.points == [5] && same.weights == [10])
    }
}
