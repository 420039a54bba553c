import Synchronization
import Testing

@testable import Learning

/// What trainers tell of how far they are.
@Suite struct TrainingProgressTests {
    private final class Told: Sendable {
        private let reports = Mutex<[TrainingProgress]>([])
        var all: [TrainingProgress] { reports.withLock { $0 } }
        func take(_ progress: TrainingProgress) { reports.withLock { $0.append(progress) } }
    }

    private static func data() throws -> MadeData {
        try MadeData(seed: 4, rows: 50, numeric: 3, target: MadeData.label) { row, _ in
            row[0] > 0 ? 1 : 0
        }
    }

    @Test(
        "A perceptron counts the rows of each step, and comes to the number that it has said",
        arguments: [
            LocalTraining.Amount.epochs(3), .steps(1), .steps(7), .steps(8), .steps(23), .steps(40),
        ])
    func perceptron(amount: LocalTraining.Amount) throws {
        let data = try Self.data()
        let training = try LocalTraining(
            learningRate: 0.1, amount: amount, batchSize: 8, seed: 2)
        let model = try NetworkModel.initial(
            NetworkSettings(
                kind: .multilayerPerceptron, layout: data.dataset.layout,
                target: data.dataset.target, hidden: [4], activation: .tanh, training: training),
            moments: NetworkTrainer.statistics(of: data.dataset))
        let told = Told()
        let outcome = try NetworkTrainer.train(
            base: model, on: data.dataset, training: training, progress: told.take)
        #expect(told.all.count == outcome.stepCount)
        #expect(zip(told.all, told.all.dropFirst()).allSatisfy { $0.rowsDone < $1.rowsDone })
        #expect(told.all.last?.rowsDone == told.all.last?.rowsTotal)
        #expect(told.all.last?.fraction == 1)
    }

    @Test("A logistic regression tells of each epoch")
    func logistic() throws {
        let data = try Self.data()
        let rows = data.dataset.training
        let told = Told()
        _ = try LogisticRegression.trained(
            from: .zero(width: rows.inputs.width), on: rows,
            configuration: TrainingConfiguration(localEpochs: 3, seed: 1), progress: told.take)
        #expect(told.all.map(\.rowsDone) == [1, 2, 3].map { $0 * rows.count })
        #expect(told.all.allSatisfy { $0.rowsTotal == 3 * rows.count })
    }
}
