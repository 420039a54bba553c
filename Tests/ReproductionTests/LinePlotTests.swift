import Testing

@testable import reproduce

@Suite struct LinePlotTests {
    @Test("A point stands where the axes say, and names are escaped")
    func places() {
        let svg = LinePlot(
            title: "a < b & c", x: "round", y: "share", range: 0...1,
            lines: [.init(name: "one", points: [(0, 0), (10, 1)])]
        ).svg
        #expect(svg.contains("a &lt; b &amp; c"))
        // The lower left and the upper right corner of the frame.
        #expect(svg.contains(#"points="64.0,296.0 484.0,36.0""#))
    }

    @Test("On a logarithmic axis powers of ten are equally far apart")
    func logarithmic() {
        let svg = LinePlot(
            title: "t", x: "x", y: "y", range: 0...1, isLogarithmic: true,
            lines: [.init(name: "one", points: [(1, 0), (10, 0), (100, 0)])]
        ).svg
        #expect(svg.contains(#"points="64.0,296.0 274.0,296.0 484.0,296.0""#))
    }
}
