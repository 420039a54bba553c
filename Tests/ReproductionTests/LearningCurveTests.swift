import Testing

@testable import reproduce

@Suite struct LearningCurveTests {
    @Test("The crossing lies on the line between the points around it")
    func interpolation() {
        #expect(curve([(5, 0.90), (6, 0.96), (7, 0.98)]).crossing(of: 0.97) == 6.5)
        #expect(curve([(10, 0.5), (20, 1)]).crossing(of: 0.625) == 12.5)
    }

    @Test("A point that has the accuracy itself is the crossing")
    func exact() {
        #expect(curve([(1, 0.5), (4, 0.75)]).crossing(of: 0.75) == 4)
    }

    @Test("Accuracies that were lost again count: the line starts at the best so far")
    func monotone() {
        let curve = curve([(1, 0.5), (2, 0.875), (3, 0.25), (4, 1)])
        #expect(curve.points.map(\.best) == [0.5, 0.875, 0.875, 1])
        #expect(curve.crossing(of: 0.9375) == 3.5)
    }

    @Test("Without a point before it the first is the crossing; an accuracy never reached has none")
    func ends() {
        #expect(curve([(3, 0.98)]).crossing(of: 0.97) == 3)
        #expect(curve([(3, 0.9), (4, 0.96)]).crossing(of: 0.97) == nil)
        #expect(LearningCurve().crossing(of: 0.97) == nil)
        #expect(LearningCurve().best == 0)
    }

    private func curve(_ points: [(Int, Double)]) -> LearningCurve {
        var curve = LearningCurve()
        for (round, accuracy) in points { curve.append(accuracy, after: round) }
        return curve
    }
}
