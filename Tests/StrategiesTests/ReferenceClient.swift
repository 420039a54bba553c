import Strategies

/// What a client adds to its gradients, so that its steps do not lead where only its own data would.
struct GradientCorrection: Sendable {
    private enum Term: Sendable {
        case none
        /// μ (y − x).
        case pull(mu: Float, towards: [Float])
        /// c − cᵢ.
        case drift([Float])
    }

    private let term: Term

    /// - Parameters:
    ///   - base: x, the round's model; P parameters.
    ///   - control: c of the server, and the client's own cᵢ; P parameters each, zeros before the
    ///     first round.
    init(
        _ rule: LocalRule, base: [Float], control: (server: [Float], own: [Float])? = nil
    ) {
        switch rule {
        case .plain, .normalised, .personal: term = .none
        case .proximal(let mu): term = .pull(mu: Float(mu), towards: base)
        case .controlVariates:
            term = control.map { .drift(zip($0.server, $0.own).map { $0 - $1 }) } ?? .none
        }
    }

    /// Ditto's, for the model that stays with the client: λ (v − x).
    init(personal lambda: Double, base: [Float]) {
        term = .pull(mu: Float(lambda), towards: base)
    }

    /// Corrects the gradient of the client's own loss at y, P parameters each.
    func correct(_ gradient: inout [Float], at y: [Float]) {
        switch term {
        case .none: break
        case .pull(let mu, let base):
            for index in gradient.indices { gradient[index] += mu * (y[index] - base[index]) }
        case .drift(let drift):
            for index in gradient.indices { gradient[index] += drift[index] }
        }
    }
}

/// What a client works out about its own training.
enum ClientRules {
    /// cᵢ⁺ = cᵢ − c + (x − y) / (K η), option II of SCAFFOLD's Algorithm 1, line 12.
    ///
    /// - Parameters:
    ///   - update: y − x, trained minus base.
    ///   - steps: K, how many steps of the rate η were made.
    /// - Returns: The client's next control variate, which it keeps; it sends its change.
    static func nextControl(
        own: [Float], server: [Float], update: [Float], steps: Int, rate: Double
    ) -> [Float] {
        let scale = 1 / (Double(steps) * rate)
        return own.indices.map { index in
            Float(Double(own[index]) - Double(server[index]) - Double(update[index]) * scale)
        }
    }

    /// ‖a‖₁ of τ steps of gradient descent with momentum ρ, of FedNova: a_j = (1 − ρ^(τ − j)) /
    /// (1 − ρ), whose sum is τ where ρ is 0.
    static func normaliser(steps: Int, momentum: Double = 0) -> Double {
        guard momentum != 0 else { return Double(steps) }
        var sum = 0.0
        var weight = 0.0
        for _ in 0..<steps {
            weight = weight * momentum + 1
            sum += weight
        }
        return sum
    }
}
