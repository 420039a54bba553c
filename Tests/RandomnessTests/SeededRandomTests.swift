import Randomness
import Testing

@Suite struct SeededRandomTests {
    @Test("The stream is the one that the authors of xoshiro256** publish")
    func streamIsTheReferenceStream() {
        // The vector of Vigna's xoshiro256starstar.c from the state 1, 2, 3, 4, as also tested by
        // the Rust crate rand_xoshiro.
        let expected: [UInt64] = [
            11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
            607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
            10_595_114_339_597_558_777, 2_904_607_092_377_533_576,
        ]
        var random = SeededRandom(state: (1, 2, 3, 4))
        #expect(expected.map { _ in random.next() } == expected)
    }

    @Test("SplitMix64 is the one of its reference implementation")
    func seedsAreMixedAsPublished() {
        var zero = SplitMix64(seed: 0)
        #expect(zero.next() == 0xE220_A839_7B1D_CDAF)
        #expect(zero.next() == 0x6E78_9E6A_A1B9_65F4)
        #expect(zero.next() == 0x06C4_5D18_8009_454F)
        var other = SplitMix64(seed: 1_477_776_061_723_855_037)
        #expect(other.next() == 1_985_237_415_132_408_290)
        #expect(other.next() == 2_979_275_885_539_914_483)
    }

    @Test("A seed gives the stream that a second implementation gives")
    func seededStreamIsPinned() {
        // Computed by a Python version of both generators, written from the papers.
        let expected: [UInt64] = [
            1_546_998_764_402_558_742, 6_990_951_692_964_543_102, 12_544_586_762_248_559_009,
            17_057_574_109_182_124_193, 18_295_552_978_065_317_476,
        ]
        var random = SeededRandom(seed: 42)
        #expect(expected.map { _ in random.next() } == expected)
    }

    @Test("Two generators are equal until one of them draws")
    func equalityIsThatOfTheState() {
        let first = SeededRandom(seed: 7)
        var second = SeededRandom(seed: 7)
        #expect(first == second)
        #expect(first.hashValue == second.hashValue)
        _ = second.next()
        #expect(first != second)
        #expect(first != SeededRandom(seed: 8))
    }
}
