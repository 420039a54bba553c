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

    var deviation: Double { count > 1 ? (squares / Double(count - 1)).squareRoot() : 0 }

    /// The nine inner deciles of the sample, each once.
    var deciles: [Double] {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return [] }
        var edges: [Double] = []
        for tenth in 1...9 {
            let edge = sorted[min(sorted.count - 1, sorted.count * tenth / 10)]
            if edges.last != edge { edges.append(edge) }
        }
        return edges
    }
}
