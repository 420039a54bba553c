package import Encodings
package import Strategies

/// How a job's updates travel and become the next model, as it stands on the ledger in
/// `job.strategy`: the strategy's own JSON, with `compression` beside its hyperparameters where
/// updates are compressed.
package struct JobStrategy: Hashable, Sendable {
    package let strategy: Strategy
    package let compression: Compression

    /// What a job has that says nothing.
    package static let fedavg = JobStrategy(.fedavg)

    package init(_ strategy: Strategy, compression: Compression = .none) {
        self.strategy = strategy
        self.compression = compression
    }

    package var json: JSONValue {
        guard case .object(var object) = strategy.json, compression != .none else {
            return strategy.json
        }
        object["compression"] = compression.json
        return .object(object)
    }

    /// - Parameters:
    ///   - json: `nil` for a job that says nothing.
    ///   - fillsDefaults: Whether hyperparameters may be left out, as in a proposal.
    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue?, fillsDefaults: Bool = false) throws(JSONShapeError) {
        guard let json else {
            self = .fedavg
            return
        }
        var own = json
        if case .object(var object) = json, let compression = object["compression"] {
            self.compression = try Compression(json: compression, at: "strategy.compression")
            object["compression"] = nil
            own = .object(object)
        } else {
            compression = .none
        }
        strategy = try Strategy(json: own, at: "strategy", fillsDefaults: fillsDefaults)
    }
}
