package import Contracts
import Crypto
import Encodings
package import Learning
import Tensors

/// What a participant does in a round with its own data: a base model and a dataset in, an update
/// out.
package enum RoundWork {
    /// What a participant contributes.
    package struct Product: Hashable, Sendable {
        /// The update as it is uploaded.
        package let bytes: [UInt8]
        /// How many rows it stands for.
        package let weight: Int64
        /// In millionths, by name.
        package let metricsMicro: [String: Int64]
    }

    /// Carries a round's task out.
    ///
    /// - Parameters:
    ///   - base: The model that the round starts from, as a file; `nil` in the first statistics.
    ///   - member: Its own order of rows is drawn from the job's seed, the round and this name.
    /// - Throws: `LearningError` or `WorkError`.
    package static func perform(
        _ task: RoundTask, round: RoundID, member: MemberID, settings: LogisticSettings,
        base: [UInt8]?, dataset: LocalDataset
    ) throws -> Product {
        switch task {
        case .statistics:
            let moments = LogisticTrainer.statistics(of: dataset)
            return Product(
                bytes: try Safetensors(moments.tensors).bytes,
                weight: Int64(dataset.training.count), metricsMicro: [:])
        case .train:
            let model = try model(base)
            let seed = seed(settings.training.seed, round: round, member: member)
            let result = try LogisticTrainer.train(
                base: model, on: dataset, config: settings.training.seeded(seed))
            var metrics = try holdoutMetrics(of: model, on: dataset)
            metrics["trainingLoss"] = micro(result.loss)
            return Product(
                bytes: try Safetensors(result.update.tensors).bytes,
                weight: Int64(result.exampleCount), metricsMicro: metrics)
        case .evaluate:
            let metrics = try LogisticTrainer.evaluate(model: model(base), on: dataset)
            return Product(
                bytes: metrics.ledgerJSON.canonicalBytes, weight: Int64(metrics.count),
                metricsMicro: summary(metrics))
        }
    }

    /// How the model that a round starts from does on the participant's own holdout, if it has one.
    private static func holdoutMetrics(
        of model: LogisticModel, on dataset: LocalDataset
    ) throws -> [String: Int64] {
        guard dataset.holdout.count > 0 else { return [:] }
        return summary(try LogisticTrainer.evaluate(model: model, on: dataset))
    }

    /// The metrics that stand in a contribution.
    package static func summary(_ metrics: BinaryMetrics) -> [String: Int64] {
        var summary = [
            "holdoutLoss": micro(metrics.logLoss), "holdoutAccuracy": micro(metrics.accuracy),
            "holdoutRows": Int64(metrics.count),
        ]
        summary["holdoutAUC"] = metrics.rocAUC.map(micro)
        return summary
    }

    private static func micro(_ value: Double) -> Int64 {
        // A loss that ran away is as bad as any other.
        Int64((min(value, 1e9) * 1_000_000).rounded())
    }

    private static func model(_ base: [UInt8]?) throws -> LogisticModel {
        guard let base else { throw WorkError.noBase }
        return try LogisticModel(parsing: base)
    }

    private static func seed(_ seed: UInt64, round: RoundID, member: MemberID) -> UInt64 {
        let digest = SHA256.hash(data: Array("\(seed) \(round) \(member)".utf8))
        let word = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return word >> 11
    }
}

package enum WorkError: Error, Hashable, Sendable, CustomStringConvertible {
    case noBase

    package var description: String {
        switch self {
        case .noBase: "the round starts from no model, and its task needs one"
        }
    }
}
