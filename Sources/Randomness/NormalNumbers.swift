extension RandomNumberGenerator {
    /// A number from the normal distribution with mean 0 and variance 1.
    ///
    /// Marsaglia's polar method (Marsaglia and Bray, *A Convenient Method for Generating Normal
    /// Variables*, SIAM Review 6(3), 1964). Of each accepted pair only the first number is used, so
    /// that a generator has no state beside its own.
    ///
    /// All arithmetic is exact to IEEE 754, the logarithm included, so that the same seed gives the
    /// same bits on every platform. Not for the noise of differential privacy: floating-point
    /// samples leak through their gaps (Mironov, CCS 2012).
    package mutating func normalNumber() -> Double {
        while true {
            let x = 2 * uniformFraction() - 1
            let y = 2 * uniformFraction() - 1
            let square = x * x + y * y
            if square > 0, square < 1 {
                return x * (-2 * portableLogarithm(square) / square).squareRoot()
            }
        }
    }

    /// A number from the normal distribution with this mean and standard deviation.
    package mutating func normalNumber(mean: Double, standardDeviation: Double) -> Double {
        mean + standardDeviation * normalNumber()
    }
}

/// The natural logarithm, from additions, multiplications and divisions alone: the C libraries'
/// logarithms differ in their last bit.
///
/// ln x = e ln 2 + 2 artanh((m − 1) / (m + 1)), where x = m 2ᵉ and m is near 1; the series of
/// artanh is cut where its terms fall below a double's precision. The error is below 2 units in
/// the last place.
///
/// - Parameter value: Positive and normal.
func portableLogarithm(_ value: Double) -> Double {
    var exponent = Double(value.exponent)
    var mantissa = value.significand
    if mantissa > 2.0.squareRoot() {
        mantissa /= 2
        exponent += 1
    }
    let ratio = (mantissa - 1) / (mantissa + 1)
    let square = ratio * ratio
    var series = 0.0
    for divisor in stride(from: 23.0, through: 3, by: -2) {
        series = (series + 1 / divisor) * square
    }
    // ln 2 in two parts, the first with so many zeros at its end that its product is exact.
    let upper = 0x1.62e42feep-1
    let lower = 0x1.a39ef35793c76p-33
    return exponent * upper + (2 * (ratio + ratio * series) + exponent * lower)
}
