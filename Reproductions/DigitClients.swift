import Learning
import Randomness

/// MNIST dealt out to 100 clients of 600 images (McMahan et al., AISTATS 2017, section 3).
struct DigitClients {
    enum Partition: String {
        /// Shuffled.
        case iid = "IID"
        /// Sorted by digit, in 200 shards of which each client gets two.
        case nonIID = "non-IID"
    }

    static let count = 100
    let datasets: [LocalDataset]

    init(_ images: DigitImages, _ partition: Partition, seed: UInt64) {
        var random = SeededRandom(seed: mixedSeed(seed, 1))
        var order = random.permutation(of: images.training.count)
        if partition == .nonIID {
            let labels = images.training.labels
            // The digits' own order within a class is the shuffled one.
            let sorted = (0...9).flatMap { digit in order.filter { labels[$0] == Float(digit) } }
            let length = sorted.count / (2 * Self.count)
            order = random.permutation(of: 2 * Self.count).flatMap { shard in
                sorted[shard * length..<(shard + 1) * length]
            }
        }
        let share = order.count / Self.count
        let nothing = LabelledRows(
            inputs: DesignMatrix(width: DigitImages.width, values: []), labels: [])
        datasets = (0..<Self.count).map { client in
            LocalDataset(
                layout: images.layout, target: images.target,
                training: images.training.rows(at: order[client * share..<(client + 1) * share]),
                holdout: nothing)
        }
    }
}

extension DigitImages {
    /// 784-200-200-10 with ReLU, 199,210 parameters: the paper's 2NN.
    func model(seed: UInt64) throws -> NetworkModel {
        try .forPreparedInputs(
            NetworkSettings(
                kind: .multilayerPerceptron, layout: layout, target: target, hidden: [200, 200],
                training: LocalTraining(batchSize: 10, seed: seed)))
    }
}
