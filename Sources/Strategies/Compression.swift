package import Encodings

/// How an update is made smaller on its way.
package enum Compression: Hashable, Sendable {
    /// Every parameter in single precision.
    case none
    /// Every parameter as the nearest of 255 multiples of max |v| / 127, per tensor.
    case int8
    /// Every parameter as ±‖v‖ · l / s, per tensor, where the level l is one of the two integers
    /// around s |v| / ‖v‖, by chance, so that the mean is v (Alistarh et al., *QSGD*, NeurIPS 2017,
    /// §3.1). The variance is at most min(d / s², √d / s) ‖v‖².
    case stochastic(levels: Int)
    /// The ⌈share · P⌉ parameters of the greatest magnitude; what is not sent is added to the next
    /// update (Stich et al., *Sparsified SGD with Memory*, NeurIPS 2018).
    case topK(share: Double)
    /// Parameters that a seed selects, the same for all clients of a round, so that their sum is a
    /// sum of what was sent; scaled up by the server, so that the mean over the seeds is the update
    /// (Konečný et al., *Federated Learning: Strategies for Improving Communication Efficiency*,
    /// 2016, §2).
    case randomMask(share: Double)

    static let levelsMax = 32_767

    /// - Throws: ``StrategyError/wrongValue(name:problem:)``.
    package func check() throws(StrategyError) {
        switch self {
        case .none, .int8: break
        case .stochastic(let levels):
            try Combination.check(levels, "levels", in: 1...Self.levelsMax)
        case .topK(let share), .randomMask(let share):
            guard share > 0, share <= 1 else {
                throw .wrongValue(
                    name: "share", problem: "should be above 0 and at most 1, and is \(share)")
            }
        }
    }

    /// Whether a sum of compressed updates is the compressed sum, so that masks can be added.
    package var isLinear: Bool {
        switch self {
        case .none, .randomMask: true
        case .int8, .stochastic, .topK: false
        }
    }

    package var json: JSONValue {
        switch self {
        case .none: ["kind": "none"]
        case .int8: ["kind": "int8"]
        case .stochastic(let levels): ["kind": "qsgd", "levels": .integer(Int64(levels))]
        case .topK(let share): ["kind": "topK", "share": .number(share)]
        case .randomMask(let share): ["kind": "randomMask", "share": .number(share)]
        }
    }

    /// - Throws: ``JSONShapeError``.
    package init(json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var reader = try HyperparameterReader(json, at: path, fillsDefaults: false)
        switch try reader.kind() {
        case "none": self = .none
        case "int8": self = .int8
        case "qsgd": self = .stochastic(levels: try reader.count("levels"))
        case "topK": self = .topK(share: try reader.number("share"))
        case "randomMask": self = .randomMask(share: try reader.number("share"))
        case let kind:
            throw reader.fields.wrong(
                "kind",
                "should be one of none, int8, qsgd, topK and randomMask, and is \"\(kind)\"")
        }
        try reader.finish { () throws(StrategyError) in try check() }
    }

    /// How many bits a code of stochastic quantisation has: −s to s, shifted to 0 to 2s.
    static func codeBits(levels: Int) -> Int {
        Int.bitWidth - (2 * levels).leadingZeroBitCount
    }

    /// How many of the parameters are sent.
    static func kept(_ share: Double, of count: Int) -> Int {
        min(count, Int((share * Double(count)).rounded(.up)))
    }
}
