package import Encodings

/// What a member's node does for a job with k-means, a function for each task. Datasets are loaded
/// for ``Target/nothing``.
package enum KMeansTrainer {
    /// How near rows are to a model's centres.
    package struct Metrics: Hashable, Sendable {
        package let count: Int
        /// The mean of the squared distances to the nearest centre, in standardised units.
        package let meanInertia: Double

        package var ledgerJSON: JSONValue {
            [
                "count": .integer(Int64(count)),
                "meanInertiaMicro": Millionths.json(meanInertia),
            ]
        }

        package var json: JSONValue {
            ["count": .integer(Int64(count)), "meanInertia": Millionths.finite(meanInertia)]
        }

        package var summaryMicro: [String: Int64] {
            ["holdoutRows": Int64(count), "holdoutLoss": Millionths.of(meanInertia)]
        }
    }

    /// - Parameter seed: The member's own, for its candidates.
    /// - Throws: ``LearningError``: `otherLayout`, `noTrainingRows` or `notFinite`.
    package static func statistics(
        of dataset: LocalDataset, settings: KMeansSettings, seed: UInt64
    ) throws(LearningError) -> KMeansStatistics {
        guard dataset.layout == settings.layout else { throw .otherLayout }
        guard dataset.training.count > 0 else { throw .noTrainingRows }
        return try KMeansStatistics(of: dataset.training, settings: settings, seed: seed)
    }

    /// The sums over the rows to train on.
    ///
    /// - Throws: ``LearningError``: `otherLayout` or `noTrainingRows`.
    package static func sums(
        base model: KMeansModel, on dataset: LocalDataset
    ) throws(LearningError) -> KMeansSums {
        guard dataset.layout == model.settings.layout else { throw .otherLayout }
        guard dataset.training.count > 0 else { throw .noTrainingRows }
        var inputs = dataset.training.inputs
        inputs.standardise(by: model.standardisation)
        return KMeansSums(of: inputs, centres: model.centres)
    }

    /// Judges a model by the rows that are held out.
    ///
    /// - Throws: ``LearningError``: `otherLayout` or `noHoldoutRows`.
    package static func evaluate(
        model: KMeansModel, on dataset: LocalDataset
    ) throws(LearningError) -> Metrics {
        guard dataset.layout == model.settings.layout else { throw .otherLayout }
        guard dataset.holdout.count > 0 else { throw .noHoldoutRows }
        var inputs = dataset.holdout.inputs
        inputs.standardise(by: model.standardisation)
        let (_, inertia) = KMeansSums.nearest(to: inputs, centres: model.centres)
        return Metrics(
            count: inputs.rowCount, meanInertia: inertia / Double(inputs.rowCount))
    }
}
