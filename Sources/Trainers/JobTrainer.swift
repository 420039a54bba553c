package import Encodings
package import Learning
package import Strategies

/// What a job trains, as it stands on the ledger in `job.trainer`: one of the trainers that are
/// built in, with its settings.
package enum JobTrainer: Hashable, Sendable {
    case logistic(LogisticSettings)
    case network(NetworkSettings)

    package static let kinds =
        [LogisticSettings.kind] + NetworkSettings.Kind.allCases.map(\.rawValue)

    /// - Throws: `JSONShapeError`, also for a trainer of another kind.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: "trainer")
        let kind = try fields.string("kind")
        switch kind {
        case LogisticSettings.kind: self = .logistic(try LogisticSettings(json))
        case _ where NetworkSettings.Kind(rawValue: kind) != nil:
            self = .network(try NetworkSettings(json: json))
        default:
            throw fields.wrong(
                "kind",
                "is “\(kind.prefix(40))”; this version has \(Self.kinds.joined(separator: ", ")) "
                    + "built in")
        }
    }

    package var json: JSONValue {
        switch self {
        case .logistic(let settings): settings.json
        case .network(let settings): settings.json
        }
    }

    /// The features that all participants have agreed on.
    package var layout: FeatureLayout {
        switch self {
        case .logistic(let settings): settings.layout
        case .network(let settings): settings.layout
        }
    }

    /// What a dataset is read for.
    package var target: Target {
        switch self {
        case .logistic(let settings): .label(settings.label)
        case .network(let settings): settings.target
        }
    }

    /// What a dataset is read for, where that is not what its owner has registered: of a label the
    /// owner's own rule is kept, which may list other values than another owner's.
    package var ownTarget: Target? {
        if case .label = target { nil } else { target }
    }

    /// Says no where a strategy asks for what the trainer cannot do.
    ///
    /// - Throws: `WorkError`.
    package func check(_ strategy: Strategy) throws(WorkError) {
        guard case .logistic = self else { return }
        switch strategy.local {
        case .plain, .normalised: break
        case .proximal, .controlVariates, .personal:
            throw .strategyNotSupported(
                trainer: LogisticSettings.kind, strategy: strategy.kind,
                instead: "\(NetworkSettings.Kind.multilayerPerceptron.rawValue) without hidden layers")
        }
    }
}
