/// What a member's node does for a job with statistics, a function for each task, over its rows to
/// train on. Datasets are loaded for ``Target/nothing``, and with nothing held out where all rows
/// are to be described. There is nothing to judge.
package enum StatisticsTrainer {
    /// - Throws: ``LearningError``: `otherLayout` or `noTrainingRows`.
    package static func statistics(
        of dataset: LocalDataset, settings: StatisticsSettings
    ) throws(LearningError) -> FeatureRanges {
        guard dataset.layout == settings.layout else { throw .otherLayout }
        guard dataset.training.count > 0 else { throw .noTrainingRows }
        return FeatureRanges(of: dataset.training, layout: settings.layout)
    }

    /// - Throws: ``LearningError``: `otherLayout` or `noTrainingRows`.
    package static func counts(
        base model: StatisticsModel, on dataset: LocalDataset
    ) throws(LearningError) -> FeatureCounts {
        guard dataset.layout == model.settings.layout else { throw .otherLayout }
        guard dataset.training.count > 0 else { throw .noTrainingRows }
        return FeatureCounts(
            of: dataset.training, ranges: model.ranges, settings: model.settings)
    }
}
