import ArgumentParser
import Contracts
import Encodings
import Foundation
import Learning
import Participation
import Strategies
import Trainers

/// How a site's steps are made.
struct DescentOptions: ParsableArguments {
    @Option(help: "The size of a step, or of what each tree adds.")
    var learningRate = 0.05

    @Option(help: "How often each row is seen in a round.")
    var localEpochs = 2

    @Option(help: "How many rows a step is made of.")
    var batchSize = 32

    @Option(help: "How strongly large weights are held back.")
    var l2 = 0.001

    @Option(help: "Decides the first weights and the order of the rows; nothing else is random.")
    var seed: UInt64 = 1

    /// Of logistic regression.
    var configuration: TrainingConfiguration {
        get throws {
            do {
                return try TrainingConfiguration(
                    learningRate: learningRate, localEpochs: localEpochs, batchSize: batchSize,
                    l2: l2, seed: seed)
            } catch {
                throw ValidationError("\(error)")
            }
        }
    }
}

/// What is trained, and how a site trains within a round.
struct TrainingOptions: ParsableArguments {
    @OptionGroup var descent: DescentOptions

    @Option(
        help: ArgumentHelp(
            "What is trained: \(JobTrainer.kinds.joined(separator: ", ")).", valueName: "kind"))
    var trainer = LogisticSettings.kind

    @Option(help: "The widths of a perceptron's hidden layers, such as 64,32.")
    var hidden: String?

    @Option(help: "What comes after a hidden layer: relu or tanh.")
    var activation: NetworkShape.Activation = .relu

    @Option(help: "How many turns of boosting, for gradient-boosted-trees.")
    var trees = 50

    @Option(help: "How deep the trees are; a round of training grows one level.")
    var depth = 4

    @Option(help: "How many clusters, for k-means.")
    var clusters = 8

    @Option(help: "Into how many bins values are counted, for trees (255) and statistics (50).")
    var bins: Int?

    @Option(help: "How many steps a round has, whatever the number of rows; in place of epochs.")
    var localSteps: Int?

    @Option(help: "How much of the last step each step goes on with, from 0 to below 1.")
    var momentum = 0.0

    var design: JobDesign {
        get throws {
            let training: LocalTraining
            do {
                training = try LocalTraining(
                    learningRate: descent.learningRate, momentum: momentum, l2: descent.l2,
                    amount: localSteps.map { .steps($0) } ?? .epochs(descent.localEpochs),
                    batchSize: descent.batchSize, seed: descent.seed)
            } catch {
                throw ValidationError("\(error)")
            }
            var design = JobDesign(kind: trainer, training: training)
            design.activation = activation
            design.trees = trees
            design.depth = depth
            design.clusters = clusters
            design.bins = bins
            design.hidden = try (hidden ?? "").split(separator: ",").map { text in
                guard let width = Int(text.trimmingCharacters(in: .whitespaces)), width > 0 else {
                    throw ValidationError("--hidden should be widths, such as 64,32")
                }
                return width
            }
            return design
        }
    }
}

extension NetworkShape.Activation: ExpressibleByArgument {}

/// How updates become the next model.
struct StrategyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A strategy, or its JSON with hyperparameters: fedadam, or \
            '{"kind": "fedadam", "serverRate": 0.01}'. There are \
            \(Strategy.kinds.joined(separator: ", ")).
            """, valueName: "kind or JSON"))
    var strategy = "fedavg"

    @Option(
        help: ArgumentHelp(
            """
            How single updates become one, where it is not their mean: median, or \
            '{"kind": "trimmedMean", "f": 1}'. There are meanClipped, median, trimmedMean, krum, \
            multiKrum, bulyan and geometricMedian.
            """, valueName: "kind or JSON"))
    var combination: String?

    @Option(
        help: ArgumentHelp(
            """
            How updates are made smaller on their way: int8, or '{"kind": "topK", "share": 0.01}'. \
            There are int8, qsgd, topK and randomMask.
            """, valueName: "kind or JSON"))
    var compression: String?

    /// - Parameter enough: What fedbuff's bufferSize is, where nothing else is said.
    func value(enough: Int?) throws -> JobStrategy {
        guard case .object(var object) = try Self.json(strategy, "--strategy") else {
            throw ValidationError("--strategy should be a name or a JSON object")
        }
        if let combination {
            object["combination"] = try Self.json(combination, "--combination")
        }
        if let compression {
            object["compression"] = try Self.json(compression, "--compression")
        }
        if object["kind"] == "fedbuff", object["bufferSize"] == nil, let enough {
            object["bufferSize"] = .integer(Int64(enough))
        }
        do {
            return try JobStrategy(.object(object), fillsDefaults: true)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// A name alone is the object with this `kind`.
    private static func json(_ text: String, _ option: String) throws -> JSONValue {
        guard text.contains("{") else { return ["kind": .string(text)] }
        do {
            return try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw ValidationError("\(option) should be a name or JSON: \(error)")
        }
    }
}

/// How a job's models are judged as it runs.
struct JudgementOptions: ParsableArguments {
    @Option(help: "The metric by which models are judged, such as holdoutLoss or holdoutAUC.")
    var judgeBy = "holdoutLoss"

    @Option(help: "Judge in every so manyth round of training.")
    var judgeEvery = 1

    @Option(help: "Stop after so many judgements without a better model; default: never.")
    var patience: Int?

    @Option(help: "By how much a model must be better to count as better.")
    var deltaMin = 0.0

    @Option(help: "Which model is the result: best or last.")
    var result: Result = .last

    enum Result: String, ExpressibleByArgument, CaseIterable {
        case best, last
    }

    var value: Judgement? {
        get throws {
            guard judgeEvery != 1 || patience != nil || result == .best else { return nil }
            guard (1...Judgement.everyMax).contains(judgeEvery),
                (1...Judgement.everyMax).contains(patience ?? 1), (0...1e6).contains(deltaMin)
            else {
                throw ValidationError(
                    "--judge-every and --patience should be from 1 to \(Judgement.everyMax), and "
                        + "--delta-min a number from 0")
            }
            let isLoss = judgeBy.hasSuffix("Loss") || judgeBy.hasSuffix("MAE")
            return Judgement(
                metric: judgeBy, better: isLoss ? .smaller : .larger, every: judgeEvery,
                patience: patience, deltaMicroMin: Int64((deltaMin * 1_000_000).rounded()),
                choosesBest: result == .best)
        }
    }
}
