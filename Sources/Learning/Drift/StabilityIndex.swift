import Foundation

/// The population stability index: how far shares have moved, Σ (q − p) ln(q / p) over the bins.
///
/// By the rule of credit scoring (Siddiqi, *Credit Risk Scorecards*, Wiley 2006) less than 0.1 is no
/// change to speak of, and 0.25 or more is a shift. Where both parts come from one distribution, the
/// index times nm/(n + m) is about χ² with B − 1 degrees of freedom (Yurdakul and Naranjo,
/// *Statistical properties of the population stability index*, Journal of Risk Model Validation 14(4),
/// 2020), so that few rows give large values by chance: what does not exceed the 99.9 % quantile of
/// that is taken for chance.
package struct StabilityIndex: Hashable, Sendable {
    package enum Verdict: String, Sendable {
        case stable, moved, drifted
    }

    package static let movedMin = 0.1
    package static let driftedMin = 0.25
    /// The 99.9 % quantile of the normal distribution.
    private static let z = 3.0902

    package let value: Double
    /// What chance alone would exceed once in a thousand times.
    package let chance: Double

    /// - Parameter counts: For each bin how often it came before and comes now.
    init(_ counts: [(before: Double, now: Double)]) {
        let bins = counts.filter { $0.before + $0.now > 0 }
        let (n, m) = (bins.reduce(0) { $0 + $1.before }, bins.reduce(0) { $0 + $1.now })
        guard bins.count > 1, n > 0, m > 0 else {
            (value, chance) = (0, 0)
            return
        }
        // Half a row more in each bin, so that an empty one gives no infinity.
        let size = Double(bins.count)
        value = bins.reduce(0) { sum, bin in
            let p = (bin.before + 0.5) / (n + 0.5 * size)
            let q = (bin.now + 0.5) / (m + 0.5 * size)
            return sum + (q - p) * log(q / p)
        }
        // χ² by Wilson and Hilferty's approximation.
        let freedom = size - 1
        let root = 1 - 2 / (9 * freedom) + Self.z * (2 / (9 * freedom)).squareRoot()
        chance = (1 / n + 1 / m) * freedom * root * root * root
    }

    package var verdict: Verdict {
        guard value >= chance else { return .stable }
        return value >= Self.driftedMin ? .drifted : value >= Self.movedMin ? .moved : .stable
    }
}
