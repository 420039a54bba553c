import Encodings
import Foundation
import Learning
import Randomness

/// What a training step of a perceptron 784-200-200-10 takes on one thread, beside PyTorch's eager
/// mode on the same data, where JOINTLAB_TORCH_PYTHON names a Python that has it. Both take their
/// batches out of 1,280 rows in a random order, and both are timed by processor time, which
/// others on the machine disturb less.
enum NetworkBenchmark {
    private static let rowCount = 1_280
    private static let stepCount = 1_000
    private static let roundCount = 5
    private static let shareMax = 0.6

    static func measure() throws {
        // OpenBLAS chooses its kernels by the processor, unless it is told which to take.
        if let forced = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] {
            report("OPENBLAS_CORETYPE forces kernels", forced)
        }
        let dataset = try dataset()
        let settings = try NetworkSettings(
            kind: .multilayerPerceptron, layout: dataset.layout, target: dataset.target,
            hidden: [200, 200], training: LocalTraining(seed: 1))
        let model = try NetworkModel.initial(
            settings, moments: NetworkTrainer.statistics(of: dataset))
        let peer = peerMicroseconds()
        for batch in [10, 32, 128] {
            let own = try microseconds(model, dataset, batch: batch)
            report("a step on a batch of \(batch)", "\(shown(own)) µs")
            guard let other = peer[batch] else { continue }
            report("  PyTorch", "\(shown(other)) µs")
            let verdict = own <= shareMax * other ? "" : ", more than \(shareMax)"
            report("  of its time", shown(own / other) + verdict)
        }
        if peer.isEmpty {
            report("the peer is not here: name its Python in JOINTLAB_TORCH_PYTHON", "")
        }
    }

    /// The best of some rounds, with all that a round has beside its steps.
    private static func microseconds(
        _ model: NetworkModel, _ dataset: LocalDataset, batch: Int
    ) throws -> Double {
        let training = try LocalTraining(
            learningRate: 0.01, amount: .steps(stepCount), batchSize: batch, seed: 1)
        var best = Double.infinity
        for _ in 0..<roundCount {
            let start = processorSeconds()
            _ = try NetworkTrainer.train(base: model, on: dataset, training: training)
            best = min(best, processorSeconds() - start)
        }
        return best * 1e6 / Double(stepCount)
    }

    /// Of this process, in which one thread works; POSIX counts it in millionths of a second.
    private static func processorSeconds() -> Double {
        Double(clock()) / 1_000_000
    }

    private static func dataset() throws -> LocalDataset {
        let features = (0..<784).map { pixel -> JSONValue in
            ["kind": "numeric", "name": "p\(pixel)"]
        }
        let layout = try FeatureLayout(
            json: ["format": .string(FeatureLayout.format), "features": .array(features)])
        var random = SeededRandom(seed: 1)
        let rows = LabelledRows(
            inputs: DesignMatrix(
                width: 784,
                values: (0..<rowCount * 784).map { _ in Float(random.uniformFraction()) }),
            labels: (0..<rowCount).map { Float($0 % 10) })
        let target = ClassTarget(column: "digit", names: (0..<10).map { "\($0)" })
        return LocalDataset(
            layout: layout, target: target.map { .classes($0) } ?? .nothing, training: rows,
            holdout: LabelledRows(inputs: DesignMatrix(width: 784, values: []), labels: []))
    }

    /// What `network_peer.py` prints: a batch size and microseconds in each line.
    private static func peerMicroseconds() -> [Int: Double] {
        guard let python = ProcessInfo.processInfo.environment["JOINTLAB_TORCH_PYTHON"] else {
            return [:]
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [
            URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: "network_peer.py").path
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return [:] }
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
        return Dictionary(
            lines.compactMap { line in
                guard line.count == 2, let batch = Int(line[0]), let time = Double(line[1]) else {
                    return nil
                }
                return (batch, time)
            }, uniquingKeysWith: { first, _ in first })
    }
}
