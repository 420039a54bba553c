import Randomness
import Strategies
import Testing

/// Honest updates scatter around a centre; attackers may send what they like.
@Suite struct RobustnessTests {
    private static let parameters = 40

    private static func combined(
        _ combination: Combination, honest: Int, attackers: Int, seed: UInt64
    ) throws -> (error: Double, spread: Double) {
        var random = SeededRandom(seed: seed)
        let centre = (0..<parameters).map { _ in random.normalNumber() }
        let deltas = (0..<honest).map { _ in
            centre.map { Float($0 + 0.1 * random.normalNumber()) }
        }
        var updates = deltas.map { Update(weight: 10, delta: ParameterSource($0)) }
        let spread: Double
        switch combination {
        case .median, .trimmedMean, .bulyan:
            // They choose for each parameter by itself.
            spread = length(
                centre.indices.map { place in
                    deltas.map { abs(Double($0[place]) - centre[place]) }.max() ?? 0
                })
        default:
            spread = deltas.map { length(zip($0, centre).map { Double($0) - $1 }) }.max() ?? 0
        }
        // They agree with each other, which is the worst for Krum.
        let lie = centre.map { Float($0 - 1_000 - random.uniformFraction()) }
        updates += (0..<attackers).map { _ in Update(weight: 10, delta: ParameterSource(lie)) }
        random.shuffle(&updates)
        let found = try Aggregation.combined(combination, updates)
        return (length(zip(found, centre).map { $0 - $1 }), spread)
    }

    private static func length(_ vector: [Double]) -> Double {
        vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    /// Each rule with n = 15, and how many attackers it withstands there.
    static let rules: [(combination: Combination, f: Int)] = [
        (.median, 7), (.trimmedMean(f: 4), 4), (.krum(f: 6), 6), (.multiKrum(f: 6, m: 3), 6),
        (.bulyan(f: 3), 3), (.geometricMedian(nu: 1e-6, iterations: 60), 7),
    ]

    @Test(
        "As many attackers as a rule withstands move it no farther than honest members lie apart",
        arguments: rules)
    func within(combination: Combination, f: Int) throws {
        for seed in 0..<20 as Range<UInt64> {
            for attackers in 0...f {
                let (error, spread) = try Self.combined(
                    combination, honest: 15 - attackers, attackers: attackers, seed: seed)
                // The geometric median moves by up to 2 (n - f) / (n - 2f) spreads (its Lemma 2.1).
                let bound =
                    combination.name == "geometricMedian"
                    ? 2 * Double(15 - attackers) / Double(15 - 2 * attackers) : 1
                #expect(error <= bound * spread, "\(attackers) attackers, seed \(seed)")
            }
        }
    }

    @Test(
        "A majority of attackers decides every rule",
        arguments: rules.map(\.combination))
    func beyond(combination: Combination) throws {
        for seed in 0..<20 as Range<UInt64> {
            let (error, _) = try Self.combined(combination, honest: 4, attackers: 11, seed: seed)
            #expect(error > 1_000, "seed \(seed)")
        }
    }

    @Test("One more attacker than trimmed are enough to move a trimmed mean")
    func trimmedBeyond() throws {
        for seed in 0..<20 as Range<UInt64> {
            let (error, _) = try Self.combined(
                .trimmedMean(f: 4), honest: 10, attackers: 5, seed: seed)
            #expect(error > 100, "seed \(seed)")
        }
    }

    @Test("One attacker moves a mean as far as it likes, and a clipped one by C / n")
    func clipping() throws {
        for seed in 0..<20 as Range<UInt64> {
            let (mean, _) = try Self.combined(.mean, honest: 14, attackers: 1, seed: seed)
            #expect(mean > 100, "seed \(seed)")
            let (clipped, spread) = try Self.combined(
                .meanClipped(norm: 15), honest: 14, attackers: 1, seed: seed)
            #expect(clipped <= spread + 2, "seed \(seed)")
        }
    }
}
