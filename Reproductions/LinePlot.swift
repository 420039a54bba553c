import Foundation

/// Lines over a common axis, as an SVG picture.
struct LinePlot {
    struct Line {
        let name: String
        let points: [(x: Double, y: Double)]
        /// Whether points are marked; without a line where there is one only.
        var isMarked = false
    }

    let title: String
    let x: String
    let y: String
    /// The lowest and highest value of y that are shown; lines are clipped.
    let range: ClosedRange<Double>
    var isLogarithmic = false
    let lines: [Line]

    private static let colours = [
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#888888",
    ]
    private static let (left, top, width, height) = (64.0, 36.0, 420.0, 260.0)

    var svg: String {
        let (left, top, width, height) = (Self.left, Self.top, Self.width, Self.height)
        var parts = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 350" font-family="sans-serif" font-size="11">"#,
            #"<rect width="720" height="350" fill="white"/>"#,
            text(left, 20, title, size: 13),
            #"<clipPath id="plot"><rect x="\#(left)" y="\#(top)" width="\#(width)" height="\#(height)"/></clipPath>"#,
            #"<rect x="\#(left)" y="\#(top)" width="\#(width)" height="\#(height)" fill="none" stroke="gray"/>"#,
        ]
        for tick in ticks(range.lowerBound, range.upperBound) {
            let place = vertical(tick)
            parts.append(
                #"<path d="M\#(left) \#(shown(place))h\#(width)" stroke="lightgray"/>"#)
            parts.append(text(left - 6, place + 4, number(tick), anchor: "end"))
        }
        for tick in horizontalTicks {
            parts.append(
                text(horizontal(tick), top + height + 16, number(tick), anchor: "middle"))
        }
        parts.append(text(left + width / 2, top + height + 36, x, anchor: "middle"))
        parts.append(
            #"<text transform="translate(16 \#(top + height / 2)) rotate(-90)" text-anchor="middle">\#(escaped(y))</text>"#
        )
        for (index, line) in lines.enumerated() {
            parts += drawn(line, colour: Self.colours[index % Self.colours.count], place: index)
        }
        return (parts + ["</svg>\n"]).joined(separator: "\n")
    }

    private func drawn(_ line: Line, colour: String, place: Int) -> [String] {
        let points = line.points.map { (shown(horizontal($0.x)), shown(vertical($0.y))) }
        let path = points.map { "\($0.0),\($0.1)" }.joined(separator: " ")
        var parts = [
            #"<polyline clip-path="url(#plot)" points="\#(path)" fill="none" stroke="\#(colour)" stroke-width="1.5"/>"#
        ]
        if line.isMarked {
            parts += points.map {
                #"<circle cx="\#($0.0)" cy="\#($0.1)" r="4" fill="\#(colour)"/>"#
            }
        }
        let y = Self.top + 10 + Double(place) * 17
        let x = Self.left + Self.width + 12
        parts.append(
            #"<path d="M\#(x) \#(y - 4)h14" stroke="\#(colour)" stroke-width="3"/>"#)
        parts.append(text(x + 20, y, line.name))
        return parts
    }

    // MARK: - Axes

    private var domain: ClosedRange<Double> {
        let values = lines.flatMap { $0.points.map(\.x) }.map(scaled)
        guard let least = values.min(), let most = values.max(), least < most else { return 0...1 }
        return least...most
    }

    private var horizontalTicks: [Double] {
        guard isLogarithmic else { return ticks(domain.lowerBound, domain.upperBound) }
        let powers = [1.0, 10, 100, 1_000, 10_000]
        let ticks = powers.filter { domain.contains(scaled($0)) }
        guard ticks.count < 2 else { return ticks }
        return powers.flatMap { [$0, 2 * $0, 5 * $0] }.filter { domain.contains(scaled($0)) }
    }

    private func scaled(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }

    private func horizontal(_ value: Double) -> Double {
        let share = (scaled(value) - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        return Self.left + share * Self.width
    }

    private func vertical(_ value: Double) -> Double {
        let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        return Self.top + Self.height * (1 - share)
    }

    /// Round numbers, five or so.
    private func ticks(_ low: Double, _ high: Double) -> [Double] {
        var step = 0.0001
        let factors = [2, 2.5, 2]
        var index = 0
        while (high - low) / step > 6 {
            step *= factors[index % 3]
            index += 1
        }
        var places: [Double] = []
        var tick = (low / step).rounded(.up)
        while tick * step <= high + step / 1_000 {
            places.append(tick * step)
            tick += 1
        }
        return places
    }

    // MARK: - Text

    private func shown(_ value: Double) -> String { FigureSummary.decimal(value, places: 1) }

    private func number(_ value: Double) -> String {
        if value == value.rounded() { return FigureSummary.decimal(value, places: 0) }
        var text = FigureSummary.decimal(value, places: 4)
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }

    private func text(
        _ x: Double, _ y: Double, _ text: String, anchor: String = "start", size: Int = 11
    ) -> String {
        #"<text x="\#(shown(x))" y="\#(shown(y))" text-anchor="\#(anchor)" font-size="\#(size)">\#(escaped(text))</text>"#
    }

    private func escaped(_ text: String) -> String {
        text.split(separator: "&", omittingEmptySubsequences: false).joined(separator: "&amp;")
            .split(separator: "<", omittingEmptySubsequences: false).joined(separator: "&lt;")
    }
}
