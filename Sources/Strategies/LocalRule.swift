package import Encodings

/// What a client does beyond plain descent on its own loss F.
package enum LocalRule: Hashable, Sendable {
    case plain
    /// The loss F(y) + μ/2 ‖y − x‖² (Li et al., *Federated Optimization in Heterogeneous Networks*,
    /// MLSys 2020, Algorithm 2). Partial work counts.
    case proximal(mu: Double)
    /// The gradient ∇F(y) − cᵢ + c, and an update of cᵢ (SCAFFOLD).
    case controlVariates
    /// Sends ‖a‖₁ beside the update (FedNova).
    case normalised
    /// Beside the global model, which is trained as ever, one of its own that stays with the client:
    /// v ← v − η (∇F(v) + λ (v − x)) (Li et al., *Ditto*, ICML 2021, Algorithm 1).
    case personal(lambda: Double)

    /// Its name in a strategy's JSON.
    package var name: String {
        switch self {
        case .plain: "plain"
        case .proximal: "proximal"
        case .controlVariates: "controlVariates"
        case .normalised: "normalised"
        case .personal: "personal"
        }
    }

    /// - Throws: ``StrategyError/wrongValue(name:problem:)``.
    func check() throws(StrategyError) {
        switch self {
        case .plain, .controlVariates, .normalised: break
        case .proximal(let mu): try HyperparameterRange.positive.check(mu, "mu")
        case .personal(let lambda): try HyperparameterRange.positive.check(lambda, "lambda")
        }
    }

    package var json: JSONValue {
        switch self {
        case .plain, .controlVariates, .normalised: ["kind": .string(name)]
        case .proximal(let mu): ["kind": .string(name), "mu": .number(mu)]
        case .personal(let lambda): ["kind": .string(name), "lambda": .number(lambda)]
        }
    }

    /// What stands in a strategy's `local`: the two rules that go with any server's rule.
    init(_ reader: inout HyperparameterReader) throws(JSONShapeError) {
        switch try reader.kind() {
        case "plain": self = .plain
        case "proximal": self = .proximal(mu: try reader.number("mu"))
        case "personal": self = .personal(lambda: try reader.number("lambda"))
        case let kind:
            throw reader.fields.wrong(
                "kind", "should be one of plain, proximal and personal, and is \"\(kind)\"")
        }
        try reader.finish { () throws(StrategyError) in try check() }
    }
}
