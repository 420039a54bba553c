import Encodings

/// The stages of a document as a drawing: rows of boxes, with the actions between them.
///
/// Stages stand in layers, below those that lead to them; an action's name takes a place in the row
/// between, and what passes a layer takes a place there, so that nothing ever overlaps (Sugiyama, Tagawa
/// and Toda, 1981).
package struct StageDiagram: Sendable {
    /// Something that takes room.
    package struct Box: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            case stage(isInitial: Bool, isFinal: Bool)
            /// The names of actions on an arrow.
            case label
            /// The names of actions that stay in a stage, beside it.
            case loop
        }

        package let kind: Kind
        package let lines: [String]
        package let x: Int
        package let y: Int
        package let width: Int
        package let height: Int
    }

    struct Arrow: Hashable, Sendable {
        /// An SVG path.
        let path: String
        let isDashed: Bool
    }

    package let title: String
    package let width: Int
    package let height: Int
    package let boxes: [Box]
    let arrows: [Arrow]
    let legend: [String]

    package init(
        _ graph: StageGraph, title: String, legend: [String] = [], label: (String) -> String,
        stage name: (String) -> String
    ) {
        var layers = StageLayers(graph, label: label, stage: name)
        layers.order()
        layers.place()
        let top = Self.margin + Self.titleHeight + Self.startHeight
        let rowTops = layers.rowTops(from: top)
        boxes = layers.boxes(rowTops)
        arrows = layers.arrows(rowTops)
        self.title = title
        self.legend = legend
        let right = layers.right
        let bottom = boxes.map { $0.y + $0.height }.max() ?? 0
        let texts = [title.terminalWidth * 10] + legend.map { $0.terminalWidth * 7 + 20 }
        width = max(right, Self.margin + (texts.max() ?? 0)) + Self.margin
        height = bottom + Self.margin + legend.count * 20
    }

    static let margin = 24
    static let titleHeight = 30
    /// Room for the dot where a contract begins.
    static let startHeight = 34

    // MARK: - SVG

    package var svg: String {
        var lines = [
            Self.element("title", [:], title),
            "<defs>"
                + Self.element(
                    "marker",
                    [
                        "id": "arrow", "viewBox": "0 0 10 10", "refX": "9", "refY": "5",
                        "markerWidth": "7", "markerHeight": "7", "orient": "auto",
                    ], raw: Self.element("path", ["d": "M0,0 L10,5 L0,10 z", "fill": "#333"]))
                + "</defs>",
            Self.element("rect", ["width": "\(width)", "height": "\(height)", "fill": "#fff"]),
            Self.element(
                "text",
                [
                    "x": "\(Self.margin)", "y": "\(Self.margin + 14)", "font-size": "17",
                    "font-weight": "bold",
                ], title),
        ]
        lines += arrows.map { Self.line($0.path, isDashed: $0.isDashed) }
        for box in boxes { lines += svg(box) }
        for (index, text) in legend.enumerated() {
            let y = height - Self.margin / 2 - (legend.count - 1 - index) * 20
            lines.append(
                Self.element(
                    "text",
                    ["x": "\(Self.margin)", "y": "\(y)", "font-size": "12", "fill": "#555"], text))
        }
        return Self.element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "width": "\(width)", "height": "\(height)",
                "viewBox": "0 0 \(width) \(height)", "role": "img", "font-family": "sans-serif",
                "font-size": "13",
            ], raw: "\n" + lines.map { "  \($0)\n" }.joined()) + "\n"
    }

    private func svg(_ box: Box) -> [String] {
        var lines: [String] = []
        let middle = box.x + box.width / 2
        func frame(inset: Int, _ style: KeyValuePairs<String, String>) -> String {
            Self.element(
                "rect",
                [
                    "x": "\(box.x + inset)", "y": "\(box.y + inset)",
                    "width": "\(box.width - 2 * inset)", "height": "\(box.height - 2 * inset)",
                ], style)
        }
        var weight: KeyValuePairs<String, String> = [:]
        switch box.kind {
        case .stage(let isInitial, let isFinal):
            if isInitial {
                lines.append(
                    Self.element(
                        "circle",
                        ["cx": "\(middle)", "cy": "\(box.y - 26)", "r": "6", "fill": "#333"]))
                lines.append(
                    Self.line("M\(middle),\(box.y - 20) L\(middle),\(box.y)", isDashed: false))
            }
            lines.append(
                frame(
                    inset: 0,
                    ["rx": "9", "fill": "#eef4fb", "stroke": "#333", "stroke-width": "1.5"]))
            if isFinal {
                lines.append(frame(inset: 4, ["rx": "6", "fill": "none", "stroke": "#333"]))
            }
            weight = ["font-weight": "bold"]
        case .label: lines.append(frame(inset: 0, ["fill": "#fff"]))
        case .loop: break
        }
        for (index, line) in box.lines.enumerated() {
            let y = box.y + (box.height - box.lines.count * 16) / 2 + index * 16 + 12
            lines.append(
                Self.element(
                    "text", ["x": "\(middle)", "y": "\(y)", "text-anchor": "middle"], weight, line))
        }
        return lines
    }

    private static func line(_ path: String, isDashed: Bool) -> String {
        element(
            "path",
            ["d": path, "fill": "none", "stroke": "#333", "marker-end": "url(#arrow)"],
            isDashed ? ["stroke-dasharray": "5 4"] : [:])
    }

    private static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String>,
        _ more: KeyValuePairs<String, String> = [:], _ text: String = "", raw content: String = ""
    ) -> String {
        let list = (Array(attributes) + Array(more)).map { " \($0.key)=\"\(escaped($0.value))\"" }
            .joined()
        let content = content + escaped(text)
        return content.isEmpty ? "<\(name)\(list)/>" : "<\(name)\(list)>\(content)</\(name)>"
    }

    private static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String
    ) -> String { element(name, attributes, [:], text) }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            // XML has no place for them, escaped or not.
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
