import CKernels

/// What a member's node does for a job with gradient-boosted trees, a function for each task.
package enum TreeTrainer {
    /// What a member contributes to a round.
    package struct Outcome: Hashable, Sendable {
        package let sums: TreeSums
        package let rowCount: Int
    }

    /// - Throws: ``LearningError``: `otherLayout`, `otherTarget`, `otherLabel` or `noTrainingRows`.
    package static func statistics(
        of dataset: LocalDataset, settings: TreeSettings
    ) throws(LearningError) -> TreeStatistics {
        try dataset.check(layout: settings.layout, target: settings.target)
        guard dataset.training.count > 0 else { throw .noTrainingRows }
        return TreeStatistics(of: dataset.training, settings: settings)
    }

    /// The sums over the rows to train on for the model's open nodes.
    ///
    /// - Throws: ``LearningError``: `otherLayout`, `otherTarget`, `otherLabel` or `noTrainingRows`.
    package static func sums(
        base model: ForestModel, on dataset: LocalDataset
    ) throws(LearningError) -> Outcome {
        try dataset.check(layout: model.settings.layout, target: model.settings.target)
        let rows = dataset.training
        guard rows.count > 0 else { throw .noTrainingRows }
        let offsets = model.edges.slotOffsets
        let width = model.edges.width
        var sums = TreeSums(nodeCount: model.frontier.count, slotOffsets: offsets)
        guard !model.isComplete else { return Outcome(sums: sums, rowCount: rows.count) }

        let bins = model.edges.bins(of: rows.inputs)
        let tree = model.trees[model.trees.count - 1]
        let (gradients, hessians) = derivatives(model, rows, bins)
        let leaves = tree.leaves(of: bins, rowCount: rows.count, width: width)
        var places = [Int32](repeating: -1, count: tree.nodes.count)
        for (place, node) in model.frontier.enumerated() { places[node] = Int32(place) }
        jl_tree_histograms(
            &sums.gradients, &sums.hessians, &sums.counts, bins, leaves, places, gradients,
            hessians, offsets, rows.count, width)
        return Outcome(sums: sums, rowCount: rows.count)
    }

    /// The derivatives of each row's loss by the score that the growing tree adds to, at the scores
    /// of the turns that are complete.
    private static func derivatives(
        _ model: ForestModel, _ rows: LabelledRows, _ bins: [UInt8]
    ) -> (gradients: [Double], hessians: [Double]) {
        let scoreCount = model.settings.scoreCount
        let growing = model.trees.count - 1
        let scores = model.scores(
            of: bins, rowCount: rows.count, treeCount: growing - growing % scoreCount)
        var gradients = [Double](repeating: 0, count: rows.count)
        var hessians = gradients
        switch model.settings.target {
        case .label:
            jl_logistic_gradients(&gradients, &hessians, scores, rows.labels, rows.count)
        case .classes:
            jl_softmax_gradients(
                &gradients, &hessians, scores, rows.labels, growing % scoreCount, rows.count,
                scoreCount)
        case .number, .nothing:
            jl_linear_gradients(
                &gradients, &hessians, scores, rows.labels, model.answerMean, model.answerScale,
                rows.count)
        }
        return (gradients, hessians)
    }

    /// Judges a model by the rows that are held out.
    ///
    /// - Throws: ``LearningError``: `otherLayout`, `otherTarget`, `otherLabel`, `noHoldoutRows` or
    ///   `notFinite`.
    package static func evaluate(
        model: ForestModel, on dataset: LocalDataset
    ) throws(LearningError) -> PredictionMetrics {
        try dataset.check(layout: model.settings.layout, target: model.settings.target)
        guard dataset.holdout.count > 0 else { throw .noHoldoutRows }
        return PredictionMetrics(
            predictions: try model.predictions(of: dataset.holdout.inputs),
            answers: dataset.holdout.labels, target: model.settings.target)
    }
}
