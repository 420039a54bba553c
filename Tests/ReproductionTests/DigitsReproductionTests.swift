import Testing

@testable import reproduce

@Suite struct DigitsReproductionTests {
    @Test("An order that holds at one rate alone is not said to hold at the better of two")
    func verdict() {
        #expect(
            DigitsReproduction.verdict([47, 35, 122, 44, 24, 220], missed: 0)
                == "The published order (20 clients, 10, 1, non-IID): at the rate .1 the same; "
                + "with the better rate of each that was run **not the same**.")
        #expect(
            DigitsReproduction.verdict([47, 46, 300, 44, 24, 200], missed: 1)
                == "The published order (20 clients, 10, 1, non-IID): at the rate .1 **not the "
                + "same**; with the better rate of each that was run **not the same**. 1 runs had "
                + "not reached 97 % after 800 rounds and count as that many.")
    }
}
