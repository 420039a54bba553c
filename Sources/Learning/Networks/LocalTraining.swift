package import Encodings

/// How a member trains within one round: mini-batch stochastic gradient descent with momentum.
///
/// In every epoch the rows come in a new random order, a step for each batch: v = ρv + g, y = y − ηv.
///
/// As JSON `{"batchSize": 32, "l2": 0, "learningRate": 0.1, "localEpochs": 1, "momentum": 0,
/// "seed": 1}`, or `localSteps` in the place of `localEpochs`.
package struct LocalTraining: Hashable, Sendable {
    /// How long a round is.
    package enum Amount: Hashable, Sendable {
        /// How often each row is seen.
        case epochs(Int)
        /// How many batches are trained on, whatever the number of rows.
        case steps(Int)
    }

    /// A node trains one order at a time: a longer one would keep all others out.
    package static let epochsMax = 1_000
    package static let stepsMax = 1_000_000
    private static let seedMax: UInt64 = 1 << 53 - 1
    private static let batchSizeMax = 1 << 24

    /// η, the size of a step; above 0.
    package let learningRate: Double
    /// ρ, from 0 to below 1.
    package let momentum: Double
    /// λ: the loss that is trained on has λ/2 · ‖weights‖² added to it, the biases left out.
    package let l2: Double
    package let amount: Amount
    /// How many rows a step is made of; the last step of an epoch may have fewer.
    package let batchSize: Int
    /// Decides the initial weights and the order of the rows. Below 2⁵³, so that every reader of
    /// JSON keeps it.
    package let seed: UInt64

    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    package init(
        learningRate: Double = 0.1, momentum: Double = 0, l2: Double = 0,
        amount: Amount = .epochs(1), batchSize: Int = 32, seed: UInt64
    ) throws(LearningError) {
        guard learningRate > 0, Float(learningRate).isFinite else {
            throw .wrongValue(name: "learningRate", problem: "should be a number above 0")
        }
        guard momentum >= 0, momentum < 1 else {
            throw .wrongValue(name: "momentum", problem: "should be from 0 to below 1")
        }
        guard l2 >= 0, Float(l2).isFinite else {
            throw .wrongValue(name: "l2", problem: "should be a number, 0 or above")
        }
        switch amount {
        case .epochs(let count):
            guard 1...Self.epochsMax ~= count else {
                throw .wrongValue(
                    name: "localEpochs", problem: "should be from 1 to \(Self.epochsMax)")
            }
        case .steps(let count):
            guard 1...Self.stepsMax ~= count else {
                throw .wrongValue(
                    name: "localSteps", problem: "should be from 1 to \(Self.stepsMax)")
            }
        }
        guard 1...Self.batchSizeMax ~= batchSize else {
            throw .wrongValue(
                name: "batchSize", problem: "should be from 1 to \(Self.batchSizeMax)")
        }
        guard seed <= Self.seedMax else {
            throw .wrongValue(name: "seed", problem: "should be from 0 to \(Self.seedMax)")
        }
        self.learningRate = learningRate
        self.momentum = momentum
        self.l2 = l2
        self.amount = amount
        self.batchSize = batchSize
        self.seed = seed
    }

    /// The same with another seed, such as one for each round and member.
    ///
    /// - Throws: ``LearningError/wrongValue(name:problem:)``.
    package func seeded(_ seed: UInt64) throws(LearningError) -> LocalTraining {
        try LocalTraining(
            learningRate: learningRate, momentum: momentum, l2: l2, amount: amount,
            batchSize: batchSize, seed: seed)
    }

    /// How many rows a round's steps read, of so many that there are; one that is read twice counts
    /// twice.
    func rowCount(rows: Int) -> Int {
        switch amount {
        case .epochs(let epochs): epochs * rows
        case .steps(let steps):
            // An epoch's last batch may be smaller.
            steps / stepsInEpoch(rows: rows) * rows
                + min(steps % stepsInEpoch(rows: rows) * batchSize, rows)
        }
    }

    private func stepsInEpoch(rows: Int) -> Int { max((rows + batchSize - 1) / batchSize, 1) }

    /// How many steps a round has on so many rows.
    func stepCount(rows: Int) -> Int {
        switch amount {
        case .epochs(let epochs): epochs * stepsInEpoch(rows: rows)
        case .steps(let steps): steps
        }
    }

    /// ‖a‖₁, how much the gradients of a round weigh in the update together: the update is −η times
    /// the sum of a_j g_j (Wang et al., *Tackling the Objective Inconsistency Problem*, NeurIPS
    /// 2020, section 3). Without momentum and pull it is the number of steps.
    ///
    /// A single gradient's weight is followed through the recurrence of the steps, which covers
    /// momentum and the pull μ towards the anchor at once.
    package func gradientWeight(stepCount: Int, pull: Double = 0) -> Double {
        var velocity = 1.0
        var displacement = 1.0
        var sum = 0.0
        for _ in 0..<stepCount {
            sum += displacement.magnitude
            velocity = momentum * velocity - learningRate * pull * displacement
            displacement += velocity
        }
        return sum
    }

    package var json: JSONValue {
        var members: [JSONObject.Member] = [
            .init(key: "learningRate", value: .number(learningRate)),
            .init(key: "momentum", value: .number(momentum)),
            .init(key: "l2", value: .number(l2)),
            .init(key: "batchSize", value: .integer(Int64(batchSize))),
            .init(key: "seed", value: .integer(Int64(seed))),
        ]
        switch amount {
        case .epochs(let count):
            members.append(.init(key: "localEpochs", value: .integer(Int64(count))))
        case .steps(let count):
            members.append(.init(key: "localSteps", value: .integer(Int64(count))))
        }
        return JSONObject(members).map { .object($0) } ?? .null
    }

    /// - Throws: ``JSONShapeError``.
    package init(json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        let learningRate = try fields.number("learningRate")
        let momentum = try fields.number("momentum")
        let l2 = try fields.number("l2")
        let batchSize = try fields.integer("batchSize")
        let seed = try fields.integer("seed", in: 0...Int64(Self.seedMax))
        let amount: Amount
        if let steps = try fields.optionalInteger("localSteps") {
            amount = .steps(Int(steps))
        } else {
            amount = .epochs(Int(try fields.integer("localEpochs")))
        }
        try fields.finish()
        self = try fields.checked { () throws(LearningError) in
            try LocalTraining(
                learningRate: learningRate, momentum: momentum, l2: l2, amount: amount,
                batchSize: Int(batchSize), seed: UInt64(seed))
        }
    }
}
