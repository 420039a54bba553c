import Randomness

/// Mean and deviation of numbers, and a random sample of them for quantiles, in memory that does not
/// grow with their count. The same numbers give the same sample.
struct NumberSample {
    /// A decile of so many is off by about half a percentage point.
    static let valuesMax = 10_000

    private(set) var count = 0
    private(set) var mean = 0.0
    private var squares = 0.0
    private(set) var values: [Double] = []
    private var random = SeededRandom(seed: 1)

    /// Mean and squares by Welford's method; the sample by Vitter's algorithm R.
    mutating func add(_ number: Double) {
        count += 1
        let difference = number - mean
        mean += difference / Double(count)
        squares += difference * (number - mean)
        guard count > Self.valuesMax else {
            values.append(number)
            return
        }
        let place = Int.random(in: 0..<count, using: &random)
        if place < Self.valuesMax { values[place] = number }
    }

    /// Of numbers whose squares no number can hold, the greatest there is.
    var deviation: Double {
        guard count > 1 else { return 0 }
        return min((squares / Double(count - 1)).squareRoot(), .greatestFiniteMagnitude)
    }

    /// The nine inner deciles of the sample, each once; before them, where the least value is a
    /// decile itself, an edge just below it: what comes to lie there has not been there.
    var deciles: [Double] {
        let sorted = values.sorted()
        guard let least = sorted.first else { return [] }
        var edges: [Double] = []
        if sorted[min(sorted.count - 1, sorted.count / 10)] == least, least.nextDown.isFinite {
            edges.append(least.nextDown)
        }
        for tenth in 1...9 {
            let edge = sorted[min(sorted.count - 1, sorted.count * tenth / 10)]
            if edges.last != edge { edges.append(edge) }
        }
        return edges
    }
}
