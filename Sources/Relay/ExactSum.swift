/// The sum of weighted updates in exact arithmetic, so that the order in which devices answer
/// changes no bit of it, and no update has to be kept.
///
/// Each parameter is a multiple of 2⁻⁶⁴ in a 128-bit integer, as in a long accumulator (Kulisch,
/// *Computer Arithmetic and Validity*, 2008, chapter 8) cut to the range that updates have:
///
/// | | |
/// |---|---|
/// | a product weight × update | exact where the update is 0 or at least 2⁻⁴⁰, else rounded to the nearest multiple of 2⁻⁶⁴, halves away from 0 |
/// | the sum | exact |
/// | the mean of n updates | at most n · 2⁻⁶⁵ / weight from the true one, before it is rounded to single precision |
/// | bounds, checked | each update below 2²² in magnitude, all weights together at most 2⁴⁰ |
/// | overflow | none: 2²² · 2⁴⁰ · 2⁶⁴ = 2¹²⁶ |
///
/// Memory is 16 bytes for each parameter, whatever the number of updates.
package struct ExactSum: Sendable {
    package static let magnitudeEnd: Float = 0x1p22
    package static let weightMax: Int64 = 1 << 40

    private static let fractionBits = 64

    /// Of all updates together.
    package private(set) var weight: Int64 = 0
    /// How many updates were added.
    package private(set) var count = 0
    private var sums: [Int128]

    package init(parameterCount: Int) {
        sums = [Int128](repeating: 0, count: parameterCount)
    }

    package var parameterCount: Int { sums.count }

    /// Adds an update, or nothing of it.
    ///
    /// - Parameter weight: For how many examples it stands.
    /// - Throws: ``DeviceFault``: `wrongWeight`, `weightExceeded`, `wrongLength`, `notFinite` or
    ///   `tooLarge`.
    package mutating func add(_ update: [Float], weight: Int64) throws(DeviceFault) {
        guard weight >= 1 else { throw .wrongWeight(weight) }
        guard weight <= Self.weightMax - self.weight else {
            throw .weightExceeded(weight, left: Self.weightMax - self.weight)
        }
        guard update.count == sums.count else {
            throw .wrongLength(received: update.count, expected: sums.count)
        }
        for (parameter, value) in update.enumerated() {
            guard value.isFinite else { throw .notFinite(parameter: parameter) }
            guard value.magnitude < Self.magnitudeEnd else { throw .tooLarge(parameter: parameter) }
        }
        update.withUnsafeBufferPointer { update in
            sums.withUnsafeMutableBufferPointer { sums in
                for index in sums.indices {
                    sums[index] &+= Self.product(update[index], weight)
                }
            }
        }
        self.weight += weight
        count += 1
    }

    /// Σ weight × update / Σ weight, in single precision; zeros where nothing was added.
    package var mean: [Float] {
        guard weight > 0 else { return [Float](repeating: 0, count: sums.count) }
        let scale = Double(weight)
        return sums.map { Float(Self.double($0) / scale) }
    }

    /// A sum in double precision, to an ulp or two: far below those of single precision.
    private static func double(_ sum: Int128) -> Double {
        let magnitude = sum.magnitude
        let high = Double(UInt64(truncatingIfNeeded: magnitude >> UInt128(fractionBits)))
        let low = Double(UInt64(truncatingIfNeeded: magnitude)) * 0x1p-64
        return sum < 0 ? -(high + low) : high + low
    }

    /// weight × update as a multiple of 2⁻⁶⁴.
    private static func product(_ value: Float, _ weight: Int64) -> Int128 {
        // value = ± significand · 2^exponent, the significand below 2²⁴ and so the product below 2⁶⁴.
        let biased = Int(value.exponentBitPattern)
        guard biased > 0 || value.significandBitPattern > 0 else { return 0 }
        let significand = UInt64(value.significandBitPattern) | (biased > 0 ? 1 << 23 : 0)
        let shift = max(biased, 1) - 150 + fractionBits
        let product = UInt128(significand * UInt64(weight))
        let magnitude: UInt128
        if shift >= 0 {
            magnitude = product << UInt128(shift)
        } else {
            // A shift by more than all its bits gives 0, which is what it rounds to.
            magnitude = ((product >> UInt128(-shift - 1)) + 1) >> 1
        }
        return value.sign == .minus ? -Int128(magnitude) : Int128(magnitude)
    }
}
