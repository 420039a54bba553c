import Testing

@testable import reproduce

@Suite struct OrderAgreementTests {
    @Test("Measured figures in the published order agree in all pairs, whatever their size")
    func agreement() {
        let agreement = OrderAgreement([
            entry("c", 300, [9]), entry("a", 100, [1]), entry("b", 200, [2]),
        ])
        #expect(agreement.share == "3 of 3")
        #expect(agreement.disagreements.isEmpty)
    }

    @Test("A pair the other way round is named, in the published order")
    func disagreement() {
        let agreement = OrderAgreement([
            entry("a", 100, [3, 4]), entry("b", 200, [1, 2]), entry("c", 300, [7, 8]),
        ])
        #expect(agreement.share == "2 of 3")
        #expect(agreement.disagreements.map(\.first.name) == ["a"])
        #expect(agreement.disagreements.map(\.second.name) == ["b"])
        #expect(agreement.disagreements[0].isWithinSpread == false)
    }

    @Test("Equal means are not an order, and equal published figures are not compared")
    func ties() {
        let agreement = OrderAgreement([
            entry("a", 100, [2]), entry("b", 200, [2]), entry("c", 200, [3]),
        ])
        #expect(agreement.share == "1 of 2")
    }

    @Test("Ranges that overlap are within the spread; one seed is no range")
    func spread() {
        func isWithin(_ first: [Double], _ second: [Double]) -> Bool? {
            OrderAgreement([entry("a", 1, first), entry("b", 2, second)]).disagreements.first?
                .isWithinSpread
        }
        #expect(isWithin([3, 5], [2, 4]) == true)
        #expect(isWithin([3, 5], [2, 3]) == true)
        #expect(isWithin([4, 5], [2, 3]) == false)
        #expect(isWithin([4], [2, 5]) == nil)
    }

    private func entry(
        _ name: String, _ published: Double, _ measured: [Double]
    ) -> OrderAgreement.Entry {
        OrderAgreement.Entry(name: name, published: published, measured: measured)
    }
}
