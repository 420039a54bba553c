package import Contracts
import Encodings
package import Learning
import Strategies
package import Trainers

/// What a researcher asks for, before the lab's datasets have said which features and which target
/// there are.
package struct JobDesign: Sendable {
    /// The name of a trainer that is built in.
    package var kind: String
    package var training: LocalTraining
    /// The widths of a perceptron's hidden layers.
    package var hidden: [Int] = []
    package var activation = NetworkShape.Activation.relu

    /// How many turns of boosting, and how deep the trees are.
    package var trees = 50
    package var depth = 4
    /// How many clusters.
    package var clusters = 8
    /// Into how many bins values are counted, where the trainer counts.
    package var bins: Int?

    package init(kind: String, training: LocalTraining) {
        self.kind = kind
        self.training = training
    }

    /// The settings as they go on the ledger.
    ///
    /// - Throws: ``Mistake`` for what does not go together, `LearningError` for values that cannot be.
    package func trainer(layout: FeatureLayout, target: Target) throws -> JobTrainer {
        switch kind {
        case _ where NetworkSettings.Kind(rawValue: kind) != nil:
            .averaged(
                try NetworkSettings(
                    kind: NetworkSettings.Kind(rawValue: kind) ?? .multilayerPerceptron,
                    layout: layout, target: target, hidden: hidden, activation: activation,
                    training: training))
        case TreeSettings.kind:
            .merged(
                try TreeSettings(
                    layout: layout, target: target, trees: trees, depth: depth,
                    learningRate: training.learningRate, bins: bins ?? 255))
        case KMeansSettings.kind:
            .merged(try KMeansSettings(layout: layout, clusters: clusters, seed: training.seed))
        case StatisticsSettings.kind:
            .merged(try StatisticsSettings(layout: layout, bins: bins ?? 50))
        case LogisticSettings.kind: .averaged(try logistic(layout: layout, target: target))
        default:
            throw Mistake(
                "there is no trainer \(kind); built in are "
                    + JobTrainer.kinds.joined(separator: ", "))
        }
    }

    private func logistic(layout: FeatureLayout, target: Target) throws -> LogisticSettings {
        guard case .label(let label) = target else {
            throw Mistake(
                "\(kind) tells two classes apart, and these datasets are registered to predict "
                    + "\(target.text); use multinomial-regression, linear-regression, "
                    + "multilayer-perceptron or gradient-boosted-trees")
        }
        guard case .epochs(let epochs) = training.amount, training.momentum == 0, hidden.isEmpty
        else {
            throw Mistake(
                "\(kind) trains whole epochs without momentum or hidden layers; "
                    + "multilayer-perceptron takes local steps, momentum and hidden layers, also none"
            )
        }
        return LogisticSettings(
            layout: layout, label: label,
            training: try TrainingConfiguration(
                learningRate: training.learningRate, localEpochs: epochs,
                batchSize: training.batchSize, l2: training.l2, seed: training.seed))
    }

    /// The rounds that a trainer needs.
    ///
    /// - Parameters:
    ///   - asked: How many rounds of training, where that is for people to say.
    ///   - isNew: Whether the job starts a new model.
    package func plan(of trainer: JobTrainer, asked: Int, isNew: Bool) -> JobPlan {
        var rounds = asked
        var isJudged = true
        switch trainer.builtIn {
        case let trees as TreeSettings: rounds = trees.roundCountMax
        case is StatisticsSettings: (rounds, isJudged) = (1, false)
        default: break
        }
        return JobPlan(
            (isNew ? [.init(task: .statistics, rounds: 1)] : [])
                + [.init(task: .train, rounds: rounds)]
                + (isJudged ? [.init(task: .evaluate, rounds: 1)] : []))
    }
}

extension JobStrategy {
    /// With how many contributions a round closes.
    ///
    /// - Parameters:
    ///   - asked: What was asked for.
    ///   - participants: How many there are.
    ///   - participantsMin: With how many it may close, where that was asked for.
    /// - Returns: `nil` for all of them.
    /// - Throws: ``Mistake`` where that is another number than fedbuff's.
    package func contributionsEnough(
        asked: Int?, of participants: Int, participantsMin: Int?
    ) throws -> Int? {
        guard case .buffered(_, let bufferSize) = strategy.server else { return asked }
        guard asked ?? bufferSize == bufferSize else {
            throw Mistake(
                "fedbuff makes a step of bufferSize updates, which are \(bufferSize); ask for as many, "
                    + "or leave --enough out")
        }
        guard participantsMin ?? 0 <= bufferSize else {
            throw Mistake(
                "fedbuff makes a step of bufferSize updates, which are \(bufferSize), and no round may "
                    + "close with fewer than \(participantsMin ?? 0); ask for a larger bufferSize")
        }
        return bufferSize < participants ? bufferSize : nil
    }

    /// How many rounds late a contribution still counts, where nothing is said.
    package var lateRounds: Int { strategy.takesLateUpdates ? 10 : 0 }

    /// Says no where a strategy does not fit a job, before it stands on the ledger.
    ///
    /// - Throws: ``Mistake``.
    package func check(
        trainer: JobTrainer, participantsMin: Int, lateRoundsMax: Int
    ) throws {
        do {
            try strategy.check(participantsMin: participantsMin)
            try trainer.check(self)
        } catch {
            throw Mistake("\(error)")
        }
        guard lateRoundsMax == 0 || strategy.takesLateUpdates else {
            throw Mistake(
                "only fedbuff takes late updates, and the strategy is \(strategy.kind)")
        }
    }
}

extension Strategy {
    /// Whether it knows what to do with an update that started from an older model.
    fileprivate var takesLateUpdates: Bool {
        if case .buffered = server { true } else { false }
    }
}

extension JobTrainer {
    /// Whether the parameters of one are those of the other.
    func isSameModel(as other: JobTrainer) -> Bool {
        if let settings = builtIn as? NetworkSettings {
            guard let earlier = other.builtIn as? NetworkSettings else { return false }
            return settings.kind == earlier.kind && settings.shape == earlier.shape
        }
        if builtIn is LogisticSettings { return other.builtIn is LogisticSettings }
        if case .bundle(let own) = self, case .bundle(let earlier) = other {
            return own.layout == earlier.layout && own.target == earlier.target
        }
        return json == other.json
    }

    /// Its name, and what it predicts.
    var text: String {
        guard let network = builtIn as? NetworkSettings else {
            return "\(kind), which predicts \(target.text)"
        }
        return "\(kind) with hidden layers \(network.shape.hidden), which predicts \(target.text)"
    }
}
