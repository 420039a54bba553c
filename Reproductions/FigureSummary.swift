/// A figure over several seeds.
struct FigureSummary {
    let values: [Double]

    var mean: Double { values.reduce(0, +) / Double(values.count) }

    /// The sample standard deviation; 0 for one value.
    var deviation: Double {
        guard values.count > 1 else { return 0 }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }

    /// `.7480 ± .0270`, without the zero before the point, as the papers' tables print shares.
    var share: String {
        values.count > 1
            ? "\(Self.share(mean)) ± \(Self.share(deviation))" : Self.share(mean)
    }

    /// `44.2 (41–48)`.
    var count: String {
        guard let least = values.min(), let most = values.max(), values.count > 1 else {
            return Self.decimal(mean, places: 0)
        }
        return "\(Self.decimal(mean, places: 1)) "
            + "(\(Self.decimal(least, places: 0))–\(Self.decimal(most, places: 0)))"
    }

    static func share(_ value: Double) -> String {
        let text = decimal(value, places: 4)
        return text.hasPrefix("0.") ? String(text.dropFirst()) : text
    }

    /// Rounded to nearest, half away from zero.
    static func decimal(_ value: Double, places: Int) -> String {
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let rounded = Int((value.magnitude * Double(scale)).rounded())
        let sign = value < 0 && rounded > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(rounded)" }
        let fraction = String(rounded % scale)
        let zeros = String(repeating: "0", count: places - fraction.count)
        return "\(sign)\(rounded / scale).\(zeros)\(fraction)"
    }
}
