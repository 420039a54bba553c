/// Divides an amount in proportion to weights, in whole units, with nothing lost.
///
/// Everybody gets the whole part of its share, and what is left goes, a unit each, to those with the
/// largest remainders; of equal ones the earlier comes first (Hamilton's method).
package enum LargestRemainder {
    /// - Returns: As many shares as weights, which sum to the amount; `nil` where a weight or the amount
    ///   is below 0, the weights' sum is 0 or does not fit 64 bits.
    package static func shares(of amount: Int64, by weights: [Int64]) -> [Int64]? {
        guard amount >= 0, weights.allSatisfy({ $0 >= 0 }) else { return nil }
        var total: UInt64 = 0
        for weight in weights {
            let (sum, overflow) = total.addingReportingOverflow(UInt64(weight))
            guard !overflow else { return nil }
            total = sum
        }
        guard total > 0 else { return nil }
        var left = UInt64(amount)
        var shares: [Int64] = []
        var remainders: [(index: Int, rest: UInt64)] = []
        for (index, weight) in weights.enumerated() {
            let product = UInt64(amount).multipliedFullWidth(by: UInt64(weight))
            // The quotient is at most the amount, so that it fits.
            let (share, rest) = total.dividingFullWidth(product)
            shares.append(Int64(share))
            left -= share
            remainders.append((index, rest))
        }
        remainders.sort { ($1.rest, $0.index) < ($0.rest, $1.index) }
        for (index, _) in remainders.prefix(Int(left)) { shares[index] += 1 }
        return shares
    }
}
