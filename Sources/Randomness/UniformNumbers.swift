/// Uniform numbers by published rules.
///
/// `Int.random(in:using:)` does not say how many words it draws or how it maps them, and may change
/// with the toolchain. What must come out the same for everybody uses these.
extension RandomNumberGenerator {
    /// An integer from 0 up to, and without, `bound`, each as likely as the others.
    ///
    /// Source: Lemire, *Fast Random Integer Generation in an Interval*, ACM Transactions on
    /// Modeling and Computer Simulation 29(1), 2019, Algorithm 5.
    ///
    /// - Precondition: `bound` is not 0.
    package mutating func uniformInteger(below bound: UInt64) -> UInt64 {
        precondition(bound > 0, "no integer is below 0")
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let excess = (0 &- bound) % bound
            while product.low < excess {
                product = next().multipliedFullWidth(by: bound)
            }
        }
        return product.high
    }

    /// An integer from a range, both ends included, each as likely as the others.
    package mutating func uniformInteger(in range: ClosedRange<Int>) -> Int {
        let lowest = UInt64(bitPattern: Int64(range.lowerBound))
        let width = UInt64(bitPattern: Int64(range.upperBound)) &- lowest
        let offset = width == .max ? next() : uniformInteger(below: width + 1)
        return Int(Int64(bitPattern: lowest &+ offset))
    }

    /// A number from 0 up to, and without, 1: one of the 2⁵³ multiples of 2⁻⁵³, from the upper bits
    /// of one word.
    package mutating func uniformFraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }
}
