import Testing

@testable import Randomness

@Suite struct DistributionTests {
    @Test(
        "Integers below a bound stay below it and are all reached",
        arguments: 1...40 as ClosedRange<UInt64>)
    func integersCoverTheRange(bound: UInt64) {
        var random = SeededRandom(seed: bound)
        var seen = Set<UInt64>()
        for _ in 0..<1_000 {
            let value = random.uniformInteger(below: bound)
            #expect(value < bound)
            seen.insert(value)
        }
        #expect(seen.count == Int(bound))
    }

    @Test("Integers are uniform: chi-squared over 10 classes stays below its 0.999 quantile")
    func integersAreUniform() {
        var random = SeededRandom(seed: 3)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<100_000 { counts[Int(random.uniformInteger(below: 10))] += 1 }
        let statistic = counts.reduce(0.0) {
            $0 + (Double($1) - 10_000) * (Double($1) - 10_000) / 10_000
        }
        #expect(statistic < 27.9)
    }

    @Test("A bound just above a power of two is drawn without bias")
    func rejectionIsUsed() {
        // Nearly half of all words are rejected at this bound; both halves must stay equally likely.
        let bound = UInt64(1) << 63 + 1
        var random = SeededRandom(seed: 9)
        #expect((0..<8).map { _ in random.uniformInteger(below: bound) } == integersBelowHalf)
        let upper = (0..<20_000).count { _ in random.uniformInteger(below: bound) >= bound / 2 }
        #expect(abs(upper - 10_000) < 300)
    }

    @Test("A closed range may be as wide as all integers")
    func rangesOfAnyWidth() {
        var random = SeededRandom(seed: 5)
        #expect((0..<100).allSatisfy { _ in (-3...3).contains(random.uniformInteger(in: -3...3)) })
        #expect(random.uniformInteger(in: 7...7) == 7)
        let wide = (0..<64).map { _ in random.uniformInteger(in: .min ... .max) }
        #expect(wide.contains { $0 < 0 } && wide.contains { $0 > 0 })
    }

    @Test("Fractions lie from 0 up to 1, with the mean and variance of the uniform distribution")
    func fractionsAreUniform() {
        var random = SeededRandom(seed: 11)
        let values = (0..<50_000).map { _ in random.uniformFraction() }
        #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
        let mean = values.reduce(0, +) / 50_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 50_000
        #expect(abs(mean - 0.5) < 0.006)
        #expect(abs(variance - 1.0 / 12) < 0.002)
    }

    @Test("A shuffle is the one that a second implementation makes")
    func shuffleIsPinned() {
        // A Python version of Lemire's and Durstenfeld's algorithms over the same stream.
        var random = SeededRandom(seed: 42)
        #expect(random.permutation(of: 10) == shuffledTen)
    }

    @Test("A shuffle keeps its elements", arguments: 0..<30)
    func shuffleKeepsElements(count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        #expect(random.permutation(of: count).sorted() == Array(0..<count))
    }

    @Test("All six orders of three elements are equally likely")
    func shuffleIsUniform() {
        var random = SeededRandom(seed: 13)
        var counts: [[Int]: Int] = [:]
        for _ in 0..<60_000 { counts[random.permutation(of: 3), default: 0] += 1 }
        #expect(counts.count == 6)
        #expect(counts.values.allSatisfy { abs($0 - 10_000) < 400 })
    }

    @Test("Normal numbers are those of a second implementation, to the last bits of its logarithm")
    func normalNumbersAreKnown() {
        var random = SeededRandom(seed: 42)
        for expected in firstNormals {
            #expect(abs(random.normalNumber() - expected) <= 4e-16 * max(1, abs(expected)))
        }
    }

    @Test("Normal numbers have the first four moments of the normal distribution")
    func normalNumbersHaveTheirMoments() {
        var random = SeededRandom(seed: 17)
        let count = 100_000
        var sums = (0.0, 0.0, 0.0, 0.0)
        for _ in 0..<count {
            let x = random.normalNumber()
            sums = (sums.0 + x, sums.1 + x * x, sums.2 + x * x * x, sums.3 + x * x * x * x)
        }
        let n = Double(count)
        #expect(abs(sums.0 / n) < 0.012)
        #expect(abs(sums.1 / n - 1) < 0.02)
        #expect(abs(sums.2 / n) < 0.05)
        #expect(abs(sums.3 / n - 3) < 0.12)
    }

    @Test("Mean and standard deviation move and stretch")
    func normalNumbersAreScaled() {
        var first = SeededRandom(seed: 19)
        var second = first
        #expect(
            first.normalNumber(mean: 5, standardDeviation: 2) == 5 + 2 * second.normalNumber())
    }

    @Test("The logarithm is right to two units in the last place", arguments: knownLogarithms)
    func logarithmIsKnown(value: Double, logarithm: Double) {
        #expect(abs(portableLogarithm(value) - logarithm) <= 2 * logarithm.ulp)
    }
}

private let shuffledTen = [9, 1, 4, 2, 8, 7, 6, 5, 3, 0]

/// Lemire's algorithm in Python, for the bound 2⁶³ + 1 and the seed 9.
private let integersBelowHalf: [UInt64] = [
    2_319_580_045_106_576_892, 1_221_748_613_630_143_883, 6_757_913_274_525_099_558,
    6_865_958_487_491_340_624, 1_378_353_610_580_529_666, 4_185_725_222_750_407_058,
    6_936_693_820_112_733_443, 8_741_889_694_517_089_338,
]

private let firstNormals = [
    -0.7262191382447857, 0.2216227015035933, 0.46417731016247366, 1.476249461018415,
]

/// Correctly rounded, from Python's `decimal` with 60 digits.
private let knownLogarithms: [(Double, Double)] = [
    (0.5, -0.6931471805599453),
    (0.1, -2.3025850929940455),
    (0.999999999, -9.999999722180686e-10),
    (1e-300, -690.7755278982137),
    (1e-09, -20.72326583694641),
    (0.7071067811865476, -0.3465735902799726),
    (0.70710678, -0.3465735919580042),
    (3.0, 1.0986122886681098),
    (1.0, 0.0),
    (12345.678, 9.421061321291832),
    (1e+308, 709.1962086421661),
    (0.9, -0.10536051565782628),
    (0.99, -0.01005033585350145),
]
