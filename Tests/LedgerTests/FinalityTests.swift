import Ledger
import Randomness
import Testing

@Suite struct FinalityTests {
    @Test("An entry is final once a certified checkpoint contains a certificate over it")
    func stages() {
        var finality = Finality()
        #expect(finality.stage(of: 0) == .sequenced)
        finality.certified(size: 10)
        #expect(finality.stage(of: 9) == .certified)
        #expect(finality.stage(of: 10) == .sequenced)
        finality.recorded(size: 10, at: 12)
        #expect(finality.stage(of: 9) == .certified, "the certificate may still be lost")
        finality.certified(size: 12)
        #expect(finality.stage(of: 9) == .certified, "the certificate is entry 12 itself")
        finality.certified(size: 13)
        #expect(finality.stage(of: 9) == .final)
        #expect(finality.stage(of: 10) == .certified)
        #expect(Stage.sequenced < .certified && Stage.certified < .final)
    }

    @Test("A certificate that stands on the ledger counts though nobody sent it")
    func recordedIsCertified() {
        var finality = Finality()
        finality.recorded(size: 4, at: 6)
        #expect(finality.certifiedSize == 4)
        #expect(finality.finalSize == 0)
        finality.recorded(size: 8, at: 9)
        #expect(finality.certifiedSize == 8)
        #expect(finality.finalSize == 4)
    }

    @Test(
        "Certainty follows from its definition and never falls", arguments: 0..<300 as Range<UInt64>
    )
    func definition(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var finality = Finality()
        var certified: Set<UInt64> = []
        var recorded: [(size: UInt64, index: UInt64)] = []
        var next: UInt64 = 2
        for _ in 0..<40 {
            if random.uniformInteger(below: 2) == 0 {
                let size = 1 + random.uniformInteger(below: next)
                certified.insert(size)
                finality.certified(size: size)
            } else {
                let size = max(
                    1 + random.uniformInteger(below: next), recorded.last?.size ?? 0)
                guard size <= next else { continue }
                recorded.append((size, next))
                certified.insert(size)
                finality.recorded(size: size, at: next)
                next += 1 + random.uniformInteger(below: 4)
            }
            // What has been certified contains all that came before it.
            let certifiedSize = certified.max() ?? 0
            let finalSize =
                recorded.filter { $0.index < certifiedSize }.map(\.size).max() ?? 0
            #expect(finality.certifiedSize == certifiedSize, "seed \(seed)")
            #expect(finality.finalSize == finalSize, "seed \(seed)")
            #expect(finality.finalSize <= finality.certifiedSize)
        }
    }
}
