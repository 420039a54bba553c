import Encodings
import SharedFolder
import Strategies

/// What NumPy, SciPy and a general minimiser computed from the same updates.
///
/// The published numbers have four decimals. Ten thousand times them are integers, which single
/// precision holds exactly, and every rule gives ten thousand times its result where the
/// hyperparameters that are lengths (C, ν, τ, η of the adaptive rules) are scaled too: so the
/// results can be compared far beyond single precision.
struct AggregationOracle {
    static let scale = 10_000.0
    static let path = "reference/data/aggregation-oracle.json"
    static let absence =
        "needs shared/\(path) beside the checkout or in JOINTLAB_SHARED"

    static let published: AggregationOracle? = SharedFolder.contents(of: path).flatMap { text in
        (try? JSONValue(parsing: Array(text.utf8))).map { AggregationOracle(json: $0) }
    }

    let json: JSONValue

    func numbers(_ key: String) -> [Double] { Self.numbers(json[key]) }

    func integers(_ key: String) -> [Int] { numbers(key).map { Int($0) } }

    func rows(_ key: String) -> [[Double]] { (json[key]?.array ?? []).map { Self.numbers($0) } }

    static func numbers(_ value: JSONValue?) -> [Double] {
        (value?.array ?? []).compactMap(\.double)
    }

    /// Scaled, and exact.
    static func scaled(_ row: [Double]) -> [Float] {
        row.map { Float(($0 * scale).rounded()) }
    }

    /// The eleven updates, two of them hostile.
    func updates() -> [Update] {
        zip(rows("updates"), numbers("weights")).map {
            Update(weight: Int64($1), delta: ParameterSource(Self.scaled($0)))
        }
    }
}

/// The greatest difference between two vectors, relative to 1 and their size.
func difference(_ found: [Double], _ expected: [Double]) -> Double {
    guard found.count == expected.count, !found.isEmpty else { return .infinity }
    return zip(found, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
}

extension Aggregation {
    /// The combined update of these updates, whatever the model.
    static func combined(
        _ combination: Combination, _ updates: [Update], server: ServerRule = .add,
        local: LocalRule = .plain
    ) throws -> [Double] {
        try Aggregation(
            Strategy(combination: combination, server: server, local: local),
            base: ParameterSource(count: updates[0].delta.count, repeating: 0), updates: updates
        ).combinedUpdate()
    }
}
