package import Encodings

/// How the updates of one round become one.
///
/// The robust rules let every update count the same, whatever weight its member claims, since the
/// claim is one of the things a member may lie about; the geometric median is the exception, as in
/// its paper. `f` is how many members may lie. n is the number of updates.
package enum Combination: Hashable, Sendable {
    /// Σ wᵢ Δᵢ / Σ wᵢ, the weight being the number of examples (McMahan et al., AISTATS 2017).
    case weightedMean
    /// Σ Δᵢ / n.
    case mean
    /// The mean of Δᵢ · min(1, C / ‖Δᵢ‖) (Sun et al., *Can You Really Backdoor Federated
    /// Learning?*, 2019).
    case meanClipped(norm: Double)
    /// Per parameter; of an even number, the mean of the two in the middle (Yin et al., ICML 2018).
    case median
    /// Per parameter, the mean without the f least and the f greatest (Yin et al., ICML 2018).
    case trimmedMean(f: Int)
    /// The update with the least sum of squared distances to its n − f − 2 nearest; of equals, the
    /// first (Blanchard et al., NeurIPS 2017).
    case krum(f: Int)
    /// The mean of the m updates that Krum scores best, in the order in which they were given.
    case multiKrum(f: Int, m: Int)
    /// θ = n − 2f updates by repeated Krum, with max(k − f − 2, 1) neighbours among the k that are
    /// left; then, per parameter, the mean of the θ − 2f nearest to the median (El Mhamdi et al.,
    /// ICML 2018). Where two are as near, the lower one counts.
    case bulyan(f: Int)
    /// The smoothed Weiszfeld algorithm from the weighted mean, with weights wᵢ / max(ν, ‖Δᵢ − z‖)
    /// (Pillutla et al., *Robust Aggregation for Federated Learning*, 2022, Algorithm 2).
    case geometricMedian(nu: Double, iterations: Int)

    /// Its name in a strategy's JSON.
    package var name: String {
        switch self {
        case .weightedMean: "weightedMean"
        case .mean: "mean"
        case .meanClipped: "meanClipped"
        case .median: "median"
        case .trimmedMean: "trimmedMean"
        case .krum: "krum"
        case .multiKrum: "multiKrum"
        case .bulyan: "bulyan"
        case .geometricMedian: "geometricMedian"
        }
    }

    /// Whether a sum of updates is not enough for it. Clipping and the geometric median could be
    /// had from sums if clients did a part of the work; here the server does it.
    package var needsSingleUpdates: Bool {
        switch self {
        case .weightedMean, .mean: false
        case .meanClipped, .median, .trimmedMean, .krum, .multiKrum, .bulyan, .geometricMedian: true
        }
    }

    /// The least n for which the rule is defined, and keeps its promise against f liars.
    package var updatesMin: Int {
        switch self {
        case .weightedMean, .mean, .meanClipped, .median, .geometricMedian: 1
        case .trimmedMean(let f): 2 * f + 1
        case .krum(let f): 2 * f + 3
        case .multiKrum(let f, let m): max(2 * f + 3, m + f)
        case .bulyan(let f): 4 * f + 3
        }
    }

    static let countMax = 1_000_000

    /// - Throws: ``StrategyError/wrongValue(name:problem:)``.
    func check() throws(StrategyError) {
        switch self {
        case .weightedMean, .mean, .median: break
        case .meanClipped(let norm): try HyperparameterRange.positive.check(norm, "norm")
        case .trimmedMean(let f), .krum(let f), .bulyan(let f):
            try Self.check(f, "f", in: 0...Self.countMax)
        case .multiKrum(let f, let m):
            try Self.check(f, "f", in: 0...Self.countMax)
            try Self.check(m, "m", in: 1...Self.countMax)
        case .geometricMedian(let nu, let iterations):
            try HyperparameterRange.positive.check(nu, "nu")
            try Self.check(iterations, "iterations", in: 1...1_000)
        }
    }

    static func check(
        _ value: Int, _ name: String, in range: ClosedRange<Int>
    ) throws(StrategyError) {
        guard range.contains(value) else {
            throw .wrongValue(
                name: name,
                problem:
                    "should be from \(range.lowerBound) to \(range.upperBound), and is \(value)")
        }
    }

    package var json: JSONValue {
        switch self {
        case .weightedMean, .mean, .median: ["kind": .string(name)]
        case .meanClipped(let norm): ["kind": .string(name), "norm": .number(norm)]
        case .trimmedMean(let f), .krum(let f), .bulyan(let f):
            ["kind": .string(name), "f": .integer(Int64(f))]
        case .multiKrum(let f, let m):
            ["kind": .string(name), "f": .integer(Int64(f)), "m": .integer(Int64(m))]
        case .geometricMedian(let nu, let iterations):
            [
                "kind": .string(name), "nu": .number(nu), "iterations": .integer(Int64(iterations)),
            ]
        }
    }

    init(_ reader: inout HyperparameterReader) throws(JSONShapeError) {
        switch try reader.kind() {
        case "weightedMean": self = .weightedMean
        case "mean": self = .mean
        case "meanClipped": self = .meanClipped(norm: try reader.number("norm"))
        case "median": self = .median
        case "trimmedMean": self = .trimmedMean(f: try reader.count("f"))
        case "krum": self = .krum(f: try reader.count("f"))
        case "multiKrum":
            self = .multiKrum(f: try reader.count("f"), m: try reader.count("m"))
        case "bulyan": self = .bulyan(f: try reader.count("f"))
        case "geometricMedian":
            self = .geometricMedian(
                nu: try reader.number("nu", default: 1e-6),
                iterations: try reader.count("iterations", default: 4))
        case let kind:
            throw reader.fields.wrong(
                "kind",
                "should be one of weightedMean, mean, meanClipped, median, trimmedMean, krum, "
                    + "multiKrum, bulyan and geometricMedian, and is \"\(kind)\"")
        }
        try reader.finish { () throws(StrategyError) in try check() }
    }
}
