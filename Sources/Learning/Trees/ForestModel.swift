import CKernels

/// Gradient-boosted trees, complete or still growing.
///
/// A row's score is where boosting starts plus what its leaf adds in each tree. The model holds
/// all that growing needs, so that the next model follows from this one and the merged sums alone.
package struct ForestModel: Hashable, Sendable {
    package let settings: TreeSettings
    package let edges: BinEdges
    /// Where boosting starts, for each score: log-odds, log-probabilities, or 0 for the mean.
    package let base: [Double]
    /// How a number that is predicted is brought back to its unit: mean 0 and scale 1 where
    /// something else is predicted.
    package let answerMean: Double
    package let answerScale: Double
    /// Turn by turn, in each turn one for each score. While there is a frontier the last is growing.
    package let trees: [DecisionTree]
    /// The leaves of the last tree that may still be split, ascending; empty once all is complete.
    package let frontier: [Int]

    init(
        settings: TreeSettings, edges: BinEdges, base: [Double], answerMean: Double,
        answerScale: Double, trees: [DecisionTree], frontier: [Int]
    ) {
        self.settings = settings
        self.edges = edges
        self.base = base
        self.answerMean = answerMean
        self.answerScale = answerScale
        self.trees = trees
        self.frontier = frontier
    }

    package var isComplete: Bool { frontier.isEmpty }

    /// The model from which a job starts: bins, and a tree that waits for its first split.
    ///
    /// - Parameter parts: In the order of the sealed contributions, which is part of the last bits
    ///   of a number's mean.
    /// - Throws: ``LearningError``: `wrongTensors` where there is no part, `notFinite`,
    ///   `noTrainingRows` where no member has an answer.
    package static func initial(
        _ settings: TreeSettings, merging parts: [TreeStatistics]
    ) throws(LearningError) -> ForestModel {
        guard let first = parts.first else {
            throw .wrongTensors("there are no statistics to merge")
        }
        guard
            parts.allSatisfy({
                $0.columns.count == settings.layout.width && $0.answers.count == first.answers.count
            })
        else { throw .wrongTensors("the members' statistics are of different features") }
        var (base, mean, scale) = ([0.0], 0.0, 1.0)
        if settings.target.classCount == nil {
            var moments: [ColumnMoments] = []
            for part in parts { moments.append(try ColumnMoments(answers: part.answers)) }
            let merged = try ColumnMoments(merging: moments)
            guard merged.counts[0] > 0 else { throw .noTrainingRows }
            mean = merged.means[0]
            scale = try Standardisation.scale(merged, at: 0)
        } else {
            let counts = first.answers.indices.map { place in
                parts.reduce(0) { $0 + $1.answers[place] }
            }
            let total = counts.reduce(0, +)
            guard total > 0 else { throw .noTrainingRows }
            // A class that nobody has is unlikely, and not impossible.
            let logs = counts.map { jl_log(max($0, 0.5) / total) }
            base = settings.scoreCount == 1 ? [logs[1] - logs[0]] : logs
        }
        return ForestModel(
            settings: settings, edges: BinEdges(merging: parts, bins: settings.bins), base: base,
            answerMean: mean, answerScale: scale, trees: [.stump], frontier: [0])
    }

    /// The model after a round: the open nodes split where that gains something, or left as leaves;
    /// and a new tree begun where the last has no open node left and more are wanted.
    ///
    /// - Parameter sums: Merged over all members; a complete forest stays what it is.
    /// - Throws: ``LearningError``: `wrongTensors` where the sums are not of the open nodes,
    ///   `notFinite`.
    package func grown(by sums: TreeSums) throws(LearningError) -> ForestModel {
        let offsets = edges.slotOffsets
        guard sums.nodeCount == frontier.count, sums.slotOffsets == offsets else {
            throw .wrongTensors("the sums are not of the model's open nodes")
        }
        guard !isComplete else { return self }
        let search = SplitSearch(settings: settings, offsets: offsets)
        var tree = trees[trees.count - 1]
        let depths = tree.depths
        var open: [Int] = []
        for (place, node) in frontier.enumerated() {
            if node == 0 { tree.nodes[0].value = search.value(of: search.total(sums, node: place)) }
            guard let found = search.best(sums, node: place) else { continue }
            tree.nodes[node].split = found.split
            for side in [found.left, found.right] {
                if depths[node] + 1 < settings.depth, search.canSplit(side) {
                    open.append(tree.nodes.count)
                }
                tree.nodes.append(.init(split: nil, value: search.value(of: side)))
            }
        }
        guard tree.nodes.allSatisfy({ $0.value.isFinite }) else {
            throw .notFinite("the value of a leaf")
        }
        var trees = trees
        trees[trees.count - 1] = tree
        if open.isEmpty, trees.count < settings.treeCount {
            trees.append(.stump)
            open = [0]
        }
        return ForestModel(
            settings: settings, edges: edges, base: base, answerMean: answerMean,
            answerScale: answerScale, trees: trees, frontier: open)
    }

    /// The scores of rows, K for each, by the first so many trees.
    func scores(of bins: [UInt8], rowCount: Int, treeCount: Int) -> [Double] {
        let scoreCount = settings.scoreCount
        var scores = [Double](repeating: 0, count: rowCount * scoreCount)
        for place in scores.indices { scores[place] = base[place % scoreCount] }
        scores.withUnsafeMutableBufferPointer { scores in
            guard let first = scores.baseAddress else { return }
            for (number, tree) in trees.prefix(treeCount).enumerated() {
                let leaves = tree.leaves(of: bins, rowCount: rowCount, width: edges.width)
                jl_add_leaf_values(
                    first + number % scoreCount, scoreCount, leaves, tree.nodes.map(\.value),
                    rowCount)
            }
        }
        return scores
    }

    /// What is predicted for rows: for each row the probability of the positive class, or that of
    /// each class, or the number. A tree that is still growing takes part.
    ///
    /// - Throws: ``LearningError``: `otherLayout` or `notFinite`.
    package func predictions(of inputs: DesignMatrix) throws(LearningError) -> [Double] {
        guard inputs.width == edges.width else { throw .otherLayout }
        var predictions = scores(
            of: edges.bins(of: inputs), rowCount: inputs.rowCount, treeCount: trees.count)
        switch settings.target {
        case .number, .nothing:
            for row in predictions.indices {
                predictions[row] = answerMean + answerScale * predictions[row]
            }
        case .label:
            for row in predictions.indices {
                let power = jl_exp(-predictions[row].magnitude)
                predictions[row] = (predictions[row] < 0 ? power : 1) / (1 + power)
            }
        case .classes(let classes):
            let width = classes.names.count
            for row in 0..<inputs.rowCount {
                let places = row * width..<(row + 1) * width
                let largest = predictions[places].max() ?? 0
                let powers = predictions[places].map { jl_exp($0 - largest) }
                let sum = powers.reduce(0, +)
                for (place, power) in zip(places, powers) { predictions[place] = power / sum }
            }
        }
        guard predictions.allSatisfy(\.isFinite) else { throw .notFinite("a prediction") }
        return predictions
    }

    /// The prediction for one case, given as text by the features' names; one element, or one for
    /// each class.
    ///
    /// - Throws: ``LearningError``: `wrongValue`.
    package func prediction(of values: [String: String]) throws(LearningError) -> [Double] {
        try predictions(of: settings.layout.inputs(of: values))
    }
}
