/// How a round's updates become the next model: how they become one, how that one moves the model,
/// and what clients do for it.
///
/// A strategy is a value; what it remembers between rounds (``stateNames``) is kept by the
/// coordinator as vectors beside the model. Its JSON stands on the ledger, and whoever has it, the
/// base model, the state and the updates computes the same next model, bit for bit
/// (``Aggregation``).
package struct Strategy: Hashable, Sendable {
    package let combination: Combination
    package let server: ServerRule
    package let local: LocalRule

    /// - Throws: ``StrategyError/wrongValue(name:problem:)`` or
    ///   ``StrategyError/notTogether(combination:with:reason:)``.
    package init(
        combination: Combination = .weightedMean, server: ServerRule = .add,
        local: LocalRule = .plain
    ) throws(StrategyError) {
        try combination.check()
        try server.check()
        try local.check()
        self.combination = combination
        self.server = server
        self.local = local
        try checkTogether()
    }

    /// Of the checked presets below.
    private init(preset combination: Combination, _ server: ServerRule, _ local: LocalRule) {
        self.combination = combination
        self.server = server
        self.local = local
    }

    package static let fedavg = Strategy(preset: .weightedMean, .add, .plain)
    package static let fednova = Strategy(preset: .weightedMean, .normalised, .normalised)

    package static func fedavgm(
        beta: Double = 0.9, serverRate: Double = 1
    ) throws(StrategyError) -> Strategy {
        try Strategy(server: .momentum(beta: beta, rate: serverRate))
    }

    package static func fedprox(mu: Double) throws(StrategyError) -> Strategy {
        try Strategy(local: .proximal(mu: mu))
    }

    /// FedAdagrad, FedAdam or FedYogi. FedAdagrad's paper has β₁ = 0.
    package static func adaptive(
        _ moment: ServerRule.SecondMoment, serverRate: Double, beta1: Double? = nil,
        beta2: Double = 0.99, tau: Double = 1e-3
    ) throws(StrategyError) -> Strategy {
        try Strategy(
            server: .adaptive(
                moment, rate: serverRate, beta1: beta1 ?? moment.defaultBeta1, beta2: beta2,
                tau: tau))
    }

    package static func scaffold(serverRate: Double = 1) throws(StrategyError) -> Strategy {
        try Strategy(
            combination: .mean, server: .controlVariates(rate: serverRate), local: .controlVariates)
    }

    package static func fedbuff(
        serverRate: Double = 1, bufferSize: Int = 10
    ) throws(StrategyError) -> Strategy {
        try Strategy(
            combination: .mean, server: .buffered(rate: serverRate, bufferSize: bufferSize))
    }

    package static func ditto(lambda: Double) throws(StrategyError) -> Strategy {
        try Strategy(local: .personal(lambda: lambda))
    }

    /// What the server keeps between rounds, vectors as long as the model, in this order.
    package var stateNames: [String] { server.stateNames }

    /// Whether the sum of masked updates is not enough, so that it cannot go with secure
    /// aggregation. Of FedBuff the members would have to scale their own updates by 1/√(1 + s),
    /// and of FedNova theirs by 1/‖a‖₁.
    package var needsSingleUpdates: Bool {
        switch server {
        case .normalised, .buffered: true
        case .add, .momentum, .adaptive, .controlVariates: combination.needsSingleUpdates
        }
    }

    /// Says no where a job could not be sure to reach a next model.
    ///
    /// - Parameter participantsMin: With how many updates a round may close.
    /// - Throws: ``StrategyError/tooFewUpdates(rule:needed:found:)``.
    package func check(participantsMin: Int) throws(StrategyError) {
        let needed = combination.updatesMin
        guard participantsMin >= needed else {
            throw .tooFewUpdates(
                rule: combination.name, needed: needed, found: participantsMin)
        }
    }

    private func checkTogether() throws(StrategyError) {
        let isPlainMean = combination == .mean || combination == .weightedMean
        switch server {
        case .add, .momentum, .adaptive: break
        case .controlVariates where !isPlainMean:
            throw .notTogether(
                combination: combination.name, with: "scaffold",
                reason: "the updates of the control variates would have to be combined by the same "
                    + "rule; use mean or weightedMean")
        case .normalised where !isPlainMean:
            throw .notTogether(
                combination: combination.name, with: "fednova",
                reason: "updates are scaled by their claimed numbers of steps before they are "
                    + "added; use mean or weightedMean")
        case .buffered:
            if case .meanClipped = combination { break }
            guard isPlainMean else {
                throw .notTogether(
                    combination: combination.name, with: "fedbuff",
                    reason: "it has no place for the weights of stale updates; use mean, "
                        + "weightedMean or meanClipped")
            }
        case .controlVariates, .normalised: break
        }
        let isServersOwn = local == .controlVariates || local == .normalised
        let needed: LocalRule? =
            switch server {
            case .controlVariates: .controlVariates
            case .normalised: .normalised
            case .add, .momentum, .adaptive, .buffered: nil
            }
        guard needed == nil ? !isServersOwn : needed == local else {
            throw .wrongValue(
                name: "local",
                problem: "should be \(needed?.name ?? "plain, proximal or personal") with this "
                    + "strategy, and is \(local.name)")
        }
    }
}

extension ServerRule.SecondMoment {
    package var defaultBeta1: Double { self == .adagrad ? 0 : 0.9 }
}
