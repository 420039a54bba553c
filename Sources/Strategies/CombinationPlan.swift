import CKernels

/// What is left to do with each block once the updates have been looked at as a whole.
enum CombinationPlan {
    /// Σ factorᵢ Δᵢ / divisor over these updates, in this order.
    case sum(terms: [(update: Int, factor: Double)], divisor: Double)
    /// Per parameter, the mean of those that come `kept` when all are sorted.
    case sorted(kept: ClosedRange<Int>)
    /// Per parameter, the mean of the `kept` nearest to the median of these updates.
    case nearMedian(updates: [Int], kept: Int)

    /// The updates whose parameters are read.
    func updates(of count: Int) -> [Int] {
        switch self {
        case .sum(let terms, _): terms.map(\.update)
        case .sorted: Array(0..<count)
        case .nearMedian(let updates, _): updates
        }
    }

    func shares(of count: Int) -> [Double]? {
        guard case .sum(let terms, let divisor) = self else { return nil }
        var shares = [Double](repeating: 0, count: count)
        for term in terms { shares[term.update] = term.factor / divisor }
        return shares
    }
}

extension Aggregation {
    func combinationPlan() throws -> CombinationPlan {
        let count = updates.count
        switch strategy.combination {
        case .weightedMean:
            return means(of: updates.map { Double($0.weight) })
        case .mean:
            return means(of: updates.map { _ in 1 })
        case .meanClipped(let norm):
            let norms = try distances(pairs: false).squaredNorms.map { $0.squareRoot() }
            let terms = staled(norms.map { min(1, norm / $0) })
            return .sum(terms: Array(terms.enumerated()).map { ($0, $1) }, divisor: Double(count))
        case .median:
            return .sorted(kept: (count - 1) / 2...count / 2)
        case .trimmedMean(let f):
            return .sorted(kept: f...count - f - 1)
        case .krum(let f):
            return selected(try distances().krumSelection(f: f, m: 1))
        case .multiKrum(let f, let m):
            return selected(try distances().krumSelection(f: f, m: m))
        case .bulyan(let f):
            let selection = try distances().bulyanSelection(f: f)
            return .nearMedian(updates: selection, kept: selection.count - 2 * f)
        case .geometricMedian(let nu, let iterations):
            let shares = try distances().geometricMedianShares(
                weights: updates.map { Double($0.weight) }, nu: nu, iterations: iterations)
            return .sum(terms: Array(shares.enumerated()).map { ($0, $1) }, divisor: 1)
        }
    }

    /// The control variates count as their updates do.
    func controlCombiner() -> BlockCombiner? {
        let controls = updates.compactMap(\.control)
        guard !controls.isEmpty else { return nil }
        let weights = updates.map { strategy.combination == .mean ? 1 : Double($0.weight) }
        return BlockCombiner(plan: means(of: weights), sources: controls, blockLength: blockLength)
    }

    /// A mean with these weights, or what FedNova and FedBuff make of it.
    private func means(of weights: [Double]) -> CombinationPlan {
        let divisor = weights.reduce(0, +)
        var factors = staled(weights)
        if strategy.server == .normalised {
            let normalisers = updates.map { $0.normaliser ?? 1 }
            // The effective number of steps, Σ pᵢ ‖aᵢ‖₁.
            let steps = zip(weights, normalisers).reduce(0) { $0 + $1.0 * $1.1 } / divisor
            factors = zip(weights, normalisers).map { $0 * steps / $1 }
        }
        return .sum(terms: Array(factors.enumerated()).map { ($0, $1) }, divisor: divisor)
    }

    private func staled(_ factors: [Double]) -> [Double] {
        guard case .buffered = strategy.server else { return factors }
        return zip(factors, updates).map { $0 / (1 + Double($1.staleness)).squareRoot() }
    }

    private func selected(_ selection: [Int]) -> CombinationPlan {
        .sum(terms: selection.map { ($0, 1) }, divisor: Double(selection.count))
    }

    /// The distances between the updates, from one pass over all of them.
    ///
    /// - Throws: ``StrategyError`` where a parameter is not finite, or what a source throws.
    package func distances() throws -> UpdateDistances { try distances(pairs: true) }

    private func distances(pairs: Bool) throws -> UpdateDistances {
        let count = updates.count
        var normLanes = [Double](repeating: 0, count: 8 * count)
        var pairLanes = [Double](repeating: 0, count: pairs ? 4 * count * (count - 1) : 0)
        // The pairs pass over a slice again and again, in double precision: it should stay in cache.
        let slice = 512
        let reader = BlockReader(
            updates.map(\.delta), rowsMax: pairs ? count : 1, blockLength: blockLength)
        var scratch = [Double](repeating: 0, count: pairs ? count * slice : 0)
        for start in stride(from: 0, to: base.count, by: blockLength) {
            let range = start..<min(start + blockLength, base.count)
            guard pairs else {
                for index in updates.indices {
                    let row = try reader.rows(range, of: index..<index + 1)[0]
                    Self.addSquaredNorm(of: row, range.count, to: &normLanes, index)
                }
                continue
            }
            let rows = try reader.rows(range)
            for offset in stride(from: 0, to: range.count, by: slice) {
                let length = min(slice, range.count - offset)
                let slices = rows.map { $0 + offset }
                for (index, row) in slices.enumerated() {
                    Self.addSquaredNorm(of: row, length, to: &normLanes, index)
                }
                jl_squared_distances(&pairLanes, &scratch, slices, count, length)
            }
        }
        let distances = UpdateDistances(
            pairLanes: pairs ? pairLanes : nil, normLanes: normLanes, count: count)
        // The square of a float is far from overflowing in double precision.
        if let index = distances.squaredNorms.firstIndex(where: { !$0.isFinite }) {
            let parameter = try reader.firstNotFinite(source: index) ?? 0
            throw StrategyError.update(index, .notFinite(parameter: parameter))
        }
        return distances
    }
    private static func addSquaredNorm(
        of row: UnsafePointer<Float>, _ count: Int, to lanes: inout [Double], _ index: Int
    ) {
        lanes.withUnsafeMutableBufferPointer { lanes in
            guard let first = lanes.baseAddress else { return }
            jl_squared_norm(first + 8 * index, row, count)
        }
    }
}
