/// How an amount is divided by weights so that nothing is lost: the method of the largest remainder
/// (Hamilton's), in integers.
package enum LargestRemainder {
    /// Each gets the whole part of its quota, and the units that are left go one each to the largest
    /// fractions; of equal fractions the earlier comes first, so whoever calls puts the weights in an
    /// order that all agree on.
    ///
    /// Exact for all values: a product of two has at most 126 bits.
    ///
    /// - Returns: As many shares as weights, which sum to the amount; `nil` where the amount or a
    ///   weight is negative, or there is an amount and no weight is positive.
    /// - Complexity: O(n log n).
    package static func shares(of amount: Int64, weights: [Int64]) -> [Int64]? {
        guard amount >= 0, weights.allSatisfy({ $0 >= 0 }) else { return nil }
        // Nothing can be divided among nobody.
        guard amount > 0 else { return weights.map { _ in 0 } }
        let total = weights.reduce(UInt128(0)) { $0 + UInt128($1) }
        guard total > 0 else { return nil }
        let quotas = weights.map {
            (UInt128(amount) * UInt128($0)).quotientAndRemainder(dividingBy: total)
        }
        // No quota is more than the amount.
        var shares = quotas.map { Int64($0.quotient) }
        let left = Int(amount - shares.reduce(0, +))
        let order = quotas.indices.sorted {
            (quotas[$1].remainder, $0) < (quotas[$0].remainder, $1)
        }
        for index in order.prefix(left) { shares[index] += 1 }
        return shares
    }
}
