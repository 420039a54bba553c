/// Why a strategy cannot be, or updates do not make a model.
package enum StrategyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with one update by itself, so that its member can be blamed.
    package enum Fault: Hashable, Sendable {
        case wrongLength(received: Int, expected: Int)
        case wrongWeight(Int64)
        /// The first parameter, counted over the whole model, that is NaN or infinite.
        case notFinite(parameter: Int)
        case wrongStaleness(Int)
        /// FedNova's ‖a‖₁ is missing, or not a number above 0.
        case wrongNormaliser(Double?)
        /// SCAFFOLD's change of the control variate is missing.
        case noControl
        case wrongControlLength(received: Int, expected: Int)
        /// The same of the change of the control variate.
        case controlNotFinite(parameter: Int)
        /// It carries what the strategy has no use for.
        case superfluous(String)
    }

    case wrongValue(name: String, problem: String)
    /// The combination and the server's rule do not go together.
    case notTogether(combination: String, with: String, reason: String)
    case tooFewUpdates(rule: String, needed: Int, found: Int)
    /// `update` is the index in the list that was given.
    case update(Int, Fault)
    /// What the server keeps between rounds is not what this strategy keeps.
    case wrongState(problem: String)
    case wrongPopulation(found: Int, updates: Int)
    /// No update is at fault by itself.
    case overflow(parameter: Int)

    /// The update to blame, where there is one.
    package var updateAtFault: Int? {
        guard case .update(let index, _) = self else { return nil }
        return index
    }

    package var description: String {
        switch self {
        case .wrongValue(let name, let problem): "\(name) \(problem)"
        case .notTogether(let combination, let other, let reason):
            "the combination \(combination) does not go with \(other): \(reason)"
        case .tooFewUpdates(let rule, let needed, let found):
            "\(rule) needs at least \(needed) updates, and there are \(found)"
        case .update(let index, let fault): "update \(index) \(fault)"
        case .wrongState(let problem): "what the server kept from the last round \(problem)"
        case .wrongPopulation(let found, let updates):
            "the job is said to have \(found) participants, and \(updates) updates came"
        case .overflow(let parameter):
            "parameter \(parameter) of the next model would not be a finite number; lower the "
                + "server's or the clients' learning rate"
        }
    }
}

extension StrategyError.Fault: CustomStringConvertible {
    /// The end of the sentence "update 3 …".
    package var description: String {
        switch self {
        case .wrongLength(let received, let expected):
            "has \(received) parameters, and the model \(expected)"
        case .wrongWeight(let weight): "stands for \(weight) examples, and should for 1 or more"
        case .notFinite(let parameter):
            "holds a number that is not finite, for parameter \(parameter)"
        case .wrongStaleness(let staleness):
            staleness < 0
                ? "says that it began \(staleness) rounds ago"
                : "was begun \(staleness) rounds ago, which only fedbuff takes"
        case .wrongNormaliser(let normaliser?):
            "has the normaliser \(normaliser), and fednova needs a number above 0"
        case .wrongNormaliser(nil): "has no normaliser, which fednova needs"
        case .noControl: "has no change of its control variate, which scaffold needs"
        case .wrongControlLength(let received, let expected):
            "has \(received) parameters in its control variate, and the model \(expected)"
        case .controlNotFinite(let parameter):
            "holds a number that is not finite in its control variate, for parameter \(parameter)"
        case .superfluous(let what): "carries \(what), for which this strategy has no use"
        }
    }
}
