/// A stream of random bits that a seed decides: the same seed gives the same stream on every
/// platform, in every build and with every version of Swift.
///
/// The generator is xoshiro256** 1.0: Blackman and Vigna, *Scrambled Linear Pseudorandom Number
/// Generators*, ACM Transactions on Mathematical Software 47(4), 2021. Its four words of state come
/// from ``SplitMix64``, as its authors advise. The period is 2²⁵⁶ − 1.
///
/// It is for shuffles, simulations and initial weights. Whoever sees a few outputs can compute all
/// others, so keys, salts, masks and the noise of differential privacy need a secure generator.
package struct SeededRandom: RandomNumberGenerator, Hashable, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var words = SplitMix64(seed: seed)
        state = (words.next(), words.next(), words.next(), words.next())
    }

    /// Continues from a state, as the published test vectors do.
    ///
    /// - Precondition: One of the words is not zero; a state of zeros never leaves itself.
    package init(state: (UInt64, UInt64, UInt64, UInt64)) {
        precondition(
            state.0 | state.1 | state.2 | state.3 != 0, "xoshiro256** has no state of zeros")
        self.state = state
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotated(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotated(state.3, by: 45)
        return result
    }

    private static func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 {
        word << bits | word >> (64 - bits)
    }

    package static func == (left: SeededRandom, right: SeededRandom) -> Bool {
        left.state == right.state
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(state.0)
        hasher.combine(state.1)
        hasher.combine(state.2)
        hasher.combine(state.3)
    }
}
