/// How the combined update Δ moves the model x, and what the server remembers for the next round.
///
/// Every element-wise operation is one of double precision in the order written; x, Δ and what is
/// remembered are rounded to single precision between rounds, Δ before it is used.
package enum ServerRule: Hashable, Sendable {
    /// x ← x + Δ.
    case add
    /// m ← β m + Δ; x ← x + η m (Hsu et al., *Measuring the Effects of Non-Identical Data
    /// Distribution*, 2019).
    case momentum(beta: Double, rate: Double)
    /// m ← β₁ m + (1 − β₁) Δ; v by the rule; x ← x + η m / (√v + τ), from m = 0 and v = τ², with no
    /// correction of the bias of m and v (Reddi et al., *Adaptive Federated Optimization*, ICLR
    /// 2021, Algorithm 2). Flower's FedAdam corrects it, and its results differ.
    case adaptive(SecondMoment, rate: Double, beta1: Double, beta2: Double, tau: Double)
    /// x ← x + η Δ; c ← c + |S| / N · mean(cᵢ⁺ − cᵢ), S of N participants having sent an update
    /// (Karimireddy et al., *SCAFFOLD*, ICML 2020, Algorithm 1).
    case controlVariates(rate: Double)
    /// x ← x + τₑ Σ pᵢ Δᵢ / ‖aᵢ‖₁ with τₑ = Σ pᵢ ‖aᵢ‖₁ (Wang et al., *Tackling the Objective
    /// Inconsistency Problem in Heterogeneous Federated Optimization*, NeurIPS 2020, equation 6).
    case normalised
    /// x ← x + η / n Σ Δᵢ / √(1 + sᵢ), sᵢ being how many rounds ago update i started (Nguyen et al.,
    /// *Federated Learning with Buffered Asynchronous Aggregation*, AISTATS 2022, Algorithm 1, where it
    /// is how many versions old its model was: fewer, if rounds were abandoned in between). K updates
    /// make a step: a round closes with so many (`job.contributionsEnough`). n of them have come: fewer
    /// at the end of a round's time, and more where late ones came with the last.
    case buffered(rate: Double, bufferSize: Int)

    /// How v follows Δ².
    package enum SecondMoment: String, CaseIterable, Hashable, Sendable {
        /// v ← v + Δ². β₂ is not used.
        case adagrad = "fedadagrad"
        /// v ← β₂ v + (1 − β₂) Δ².
        case adam = "fedadam"
        /// v ← v − (1 − β₂) Δ² sign(v − Δ²).
        case yogi = "fedyogi"
    }

    /// What stands between rounds beside the model, each as long as the model, in this order.
    package var stateNames: [String] {
        switch self {
        case .add, .normalised, .buffered: []
        case .momentum: ["momentum"]
        case .adaptive: ["firstMoment", "secondMoment"]
        case .controlVariates: ["control"]
        }
    }

    /// What a vector of the state is filled with before the first round.
    func initialValue(ofState name: String) -> Float {
        guard case .adaptive(_, _, _, _, let tau) = self, name == "secondMoment" else { return 0 }
        return Float(tau * tau)
    }

    /// - Throws: ``StrategyError/wrongValue(name:problem:)``.
    func check() throws(StrategyError) {
        switch self {
        case .add, .normalised: break
        case .momentum(let beta, let rate):
            try HyperparameterRange.share.check(beta, "beta")
            try HyperparameterRange.positive.check(rate, "serverRate")
        case .adaptive(_, let rate, let beta1, let beta2, let tau):
            try HyperparameterRange.positive.check(rate, "serverRate")
            try HyperparameterRange.share.check(beta1, "beta1")
            try HyperparameterRange.share.check(beta2, "beta2")
            try HyperparameterRange.positive.check(tau, "tau")
        case .controlVariates(let rate): try HyperparameterRange.positive.check(rate, "serverRate")
        case .buffered(let rate, let bufferSize):
            try HyperparameterRange.positive.check(rate, "serverRate")
            try Combination.check(bufferSize, "bufferSize", in: 1...Combination.countMax)
        }
    }
}
