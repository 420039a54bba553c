import Randomness
import Testing

@testable import Learning

@Suite struct HoldoutSplitTests {
    @Test("The rows held out are those that a second implementation holds out")
    func knownSplit() throws {
        // Python's hashlib: of the rows 0 to 19, every third positive, 300 per mille of each class.
        let split = try #require(HoldoutSplit(perMille: 300, salt: "example"))
        let labels = (0..<20).map { Float($0 % 3 == 0 ? 1 : 0) }
        let parts = split.split(labels: labels, numbers: Array(0..<20))
        #expect(parts.holdout == [2, 4, 6, 7, 12, 14])
        #expect(parts.training == [0, 1, 3, 5, 8, 9, 10, 11, 13, 15, 16, 17, 18, 19])
    }

    @Test(
        "Every row is on one side, and both classes in proportion",
        arguments: 0..<60 as Range<UInt64>)
    func splitIsAPartition(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let count = random.uniformInteger(in: 0...300)
        let perMille = random.uniformInteger(in: 0...1_000)
        let split = try #require(HoldoutSplit(perMille: perMille, salt: "s\(seed)"))
        let labels = (0..<count).map { _ in Float(random.next().isMultiple(of: 4) ? 1 : 0) }
        let (training, holdout) = split.split(labels: labels, numbers: Array(0..<UInt64(count)))

        #expect((training + holdout).sorted() == Array(0..<UInt32(count)))
        #expect(training == training.sorted() && holdout == holdout.sorted())
        for label in [Float(0), 1] {
            let all = labels.count { $0 == label }
            let held = holdout.count { labels[Int($0)] == label }
            #expect(abs(Double(held) - Double(all * perMille) / 1_000) <= 1, "seed \(seed)")
            if all >= 2, perMille > 0, perMille < 1_000 { #expect(held > 0 && held < all) }
        }
    }

    @Test("A row's fate depends on its number and class alone, not on the rows around it")
    func splitIsStable() throws {
        let split = try #require(HoldoutSplit(perMille: 250, salt: "stable"))
        let labels = (0..<200).map { Float($0 % 2) }
        let whole = split.split(labels: labels, numbers: Array(0..<200))
        // Row 7 loses its label: only rows of its class may change sides, and at most one does.
        let kept = (0..<200).filter { $0 != 7 }
        let parts = split.split(labels: kept.map { labels[$0] }, numbers: kept.map { UInt64($0) })
        let before = Set(whole.holdout.map { Int($0) })
        let after = Set(parts.holdout.map { kept[Int($0)] })
        #expect(before.symmetricDifference(after).subtracting([7]).count <= 1)
        #expect(before.symmetricDifference(after).allSatisfy { $0 % 2 == 1 })
    }

    @Test("The extremes keep everything together")
    func extremes() {
        let labels: [Float] = [0, 1, 1]
        #expect(HoldoutSplit.none.split(labels: labels, numbers: [0, 1, 2]).training == [0, 1, 2])
        #expect(HoldoutSplit.all.split(labels: labels, numbers: [0, 1, 2]).holdout == [0, 1, 2])
        #expect(HoldoutSplit(perMille: -1, salt: "") == nil)
        #expect(HoldoutSplit(perMille: 1_001, salt: "") == nil)
    }
}
