import Encodings
package import Learning
package import Tensors

extension LogisticSettings: AveragedTrainer {
    package var kindText: String { Self.kind }
    package var target: Target { .label(label) }

    package func statistics(of dataset: LocalDataset, seed: UInt64) throws -> [Tensor] {
        LogisticTrainer.statistics(of: dataset).tensors
    }

    package var statisticsReader: SummaryReader {
        .moments(columns: layout.numericInputs.count)
    }

    package func firstModel(_ parts: [[Tensor]]) throws -> FirstModel {
        let moments = try ColumnMoments(merging: parts.map { try ColumnMoments(tensors: $0) })
        return FirstModel(
            try LogisticModel.initial(
                layout: layout, label: label,
                standardisation: Standardisation(moments, layout: layout)
            ).bytes)
    }

    package func evaluate(_ model: [UInt8], on dataset: LocalDataset) throws -> ModelMetrics? {
        .prediction(
            .binary(try LogisticTrainer.evaluate(model: LogisticModel(parsing: model), on: dataset))
        )
    }

    package func train(_ work: LocalWork, on dataset: LocalDataset) throws -> LocalTrained {
        let result = try LogisticTrainer.train(
            base: LogisticModel(parsing: work.base), on: dataset,
            config: training.seeded(work.seed(training.seed)), progress: work.progress)
        let steps =
            training.localEpochs
            * ((result.exampleCount + training.batchSize - 1) / training.batchSize)
        return LocalTrained(
            update: [result.update.bias] + result.update.weights, rowCount: result.exampleCount,
            gradientWeight: Double(steps), loss: result.loss, state: work.state)
    }
}
