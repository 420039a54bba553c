package import Encodings

/// The settings of a job that grows gradient-boosted trees over histogram sums, as they stand on
/// the ledger in `job.trainer`.
///
/// A round grows one level of one tree: what members contribute are sums, which are added and not
/// averaged, so that no strategy has a say. A job needs at most ``roundCountMax`` rounds of training.
package struct TreeSettings: Hashable, Sendable {
    package static let kind = "gradient-boosted-trees"
    package static let depthMax = 10
    private static let treesMax = 10_000

    /// The features that all participants have agreed on.
    package let layout: FeatureLayout
    /// A label (log loss), classes (cross entropy, a tree for each in every turn) or a number (half
    /// the squared error, in units of its standard deviation).
    package let target: Target
    /// How many turns of boosting.
    package let trees: Int
    package let depth: Int
    /// η: what a leaf adds is scaled by it.
    package let learningRate: Double
    /// λ, on the squares of the leaves' values.
    package let lambda: Double
    /// γ: a split must gain more.
    package let gamma: Double
    /// The least sum of second derivatives in a child.
    package let childWeightMin: Double
    /// The fewest rows, of all members, in a child.
    package let childRowsMin: Int
    /// At most so many bins for an input, beside that of missing values.
    package let bins: Int
    /// A member tells of no range of values that fewer of its rows lie in.
    package let cellRowsMin: Int

    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    package init(
        layout: FeatureLayout, target: Target, trees: Int = 100, depth: Int = 6,
        learningRate: Double = 0.1, lambda: Double = 1, gamma: Double = 0,
        childWeightMin: Double = 0.001, childRowsMin: Int = 20, bins: Int = 255,
        cellRowsMin: Int = 5
    ) throws(LearningError) {
        if target == .nothing {
            throw .wrongValue(
                name: "target", problem: "should be a label, classes or a number for \(Self.kind)")
        }
        if case .classes(let classes) = target, classes.names.count < 2 {
            throw .wrongValue(name: "target", problem: "should have two classes or more")
        }
        for (name, value, range) in [
            ("trees", trees, 1...Self.treesMax), ("depth", depth, 1...Self.depthMax),
            ("childRowsMin", childRowsMin, 1...1 << 31), ("bins", bins, 2...255),
            ("cellRowsMin", cellRowsMin, 1...1 << 31),
        ] where !range.contains(value) {
            throw .wrongValue(
                name: name, problem: "should be from \(range.lowerBound) to \(range.upperBound)")
        }
        for (name, value) in [
            ("lambda", lambda), ("gamma", gamma), ("childWeightMin", childWeightMin),
        ] where !(value >= 0 && value.isFinite) {
            throw .wrongValue(name: name, problem: "should be a number, 0 or above")
        }
        guard learningRate > 0, learningRate <= 1 else {
            throw .wrongValue(name: "learningRate", problem: "should be above 0, and at most 1")
        }
        self.layout = layout
        self.target = target
        self.trees = trees
        self.depth = depth
        self.learningRate = learningRate
        self.lambda = lambda
        self.gamma = gamma
        self.childWeightMin = childWeightMin
        self.childRowsMin = childRowsMin
        self.bins = bins
        self.cellRowsMin = cellRowsMin
    }

    /// K: how many scores a row has, and trees a turn.
    package var scoreCount: Int {
        guard case .classes(let classes) = target else { return 1 }
        return classes.names.count
    }

    /// The trees of all turns.
    package var treeCount: Int { trees * scoreCount }

    /// How many rounds of training complete the forest, at most.
    package var roundCountMax: Int { treeCount * depth }

    package var json: JSONValue {
        [
            "kind": .string(Self.kind), "layout": layout.json, "target": target.json,
            "trees": .integer(Int64(trees)), "depth": .integer(Int64(depth)),
            "learningRate": .number(learningRate), "lambda": .number(lambda),
            "gamma": .number(gamma), "childWeightMin": .number(childWeightMin),
            "childRowsMin": .integer(Int64(childRowsMin)), "bins": .integer(Int64(bins)),
            "cellRowsMin": .integer(Int64(cellRowsMin)),
        ]
    }

    /// - Throws: ``JSONShapeError``, also for a trainer of another kind.
    package init(json: JSONValue, at path: String = "trainer") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        try fields.kind(Self.kind)
        let layout = try FeatureLayout(
            json: try fields.required("layout"), at: fields.path(to: "layout"))
        let target = try Target(json: try fields.required("target"), at: fields.path(to: "target"))
        let trees = try fields.integer("trees")
        let depth = try fields.integer("depth")
        let learningRate = try fields.number("learningRate")
        let lambda = try fields.number("lambda")
        let gamma = try fields.number("gamma")
        let childWeightMin = try fields.number("childWeightMin")
        let childRowsMin = try fields.integer("childRowsMin")
        let bins = try fields.integer("bins")
        let cellRowsMin = try fields.integer("cellRowsMin")
        try fields.finish()
        self = try fields.checked { () throws(LearningError) in
            try TreeSettings(
                layout: layout, target: target, trees: Int(trees), depth: Int(depth),
                learningRate: learningRate, lambda: lambda, gamma: gamma,
                childWeightMin: childWeightMin, childRowsMin: Int(childRowsMin), bins: Int(bins),
                cellRowsMin: Int(cellRowsMin))
        }
    }
}
