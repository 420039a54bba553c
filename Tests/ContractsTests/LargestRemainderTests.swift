import ContractLanguage
import Randomness
import Testing

@Suite struct LargestRemainderTests {
    @Test("Units that are left go to the largest fractions, of equal ones to the earlier")
    func examples() {
        #expect(LargestRemainder.shares(of: 100, weights: [1, 1, 1]) == [34, 33, 33])
        #expect(LargestRemainder.shares(of: 10, weights: [5, 3, 1]) == [6, 3, 1])
        #expect(LargestRemainder.shares(of: 1, weights: [1, 2, 1]) == [0, 1, 0])
        #expect(LargestRemainder.shares(of: 2, weights: [0, 1, 0, 1, 1]) == [0, 1, 0, 1, 0])
        #expect(LargestRemainder.shares(of: 0, weights: [1, 2]) == [0, 0])
        #expect(LargestRemainder.shares(of: 7, weights: [3]) == [7])
    }

    @Test("There is no division of less than nothing, by nothing, or by less")
    func refusals() {
        #expect(LargestRemainder.shares(of: -1, weights: [1]) == nil)
        #expect(LargestRemainder.shares(of: 1, weights: []) == nil)
        #expect(LargestRemainder.shares(of: 1, weights: [0, 0]) == nil)
        #expect(LargestRemainder.shares(of: 1, weights: [2, -1]) == nil)
    }

    @Test("The largest numbers there are divide exactly")
    func extremes() {
        #expect(
            LargestRemainder.shares(of: .max, weights: [.max, .max, .max])
                == [.max / 3 + 1, .max / 3, .max / 3])
        #expect(LargestRemainder.shares(of: .max, weights: [.max, 0]) == [.max, 0])
        let many = LargestRemainder.shares(of: .max, weights: Array(repeating: .max, count: 300))
        #expect(many?.reduce(0, +) == .max)
    }

    @Test(
        "Shares sum to the amount, and none is a unit away from its quota or more",
        arguments: 0..<200 as Range<UInt64>)
    func properties(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            let bits = random.uniformInteger(below: 63)
            let amount = Int64(random.uniformInteger(below: 1 << bits))
            let weights = (0...random.uniformInteger(below: 12)).map { _ in
                Int64(random.uniformInteger(below: 1 << random.uniformInteger(below: 63)))
            }
            let total = weights.reduce(UInt128(0)) { $0 + UInt128($1) }
            guard total > 0 else { continue }
            let shares = try #require(LargestRemainder.shares(of: amount, weights: weights))
            #expect(shares.reduce(0, +) == amount, "seed \(seed)")
            for (share, weight) in zip(shares, weights) {
                let product = UInt128(amount) * UInt128(weight)
                let quota = Int64(product / total)
                let isWhole = product % total == 0
                #expect(
                    share == quota || share == quota + 1 && !isWhole,
                    "seed \(seed): \(share) of \(amount) by \(weights)")
            }
            // More weight never gets less.
            for (left, right) in zip(zip(shares, weights), zip(shares, weights).dropFirst())
            where left.1 < right.1 {
                #expect(left.0 <= right.0, "seed \(seed): \(shares) by \(weights)")
            }
        }
    }
}
