package import Encodings

/// How a member trains within one round.
package struct TrainingConfiguration: Hashable, Sendable {
    /// The size of a step; above 0.
    package let learningRate: Double
    /// How often each row is seen.
    package let localEpochs: Int
    /// How many rows a step is made of; the last step of an epoch may have fewer.
    package let batchSize: Int
    /// λ: the loss that is trained on has λ/2 · ‖weights‖² added to it, the bias left out.
    package let l2: Double
    /// Decides the order of the rows, and nothing else is random. Below 2⁵³, so that every reader
    /// of JSON keeps it.
    package let seed: UInt64

    private static let seedMax: UInt64 = 1 << 53 - 1
    private static let countMax = 1 << 31

    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    package init(
        learningRate: Double = 0.1, localEpochs: Int = 1, batchSize: Int = 32, l2: Double = 0,
        seed: UInt64
    ) throws(LearningError) {
        guard learningRate > 0, learningRate.isFinite else {
            throw .wrongValue(name: "learningRate", problem: "should be a number above 0")
        }
        guard 1...Self.countMax ~= localEpochs else {
            throw .wrongValue(name: "localEpochs", problem: "should be from 1 to \(Self.countMax)")
        }
        guard 1...Self.countMax ~= batchSize else {
            throw .wrongValue(name: "batchSize", problem: "should be from 1 to \(Self.countMax)")
        }
        guard l2 >= 0, l2.isFinite else {
            throw .wrongValue(name: "l2", problem: "should be a number, 0 or above")
        }
        guard seed <= Self.seedMax else {
            throw .wrongValue(name: "seed", problem: "should be from 0 to \(Self.seedMax)")
        }
        self.learningRate = learningRate
        self.localEpochs = localEpochs
        self.batchSize = batchSize
        self.l2 = l2
        self.seed = seed
    }

    /// The same with another seed, such as one for each round and member.
    ///
    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    package func seeded(_ seed: UInt64) throws(LearningError) -> TrainingConfiguration {
        try TrainingConfiguration(
            learningRate: learningRate, localEpochs: localEpochs, batchSize: batchSize, l2: l2,
            seed: seed)
    }

    package var json: JSONValue {
        [
            "learningRate": .number(learningRate),
            "localEpochs": .integer(Int64(localEpochs)),
            "batchSize": .integer(Int64(batchSize)),
            "l2": .number(l2),
            "seed": .integer(Int64(seed)),
        ]
    }

    /// - Throws: ``JSONShapeError``.
    package init(json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        let learningRate = try fields.number("learningRate")
        let localEpochs = try fields.integer("localEpochs")
        let batchSize = try fields.integer("batchSize")
        let l2 = try fields.number("l2")
        let seed = try fields.integer("seed", in: 0...Int64(Self.seedMax))
        try fields.finish()
        self = try fields.checked { () throws(LearningError) in
            try TrainingConfiguration(
                learningRate: learningRate, localEpochs: Int(localEpochs),
                batchSize: Int(batchSize), l2: l2, seed: UInt64(seed))
        }
    }
}
