package import Contracts
package import Encodings
package import Learning
package import Strategies
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

    package init(kind: String, training: LocalTraining) {
        self.kind = kind
        self.training = training
    }

    /// The settings as they go on the ledger.
    ///
    /// - Throws: ``Mistake`` for what does not go together, `LearningError` for values that cannot be.
    package func trainer(layout: FeatureLayout, target: Target) throws -> JobTrainer {
        if let network = NetworkSettings.Kind(rawValue: kind) {
            return .network(
                try NetworkSettings(
                    kind: network, layout: layout, target: target, hidden: hidden,
                    activation: activation, training: training))
        }
        guard kind == LogisticSettings.kind else {
            throw Mistake(
                "there is no trainer \(kind); built in are "
                    + JobTrainer.kinds.joined(separator: ", "))
        }
        guard case .label(let label) = target else {
            throw Mistake(
                "\(kind) tells two classes apart, and these datasets are registered to predict "
                    + "\(target.text); use multinomial-regression, linear-regression or "
                    + "multilayer-perceptron")
        }
        guard case .epochs(let epochs) = training.amount, training.momentum == 0, hidden.isEmpty
        else {
            throw Mistake(
                "\(kind) trains whole epochs without momentum or hidden layers; "
                    + "multilayer-perceptron takes local steps, momentum and hidden layers, also none")
        }
        return .logistic(
            LogisticSettings(
                layout: layout, label: label,
                training: try TrainingConfiguration(
                    learningRate: training.learningRate, localEpochs: epochs,
                    batchSize: training.batchSize, l2: training.l2, seed: training.seed)))
    }
}

extension JobStrategy {
    /// Says no where a strategy does not fit a job, before it stands on the ledger.
    ///
    /// - Throws: ``Mistake``.
    package func check(
        trainer: JobTrainer, participantsMin: Int, lateRoundsMax: Int
    ) throws {
        do {
            try strategy.check(participantsMin: participantsMin)
            try trainer.check(strategy)
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
        switch (self, other) {
        case (.logistic(let settings), .logistic(let earlier)):
            settings.layout == earlier.layout && settings.label == earlier.label
        case (.network(let settings), .network(let earlier)):
            settings.kind == earlier.kind && settings.layout == earlier.layout
                && settings.target == earlier.target && settings.shape == earlier.shape
        case (.logistic, _), (.network, _): false
        }
    }

    /// Its name, and what it predicts.
    var text: String {
        switch self {
        case .logistic: "\(LogisticSettings.kind), which predicts \(target.text)"
        case .network(let settings):
            "\(settings.kind.rawValue) with hidden layers \(settings.shape.hidden), which predicts "
                + target.text
        }
    }
}
