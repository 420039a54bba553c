/// What an owner, or a job, has asked of a relay that it cannot do.
package enum RelayMistake: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that is broken.
    case limits(String)
    case trainerNotRelayed(String)
    case strategyNotRelayed(String)
    case tooManyClusters(Int, max: Int)

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .limits: "relay.limits"
        case .trainerNotRelayed: "relay.trainer_not_relayed"
        case .strategyNotRelayed: "relay.strategy_not_relayed"
        case .tooManyClusters: "relay.too_many_clusters"
        }
    }

    package var description: String {
        switch self {
        case .limits(let rule): "the relay's limits should keep \(rule)"
        case .trainerNotRelayed(let kind):
            "a device has no sandbox for a \(kind); a relay's devices run what is built in"
        case .tooManyClusters(let clusters, let max):
            "joining each device's \(clusters) clusters with the others' would keep the relay from all "
                + "else; it takes up to \(max)"
        case .strategyNotRelayed(let strategy):
            "\(strategy) needs each device's own state, which one mean cannot stand for; use fedavg, "
                + "fedprox, fedavgm, an adaptive strategy, ditto or fedbuff"
        }
    }
}
