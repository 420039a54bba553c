/// One member's contribution to the next model, before its parameters are read.
package struct Update: Sendable {
    /// For how many examples it stands; 1 or more.
    package let weight: Int64
    /// How many rounds ago it began; 0 but for FedBuff.
    package let staleness: Int
    /// ‖a‖₁, by how much the client's learning rate was multiplied in all; FedNova only.
    package let normaliser: Double?
    /// Trained minus base model.
    package let delta: ParameterSource
    /// cᵢ⁺ − cᵢ, the change of the client's control variate; SCAFFOLD only.
    package let control: ParameterSource?

    package init(
        weight: Int64, staleness: Int = 0, normaliser: Double? = nil, delta: ParameterSource,
        control: ParameterSource? = nil
    ) {
        self.weight = weight
        self.staleness = staleness
        self.normaliser = normaliser
        self.delta = delta
        self.control = control
    }

    /// What can be said against it without reading its parameters.
    func fault(_ strategy: Strategy, parameters: Int) -> StrategyError.Fault? {
        if delta.count != parameters {
            return .wrongLength(received: delta.count, expected: parameters)
        }
        if weight < 1 { return .wrongWeight(weight) }
        if case .buffered = strategy.server {
            if staleness < 0 { return .wrongStaleness(staleness) }
        } else if staleness != 0 {
            return .wrongStaleness(staleness)
        }
        if strategy.server == .normalised {
            guard let normaliser, HyperparameterRange.positive.allows(normaliser) else {
                return .wrongNormaliser(normaliser)
            }
        } else if normaliser != nil {
            return .superfluous("a normaliser")
        }
        if case .controlVariates = strategy.server {
            guard let control else { return .noControl }
            if control.count != parameters {
                return .wrongControlLength(received: control.count, expected: parameters)
            }
        } else if control != nil {
            return .superfluous("a control variate")
        }
        return nil
    }
}
